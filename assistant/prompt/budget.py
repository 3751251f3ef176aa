"""What a template may still do: steps that everything it does is paid with, before it is done.

One step is a turn of a loop, a call, or sixteen characters (or items) that are read or made; so steps bound time and
memory alike. The processor time of the thread is looked at besides, once in a while.
"""

from collections.abc import Iterable, Iterator, KeysView, Mapping, ValuesView
from collections.abc import Set as AnySet
from contextvars import ContextVar
from time import thread_time
from typing import Any

import jinja2
from jinja2.utils import Namespace

MAX_STEPS = 1 << 18
"""Templates that models carry take some hundred for a message."""
MAX_SECONDS = 10.0
"""Of the processor, not of the clock: a busy machine makes no template fail."""
_CHARACTERS = 16
_LOOK_EVERY = 256


class Budget:
    """The steps of one rendering."""

    def __init__(self, steps: int) -> None:
        self.steps = self._all = steps
        self._end = thread_time() + MAX_SECONDS
        self._look = steps - _LOOK_EVERY

    def take(self, steps: int) -> None:
        """Raises TemplateRuntimeError where nothing is left."""
        self.steps -= max(steps, 0)
        if self.steps < 0:
            raise jinja2.TemplateRuntimeError(f"it takes more than {self._all:,} steps")
        if self.steps < self._look:
            self._look = self.steps - _LOOK_EVERY
            if thread_time() > self._end:
                raise jinja2.TemplateRuntimeError(f"it takes more than {MAX_SECONDS:.0f} s of the processor")


_budget: ContextVar[Budget] = ContextVar("budget")


def begin(steps: int) -> None:
    """A new budget for what this thread renders next."""
    _budget.set(Budget(steps))


def take(steps: int = 1) -> None:
    """Raises TemplateRuntimeError where nothing is left."""
    _budget.get().take(steps)


def take_characters(count: int) -> None:
    """What reading or making so many characters or items costs."""
    _budget.get().take(1 + count // _CHARACTERS)


def size(value: Any) -> int:
    """Characters of a text, items of a list; 0 for what has no length."""
    return len(value) if isinstance(value, str | bytes | Mapping | list | tuple | AnySet | ValuesView) else 0


def weigh(*values: Any) -> int:
    """Characters that these values have when they are written out, about; lists in lists as often as they stand there.

    Paid for while it is counted: a list that holds another twice doubles at every level.
    """
    budget = _budget.get()
    weight = 0
    todo = list(values)
    while todo:
        item = todo.pop()
        if isinstance(item, Namespace):
            item = object.__getattribute__(item, "_Namespace__attrs")
        length = size(item)
        budget.take(1 + length // _CHARACTERS)
        weight += 4 + 4 * length
        if isinstance(item, str | bytes):
            weight -= 3 * length
        elif isinstance(item, Mapping):
            todo += item.keys()
            todo += item.values()
        elif isinstance(item, list | tuple | AnySet | KeysView | ValuesView):
            todo += item
        elif isinstance(item, int):
            weight += item.bit_length() // 3
        else:
            weight += 32
    return weight


def counted(items: Iterable[Any]) -> Iterator[Any]:
    """Each one paid for before it is given."""
    budget = _budget.get()
    budget.take(1)
    for item in items:
        budget.take(1)
        yield item

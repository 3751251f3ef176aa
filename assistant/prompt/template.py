"""Compiles and renders chat templates: programs of strangers, with a budget for what they may do.

A template gets what transformers gives it and nothing else: the sandbox of jinja2, `raise_exception`, `strftime_now`,
`tojson`, `{% break %}` and `{% generation %}`. It may take `MAX_STEPS` steps and make `MAX_CHARACTERS` more than the
messages have; jinja2's sandbox alone would let two nested loops run for ever. What the text means is not known here.
"""

import json
from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from datetime import datetime
from functools import lru_cache
from itertools import islice
from typing import Any, NoReturn

import jinja2
from jinja2 import nodes
from jinja2.ext import Extension
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from assistant.errors import TemplateFailed

MAX_TEMPLATE = 1 << 20
MAX_STEPS = 1 << 20
MAX_CHARACTERS = 1 << 20
_MAX_POWER = 1 << 12  # bits

FAILURES = (
    jinja2.TemplateError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    MemoryError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
)
"""A template is a program of the model's author: whatever it raises is its own failure."""

_steps_left: ContextVar[int] = ContextVar("steps_left", default=MAX_STEPS)


def render_template(template: str, messages: Sequence[dict[str, str]], *, bos: str, eos: str) -> str:
    """The template's text for these messages and the beginning of an answer. Raises TemplateFailed."""
    room = MAX_CHARACTERS + 4 * sum(len(message["content"]) for message in messages)
    pieces: list[str] = []
    _steps_left.set(MAX_STEPS)
    try:
        compiled = _compile(template)
        for piece in compiled.generate(messages=messages, add_generation_prompt=True, bos_token=bos, eos_token=eos):
            room -= len(piece)
            if room < 0:
                raise jinja2.TemplateRuntimeError("it writes far more than the messages")
            pieces.append(piece)
    except FAILURES as error:
        words = " ".join(str(error).split())[:200] or type(error).__name__
        raise TemplateFailed(
            f"the model's chat template fails ({words}); one that renders these messages was expected; "
            "leave out the system message, or use another model"
        ) from error
    return "".join(pieces)


class _Generation(Extension):
    """`{% generation %}` marks what transformers trains on; for a prompt it is the text inside."""

    tags = {"generation"}  # noqa: RUF012  jinja2 declares it so

    def parse(self, parser: Parser) -> list[nodes.Node]:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


class _Sandbox(ImmutableSandboxedEnvironment):
    """Counts calls, because macros may call themselves, and refuses `'a' * 10**9` and `9 ** (9 ** 9)`."""

    intercepted_binops = frozenset({"*", "**"})

    def call(self, context: jinja2.runtime.Context, function: Any, /, *values: Any, **named: Any) -> Any:
        _take(1)
        return super().call(context, function, *values, **named)

    def call_binop(self, context: jinja2.runtime.Context, operator: str, left: Any, right: Any) -> Any:
        if operator == "**" and isinstance(left, int) and left.bit_length() * right > _MAX_POWER:
            raise jinja2.TemplateRuntimeError("it raises to a huge power")
        if operator == "*":
            for value, times in ((left, right), (right, left)):
                if isinstance(value, str | list | tuple) and isinstance(times, int):
                    _take(max(0, len(value) * times) // 16)
        return super().call_binop(context, operator, left, right)


@lru_cache(maxsize=4)
def _compile(template: str) -> jinja2.Template:
    if len(template) > MAX_TEMPLATE:
        raise TemplateFailed(
            f"the model's chat template has {len(template):,} characters; at most {MAX_TEMPLATE:,} were expected; "
            "use another model"
        )
    environment = _Sandbox(
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols", _Generation], autoescape=False
    )
    environment.filters |= {"tojson": _to_json, _counted.__name__: _counted}
    environment.globals |= {"raise_exception": _refuse, "strftime_now": _now, "range": _range}
    tree = environment.parse(template)
    for loop in tree.find_all(nodes.For):
        if loop.recursive:
            raise jinja2.TemplateAssertionError("it loops recursively, and nobody counts that", loop.lineno)
        loop.iter = nodes.Filter(loop.iter, _counted.__name__, [], [], None, None)
    return jinja2.Template.from_code(environment, environment.compile(tree), environment.make_globals(None))


def _take(steps: int) -> None:
    left = _steps_left.get() - steps
    if left < 0:
        raise jinja2.TemplateRuntimeError(f"it takes more than {MAX_STEPS:,} steps")
    _steps_left.set(left)


def _counted(items: Iterable[Any]) -> list[Any]:
    """What every loop goes through, so that its turns are counted before they are made."""
    found = list(islice(items, _steps_left.get() + 1))
    _take(len(found) + 1)
    return found


def _range(*bounds: int) -> range:
    """Counted when it is made: filters go through it without a loop."""
    numbers = range(*bounds)
    _take(min(len(numbers), MAX_STEPS + 1))
    return numbers


def _to_json(
    value: Any,
    ensure_ascii: bool = False,
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    """As transformers does it: readable letters, no HTML escapes."""
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def _refuse(message: str) -> NoReturn:
    """What templates call to reject messages."""
    raise jinja2.TemplateError(message)


def _now(form: str) -> str:
    return datetime.now().astimezone().strftime(form)

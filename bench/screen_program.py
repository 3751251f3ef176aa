"""The screen with a model that plays a script at a steady pace, as a program: `python -m bench.screen_program NAME`.

`bench screen` runs it in a pseudo-terminal. The model is in the same process, so what the process costs is the
interface, the paced thread and nothing else.
"""

import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from time import perf_counter, sleep

from assistant import FAKE_INFO, Engine, Event, FakeEngine, Finished, Loading, Prompt, Reading, Sampling, Text, Usage
from tui.app import make_app

TOKENS = 100.0
"""A second."""
BEGIN, END = "BEGINNING", "THEEND"
"""The first word of an answer and its last."""
LONG = 60.0
"""Seconds; nothing is meant to last that long."""
_LETTERS = 4
"""Of a token, as in English."""

PROSE = """\
A firefly lets *luciferin* react with oxygen, helped by the enzyme **luciferase**; what comes out is `light`, and hardly
any heat. Each species has a rhythm of its own, so that males and females find each other in the dark of a meadow.

"""
CODE = '''\
def glow(seconds: float, pause: float = 0.5) -> list[float]:
    """The moments at which a firefly is lit, in seconds."""
    moments, now = [], 0.0
    while now < seconds:
        moments.append(round(now, 3))  # to the millisecond
        now += pause + len(moments) * 0.01
    return moments

'''
LIST = """\
- males glow **in flight**, each species in its own rhythm
- females answer from the grass
  - after a fixed pause, never sooner
  - 萤火虫在夏夜的草丛里发光
1. larvae glow too, *on the ground*

"""
TABLE_HEAD = "| who | glows | to say |\n|---|---|---|\n"
TABLE_ROW = "| males | in flight, in their own rhythm | **here I am** |\n"
SHAPES: dict[str, Callable[[int], str]] = {
    "mixed": lambda size: _repeated(
        f"## Of fireflies\n\n{PROSE}{LIST}```python\n{CODE}```\n\n{PROSE}{TABLE_HEAD}{TABLE_ROW * 3}\n> {PROSE}", size
    ),
    "prose": lambda size: _repeated(PROSE, size),
    "code": lambda size: f"```python\n{_repeated(CODE, size)}```\n",
    "list": lambda size: _repeated(LIST, size),
    "table": lambda size: TABLE_HEAD + _repeated(TABLE_ROW, size),
    "paragraph": lambda size: _repeated(PROSE.replace("\n", " "), size),
}
"""Markdown of about so many characters."""


class Paced(FakeEngine):
    """Says each event when its time has come, and catches up if it was kept waiting."""

    def __init__(self, events: Sequence[Event], *, per_second: float = TOKENS) -> None:
        super().__init__()
        self._events = events
        self._pause = 1 / per_second

    def stream(self, prompt: Prompt, sampling: Sampling) -> Generator[Event, None, None]:  # noqa: ARG002  the script knows what it says
        self._interrupted = False
        yield from self.load()
        due = perf_counter()
        for event in self._events:
            due += self._pause
            sleep(max(0.0, due - perf_counter()))
            if self._interrupted:
                return
            yield event


class Stuck(FakeEngine):
    """Loads for longer than anybody waits, and hears nothing meanwhile."""

    def load(self) -> Generator[Loading, None, None]:
        yield Loading(0.0)
        sleep(LONG)
        yield Loading(1.0)


def answer(shape: str, tokens: int) -> list[Event]:
    """So many tokens of Markdown of that shape, in pieces of a few letters, with a mark at both ends."""
    text = SHAPES[shape](tokens * _LETTERS)[: tokens * _LETTERS]
    pieces: Iterator[str] = (text[at : at + _LETTERS] for at in range(0, len(text), _LETTERS))
    return [
        Reading(10, 10),
        Text(f"{BEGIN}\n\n"),
        *map(Text, pieces),
        Text(f"\n```\n\n{END}" if shape == "code" else f"\n\n{END}"),
        Finished("stop", Usage(10, 0, tokens, FAKE_INFO.context, 0.0, 0.1, tokens / TOKENS)),
    ]


def _repeated(text: str, size: int) -> str:
    return text * (size // len(text) + 1)


def _engine(name: str, tokens: int) -> Engine:
    match name:
        case "stuck":
            return Stuck()
        case "reading":
            return Paced([Reading(done, 32_000) for done in range(0, 32_000, 64)], per_second=10)
        case _:
            return Paced(answer(name, tokens))


def main() -> None:
    """NAME is `stuck`, `reading` or a shape of Markdown; a second argument says how many tokens."""
    name, tokens = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 100
    make_app(lambda: _engine(name, tokens)).run()


if __name__ == "__main__":
    main()

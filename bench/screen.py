"""The screen in a real pseudo-terminal, with a scripted model: how soon it is there, what it costs, how it ends.

Wall-clock figures mean something on an idle machine only; shares are processor time of the whole process over the time
in which the words came. A key is echoed when its letter comes out of the terminal.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

from rich.table import Table

from bench.conversations import FIRST, LAST, TITLE, write_conversation
from bench.screen_program import BEGIN, END, SHAPES, TOKENS
from bench.starter import starter_folder
from bench.table import table_of
from bench.terminal import Silent, Terminal

GOAL_PAINT, GOAL_USABLE = 0.7, 1.0
GOAL_SHARE, GOAL_ECHO = 30.0, 50.0
GOAL_OPEN = {1000: 1.0, 5000: 3.0}
GOAL_GROWTH = 150.0
GOAL_QUIT = 0.5
_SIZE = (120, 40)
_FRAME = 40
"""Letters that are a frame: the bar of rooms and the status line have more."""
_KEYS_APART = 0.15
"""Seconds from one echo to the next key: steady typing."""
_LETTERS = [
    chr(code) for first, last in ((0x430, 0x460), (0x3B1, 0x3CA), (0x561, 0x587)) for code in range(first, last)
]
"""Of one cell each, and none is in any text here, so that each is seen when it is echoed."""
_PAUSE = 0.3
"""Seconds that tell a key from a paste."""


@dataclass(frozen=True, slots=True)
class Figure:
    """Something measured; at most `goal` was meant to be reached. `unit`: s, ms, % of one core, or MiB."""

    what: str
    value: float
    unit: str
    goal: float | None = None

    @property
    def passes(self) -> bool:
        return self.goal is None or self.value <= self.goal


def measure(folder: Path, *, runs: int = 3, tokens: int = 2000) -> Iterator[Figure]:
    """All figures, as they are found. `folder`: an empty one of ours; `tokens`: of each answer that streams."""
    yield from _start(folder, runs)
    for shape in SHAPES:
        yield from _stream(folder, shape, tokens)
    yield from _beside(folder, tokens)
    yield from _reading(folder)
    for turns in GOAL_OPEN:
        yield from _open(folder, turns, runs)
    yield from _quit(folder, runs)


def _start(folder: Path, runs: int) -> Iterator[Figure]:
    """From the start of the program, whose model loads all the while."""
    starts = [_first_frame(folder, "bench.screen_program", "stuck") for _ in range(runs + 1)][1:]  # the first compiles
    yield Figure("first paint", median(start[0] for start in starts), "s", GOAL_PAINT)
    yield Figure("usable input", median(start[1] for start in starts), "s", GOAL_USABLE)
    yield Figure("   processor time until then", median(start[2] for start in starts), "s")
    with suppress(ModuleNotFoundError):
        starter_folder()
        (folder / "config").mkdir(exist_ok=True)
        (folder / "config" / "settings.toml").touch()  # otherwise the page of the first day comes
        starts = [_first_frame(folder, "assistant") for _ in range(runs)]
        yield Figure(
            "luciole with the starter model: first paint", median(start[0] for start in starts), "s", GOAL_PAINT
        )
        yield Figure("   usable input", median(start[1] for start in starts), "s", GOAL_USABLE)


def _first_frame(folder: Path, *program: str) -> tuple[float, float, float]:
    """Seconds to the first frame, to the first echo, and of the processor."""
    with _screen(folder, *program) as terminal:
        painted = _painted(terminal)
        place, letters = len(terminal.output), iter(_LETTERS)
        while not any(letter.encode() in terminal.output[place:] for letter in _LETTERS):
            if perf_counter() > painted + 20:
                raise Silent("nothing that was typed came back within 20 s")
            terminal.type(next(letters, _LETTERS[0]))  # what comes too soon may be lost, and is then typed once more
            terminal.read(0.05)
        return painted - terminal.began, perf_counter() - terminal.began, terminal.processor_seconds


def _stream(folder: Path, shape: str, tokens: int) -> Iterator[Figure]:
    """What an answer costs while it is written, and how soon a letter is there that is typed meanwhile."""
    with _screen(folder, "bench.screen_program", shape, str(tokens)) as terminal:
        _ready(terminal)
        place = _send(terminal, "go")
        began = terminal.wait_for(BEGIN, after=place)
        seconds = terminal.processor_seconds
        echoes = _type_until(terminal, lambda: END.encode() in terminal.output[-100_000:], tokens / TOKENS * 5 + 30)
        ended = perf_counter()
        share = (terminal.processor_seconds - seconds) / (ended - began)
    yield Figure(f"{shape} at {TOKENS:g} tokens/s", share * 100, "%", GOAL_SHARE)
    yield Figure("   a key pressed meanwhile, 95th percentile", _percentile(echoes) * 1000, "ms", GOAL_ECHO)


def _beside(folder: Path, tokens: int) -> Iterator[Figure]:
    """What a summary costs while it is written beside its document."""
    document = folder / "report.md"
    document.write_text("A report of many words about 17 fireflies. \n" * 1000, encoding="utf-8")
    with _screen(folder, "bench.screen_program", "mixed", str(tokens)) as terminal:
        _ready(terminal)
        place = _send(terminal, f"/summarize {document}")
        began = terminal.wait_for(BEGIN, after=place)
        seconds = terminal.processor_seconds
        terminal.read_for(tokens / TOKENS * 0.9)
        share = (terminal.processor_seconds - seconds) / (perf_counter() - began)
    yield Figure(f"a summary beside its document at {TOKENS:g} tokens/s", share * 100, "%", GOAL_SHARE)


def _reading(folder: Path) -> Iterator[Figure]:
    """The same while a prompt of 32,000 tokens is read."""
    with _screen(folder, "bench.screen_program", "reading") as terminal:
        _ready(terminal)
        place = _send(terminal, "go")
        began = terminal.wait_for("reading", after=place)
        seconds = terminal.processor_seconds
        echoes = _type_until(terminal, lambda: perf_counter() > began + 10, 30)
        share = (terminal.processor_seconds - seconds) / (perf_counter() - began)
    yield Figure("reading 32,000 tokens", share * 100, "%", GOAL_SHARE)
    yield Figure("   a key pressed meanwhile, 95th percentile", _percentile(echoes) * 1000, "ms", GOAL_ECHO)


def _open(folder: Path, turns: int, runs: int) -> Iterator[Figure]:
    """A kept conversation of so many messages, opened in the history, then read from its beginning."""
    found = []
    for _ in range(runs):
        with _kept(folder, turns) as terminal:
            before = terminal.private_mib
            took = _open_first(terminal)
            terminal.read_for(1.0)
            grown = terminal.private_mib - before
            place = terminal.type("\x1b[1;5H")  # Ctrl+Home
            top = perf_counter()
            top = terminal.wait_for(FIRST, after=place) - top
            found.append((took, grown, top, terminal.private_mib - before))
    yield Figure(f"opening {turns:,} messages", median(each[0] for each in found), "s", GOAL_OPEN[turns])
    yield Figure("   memory grows by", median(each[1] for each in found), "MiB", GOAL_GROWTH)
    yield Figure("   to the first of them", median(each[2] for each in found), "s")
    yield Figure("   memory has grown by then by", median(each[3] for each in found), "MiB", GOAL_GROWTH)


@contextmanager
def _kept(folder: Path, turns: int) -> Iterator[Terminal]:
    """The history, where a conversation of so many messages is marked."""
    home = folder / f"kept-{turns}"
    if not home.is_dir():
        write_conversation(home, turns)
    with _screen(home, "bench.screen_program", "prose") as terminal:
        _ready(terminal)
        place = terminal.type("\x1b[15~")  # F5
        terminal.wait_for(TITLE, after=place)
        terminal.read_for(2 * _PAUSE)
        yield terminal


def _open_first(terminal: Terminal) -> float:
    place, began = terminal.type("\r"), perf_counter()
    return terminal.wait_for(LAST, after=place) - began


def _quit(folder: Path, runs: int) -> Iterator[Figure]:
    """From the key to the end of the program, in each state that it can be in."""
    document = folder / "report.md"
    document.write_text("A report of many words. " * 2000, encoding="utf-8")
    states: dict[str, tuple[str, Callable[[Terminal], object]]] = {
        "at the first frame": ("stuck", _painted),
        "while the model loads": ("stuck", lambda it: it.read_for(2.0)),
        "with nothing going on": ("prose", _press),
        "while reading": ("reading", lambda it: it.wait_for("reading", after=_begin(it))),
        "while writing": ("mixed", lambda it: it.wait_for(BEGIN, after=_begin(it))),
        "with a message waiting": ("mixed", _queue),
        "with 200 keys unread": ("prose", _flood),
        "in the help": ("prose", lambda it: _press(it, "\x1bOP")),
        "in the settings": ("prose", lambda it: _press(it, "\x1b[17~")),
        "in the palette": ("prose", lambda it: _press(it, "\x10")),
        "among the models": ("prose", lambda it: _press(it, "\x1bOS")),
        "in the history": ("prose", lambda it: _press(it, "\x1b[15~")),
        "in a document": ("reading", lambda it: _press(it, f"/open {document}", "\r")),
        "while a document is read": ("reading", lambda it: _press(it, f"/summarize {document}", "\r")),
    }
    for state, (engine, reach) in states.items():
        found = []
        for _ in range(runs):
            with _screen(folder, "bench.screen_program", engine, "2000") as terminal:
                reach(terminal)
                found.append(_quit_seconds(terminal))
        yield Figure(f"quit {state}", median(found), "s", GOAL_QUIT)
    found = []
    for _ in range(runs):
        with _kept(folder, max(GOAL_OPEN)) as terminal:
            _open_first(terminal)
            found.append(_quit_seconds(terminal))
    yield Figure(f"quit with {max(GOAL_OPEN):,} messages open", median(found), "s", GOAL_QUIT)


def _quit_seconds(terminal: Terminal) -> float:
    terminal.type("\x11")
    seconds = terminal.exit_seconds()
    if terminal.process.returncode:
        raise Silent(f"the screen ended with {terminal.process.returncode}: {terminal.written()[-2000:]}")
    return seconds


# What is done in the terminal


def _screen(home: Path, module: str, *arguments: str) -> Terminal:
    command = [sys.executable, "-m", module, *arguments]
    return Terminal(command, size=_SIZE, environment={"LUCIOLE_HOME": str(home), "LC_ALL": "C.UTF-8"})


def _painted(terminal: Terminal) -> float:
    """The moment at which the first frame was there."""
    return terminal.wait_until(lambda: len("".join(terminal.written().split())) >= _FRAME)


def _ready(terminal: Terminal) -> None:
    terminal.wait_for("ready")


def _send(terminal: Terminal, text: str) -> int:
    """Type it and press Enter, as a person would: what comes at once is taken for a paste. The place before Enter."""
    place = terminal.type(text)
    terminal.wait_for(text[-1], after=place)
    terminal.read_for(_PAUSE)
    return terminal.type("\r")


def _begin(terminal: Terminal) -> int:
    _ready(terminal)
    return _send(terminal, "go")


def _flood(terminal: Terminal) -> None:
    _ready(terminal)
    terminal.type("x" * 200)


def _queue(terminal: Terminal) -> None:
    terminal.wait_for(BEGIN, after=_begin(terminal))
    _send(terminal, "more")
    terminal.wait_for("waiting")


def _press(terminal: Terminal, *keys: str) -> None:
    """One after the other, with a pause, and another one in which what they do is drawn."""
    _ready(terminal)
    for key in keys:
        terminal.type(key)
        terminal.read_for(_PAUSE)
    terminal.read_for(2 * _PAUSE)


def _type_until(terminal: Terminal, over: Callable[[], bool], seconds: float) -> list[float]:
    """Seconds that each letter took to be seen, typed steadily until `over`. Raises Silent after `seconds`."""
    echoes: list[float] = []
    due = began = perf_counter()
    waiting: tuple[bytes, int, float] | None = None
    while not over():
        now = perf_counter()
        if now > began + seconds:
            raise Silent(f"not over within {seconds:g} s: {terminal.written()[-2000:]}")
        if waiting is None and now >= due and len(echoes) < len(_LETTERS):
            letter = _LETTERS[len(echoes)]
            waiting = letter.encode(), terminal.type(letter), now
        terminal.read(0.005)
        if waiting is not None and terminal.output.find(waiting[0], waiting[1]) >= 0:
            echoes.append(perf_counter() - waiting[2])
            waiting, due = None, perf_counter() + _KEYS_APART
    if waiting is not None:
        echoes.append(terminal.wait_for(waiting[0], after=waiting[1]) - waiting[2])
    return echoes


def _percentile(seconds: Sequence[float]) -> float:
    """The 95th."""
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, round(len(ordered) * 0.95))]


def table(figures: Sequence[Figure]) -> Table:
    """A row for each."""
    rows = [
        (
            figure.what,
            f"{figure.value:.2f}" if figure.unit == "s" else f"{figure.value:.0f}",
            figure.unit,
            "" if figure.goal is None else f"{figure.goal:g}",
            "" if figure.passes else "missed",
        )
        for figure in figures
    ]
    return table_of(f"screen ({_SIZE[0]} × {_SIZE[1]}; % of one core)", ("", "measured", "", "goal", ""), rows)


def missed(figures: Sequence[Figure]) -> list[str]:
    """The goals that were not reached."""
    found, above = [], ""
    for figure in figures:
        what = f"{above}: {figure.what.strip()}" if figure.what.startswith(" ") else figure.what
        above = above if figure.what.startswith(" ") else figure.what
        if not figure.passes:
            found.append(f"screen, {what}: {figure.value:.2f} {figure.unit}; {figure.goal:g} was the goal")
    return found

"""The screen as a process of its own in a pseudo-terminal: what a pilot in our own process cannot see."""

import os
import re
import signal
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import psutil
import pytest

if sys.platform == "win32":
    pytest.skip("pseudo-terminals are POSIX", allow_module_level=True)

from rich.cells import cell_len

from bench.terminal import Terminal
from tests.tui.raw.sequences import foreign

STUCK = """
import time
from assistant import FakeEngine
from tui.app import make_app

class Stuck(FakeEngine):
    def load(self):
        time.sleep(60)
        yield from super().load()

make_app(Stuck).run()
"""
SAYS = """
import sys
from assistant import FakeEngine
from tui.app import make_app
make_app(lambda: FakeEngine([sys.argv[1]], delay=0.001)).run()
"""
ENTER, ALT_UP, QUIT = "\r", "\x1b[1;3A", "\x11"
Open = Callable[..., Terminal]


@pytest.fixture
def opened(luciole_home: Path) -> Iterator[Open]:
    """Opens a program, in Python or by its module's name, in a home that was used before."""
    (luciole_home / "config").mkdir(exist_ok=True)
    (luciole_home / "config" / "settings.toml").touch()
    terminals: list[Terminal] = []

    def open_program(*program: str, size: tuple[int, int] = (80, 24)) -> Terminal:
        environment = {"LC_ALL": "C.UTF-8", "PYTHONPATH": str(Path(__file__).parents[2])}
        terminals.append(Terminal([sys.executable, *program], size=size, environment=environment))
        return terminals[-1]

    yield open_program
    for terminal in terminals:
        terminal.close()


def send(terminal: Terminal, text: str) -> None:
    """Type it, and press Enter when it stands there and is no paste any more."""
    place = terminal.type(text)
    terminal.wait_for(text[-1], after=place)
    terminal.read_for(0.4)
    terminal.type(ENTER)


def leave(terminal: Terminal) -> None:
    terminal.type(QUIT)
    assert terminal.exit_seconds() < 5
    assert terminal.process.returncode == 0
    assert foreign(terminal.output) == []


def test_the_screen_opens_before_the_model_and_quits_in_spite_of_it(opened: Open) -> None:
    terminal = opened("-c", STUCK)
    terminal.wait_shown("luciole", "starting")
    leave(terminal)


def test_keys_that_arrive_together_act_in_their_order(opened: Open) -> None:
    terminal = opened("-c", SAYS, "Hello.")
    terminal.wait_shown("ready")
    terminal.type("abx\x7fc\nd\x1b\re" + "\x1b[D" * 2 + "Z\r")
    terminal.wait_shown("Hello.")
    terminal.type("next")
    terminal.wait_shown("next")
    lines = [line.strip() for line in re.sub(rb"\x1b\[[0-9;?]*[a-zA-Z]", b"\n", terminal.output).decode().splitlines()]
    assert {"abc", "dZ", "e"} <= set(lines)
    leave(terminal)


def test_the_window_may_have_any_size_and_another_one_at_any_time(opened: Open) -> None:
    terminal = opened("-c", SAYS, "The answer that is long enough to be wrapped in a narrow window. " * 20 + "LASTWORD")
    terminal.wait_shown("ready")
    terminal.paste("pasted 中文\nsecond line")
    terminal.wait_shown("pasted", "second line")
    terminal.type(ENTER)
    terminal.type("typed meanwhile")
    for columns, rows in ((40, 12), (200, 60), (20, 5), (300, 90), (80, 24)):
        terminal.resize(columns, rows)
        terminal.read_for(0.5)
        assert terminal.process.poll() is None, terminal.written()[-2000:]
        assert len(terminal.shown()) == rows
    terminal.wait_shown("LASTWORD", "typed meanwhile", "ready")
    leave(terminal)


def test_a_killed_engine_is_told_of_and_the_chat_goes_on(opened: Open, starter_gguf: Path) -> None:
    terminal = opened("-m", "assistant", "-m", str(starter_gguf), size=(100, 40))
    terminal.wait_shown("ready", seconds=60)
    send(terminal, "Count to a hundred.")
    terminal.wait_shown("writing")
    (engine,) = [child for child in psutil.Process(terminal.process.pid).children() if "worker" in str(child.cmdline())]
    os.kill(engine.pid, signal.SIGKILL)
    terminal.wait_shown("the engine failed")
    assert "Count to a hundred." in "\n".join(terminal.shown())
    send(terminal, "And again?")
    terminal.wait_shown("writing", "And again?", seconds=60)
    leave(terminal)
    assert not engine.is_running()


WIDE = {
    "chinese": "萤火虫在夏夜的草丛里发光，谁也不知道它们在说什么。",
    "emoji": "🎉🚀 party 🌍 end",
    "combining": "e\u0301te\u0301 a\u0308 n\u0303",
    "arabic": "مرحبا بالعالم",
    "hebrew": "שָׁלוֹם עולם",
    "override": "safe\u202egnp.exe\u202c",
    "hidden": "pay\u200bpal",
}


def test_every_script_stands_where_it_should(opened: Open) -> None:
    """pyte is the terminal: it counts cells by its own tables, and not by ours."""
    rows = "\n".join(f"| {text} | {name} |" for name, text in WIDE.items())
    terminal = opened(
        "-c", SAYS, f"| text | name |\n|---|---|\n{rows}\n\n- {WIDE['chinese'] * 4}\n\nLASTWORD", size=(100, 40)
    )
    terminal.wait_shown("ready")
    send(terminal, WIDE["chinese"])
    terminal.wait_shown("LASTWORD")
    shown = [row.rstrip() for row in terminal.shown()]
    for name in WIDE:
        assert any(row.endswith(f"│ {name}") for row in shown), (name, shown)
    bars = {cell_len(row[: row.index("│")]) for row in shown if "│" in row}
    assert len(bars) == 1, "\n".join(shown)
    assert "safe<U+202E>gnp.exe<U+202C>" in "\n".join(shown)
    assert "pay<U+200B>pal" in "\n".join(shown)
    folded = [row.strip(" •") for row in shown if row.count("萤") and "│" not in row]
    assert all(cell_len(row) <= 100 for row in shown)
    assert "".join(folded).count("萤火虫在夏夜的草丛里发光") >= 4
    for line, following in pairwise(shown):
        assert not (line and following.strip().startswith(("，", "。"))), "no line begins with a closing mark"
    leave(terminal)


@pytest.mark.parametrize(("text", "cells"), [("中文", 4), ("e\u0301a", 2), ("🎉", 2), ("שלום", 4), ("abc", 3)])
def test_the_cursor_stands_behind_what_was_typed(opened: Open, text: str, cells: int) -> None:
    """A terminal draws what an input method composes at its cursor."""
    terminal = opened("-c", SAYS, "Hello.")
    terminal.wait_shown("ready")
    terminal.read_for(0.3)
    before = terminal.cursor
    place = terminal.type(text)
    terminal.wait_for(text[-1], after=place)
    terminal.read_for(0.3)
    assert terminal.cursor == (before[0] + cells, before[1])
    leave(terminal)

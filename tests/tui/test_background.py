"""Whether the terminal's background is light: asked only where an answer can be waited for, and no key is lost."""

import os
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from time import monotonic

import pytest

from assistant import FakeEngine
from tests.tui.support import prompt, wait_until
from tui.app import make_app
from tui.background import Answer, ask, understood

QUESTION = b"\x1b]11;?\x1b\\\x1b[c"


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        (b"\x1b]11;rgb:ffff/ffff/ffff\x1b\\\x1b[?62;22c", Answer(light=True)),
        (b"\x1b]11;rgb:1c1c/1b1b/1a1a\x07\x1b[?1;2c", Answer(light=False)),
        (b"\x1b]11;rgba:f/f/e/f\x1b\\", Answer(light=True)),
        (b"\x1b[?1;2c", Answer()),
        (b"Hi \x1b]11;rgb:00/00/00\x07there\r\x1b[?6c!\x1b[A\x01", Answer(light=False, typed="Hi there\n!")),
        ("萤\x1b[?6c".encode(), Answer(typed="萤")),
        (b"\x1b]11;rgb:zz/00/00\x07", Answer()),
        (b"", Answer()),
        (b"\x1b]11;rgb:ff", Answer()),
    ],
)
def test_answers(data: bytes, answer: Answer) -> None:
    assert understood(data) == answer


def test_without_a_terminal_nobody_is_asked() -> None:
    assert ask({"TERM": "xterm"})() == Answer()


pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are POSIX")

PROGRAM = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from tui.background import ask
before = termios.tcgetattr(0)
answer = ask(os.environ)
print("loading", flush=True)
found = answer()
print(found, termios.tcgetattr(0) == before, "end", flush=True)
"""


class Terminal:
    """One that can be told what to answer; the program in it leads its own session."""

    def __init__(self, **environment: str) -> None:
        import pty

        self.end, other = pty.openpty()
        plain = {name: value for name, value in os.environ.items() if not name.startswith(("SSH_", "MOSH_"))}
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM],
            stdin=other,
            stdout=other,
            stderr=other,
            env={**plain, "TERM": "xterm-256color", **environment},
            start_new_session=True,
        )
        os.close(other)
        self.output = b""

    def read_until(self, text: bytes, seconds: float = 20) -> None:
        end = monotonic() + seconds
        while text not in self.output:
            assert monotonic() < end, self.output
            if select.select([self.end], [], [], 0.05)[0]:
                with suppress(OSError):
                    self.output += os.read(self.end, 4096)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.end)


@pytest.fixture
def terminals() -> Iterator[list[Terminal]]:
    opened: list[Terminal] = []
    yield opened
    for terminal in opened:
        terminal.close()


def test_a_terminal_that_answers_while_somebody_types(terminals: list[Terminal]) -> None:
    terminals.append(terminal := Terminal())
    terminal.read_until(QUESTION)
    os.write(terminal.end, b"He\x1b]11;rgb:ffff/ffff/ffff\x1b\\llo\x1b[?62c")
    terminal.read_until(b" end")
    assert b"Answer(light=True, typed='Hello') True end" in terminal.output
    assert b"Hello\r" not in terminal.output.partition(b"loading")[0], "nothing of it was echoed"


def test_one_that_never_answers_costs_a_moment(terminals: list[Terminal]) -> None:
    terminals.append(terminal := Terminal())
    terminal.read_until(b"loading")
    begin = monotonic()
    terminal.read_until(b" end")
    assert monotonic() - begin < 2
    assert b"Answer(light=None, typed='') True end" in terminal.output


@pytest.mark.parametrize(
    "environment", [{"TERM": "dumb"}, {"COLORFGBG": "15;0"}, {"NO_COLOR": "1"}, {"SSH_TTY": "/dev/pts/1"}], ids=str
)
def test_where_nobody_is_asked(environment: dict[str, str], terminals: list[Terminal]) -> None:
    terminals.append(terminal := Terminal(**environment))
    terminal.read_until(b" end")
    assert b"\x1b" not in terminal.output
    assert b"Answer(light=None, typed='') True end" in terminal.output


def test_nobody_is_asked_over_keys_that_wait_to_be_read(terminals: list[Terminal]) -> None:
    terminals.append(terminal := Terminal())
    os.write(terminal.end, b"Hello\n")
    terminal.read_until(b" end")
    assert b"\x1b" not in terminal.output


async def test_what_was_typed_meanwhile_is_in_the_prompt() -> None:
    app = make_app(lambda: FakeEngine([[]]), light=True, typed="Hello\nthere\n", welcome=True)
    async with app.run_test() as pilot:
        await wait_until(pilot, lambda: prompt(pilot).text == "Hello\nthere")
        assert app.screen is app.house, "whoever types wants no first page"
        assert app.theme == "day"

"""The screen as a process of its own in a pseudo-terminal: what a pilot in our own process cannot see."""

import os
import re
import select
import subprocess
import sys
from collections.abc import Iterator
from time import monotonic

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are POSIX")

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
HOSTILE = r"""
from assistant import FakeEngine
from tui.app import make_app
answer = "a\x1b]52;c;cGF5bG9hZA==\x07 \x9b31m \x1b[2J \x1bP+q\x1b\\ [x](http://\x1b[31m) end."
make_app(lambda: FakeEngine([answer])).run()
"""


class Terminal:
    """A program and the other end of its terminal."""

    def __init__(self, program: str) -> None:
        import pty

        self._end, other = pty.openpty()
        environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24"}
        self.process = subprocess.Popen(
            [sys.executable, "-c", program], stdin=other, stdout=other, stderr=other, env=environment
        )
        os.close(other)
        self.output = b""

    def wait_for(self, text: bytes, seconds: float = 20) -> None:
        end = monotonic() + seconds
        while text not in self.output:
            assert monotonic() < end, self.output[-2000:]
            self._read()

    def type(self, keys: bytes) -> None:
        os.write(self._end, keys)

    def exit_seconds(self) -> float:
        """Wait for the end of the program and say how long it took."""
        begin = monotonic()
        while self.process.poll() is None and monotonic() < begin + 20:
            self._read()
        return monotonic() - begin

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._end)

    def _read(self) -> None:
        if select.select([self._end], [], [], 0.05)[0]:
            try:
                self.output += os.read(self._end, 65536)
            except OSError:  # Linux's way to say that the other end is closed
                return


BURST = """
from assistant import FakeEngine
from tui.app import make_app
make_app(FakeEngine).run()
"""


@pytest.fixture
def terminal(request: pytest.FixtureRequest) -> Iterator[Terminal]:
    opened = Terminal(request.param)
    yield opened
    opened.close()


@pytest.mark.parametrize("terminal", [STUCK], indirect=True, ids=["stuck"])
def test_the_screen_opens_before_the_model_and_quits_in_spite_of_it(terminal: Terminal) -> None:
    terminal.wait_for(b"luciole")
    terminal.wait_for(b"starting")
    terminal.type(b"\x11")
    assert terminal.exit_seconds() < 1
    assert terminal.process.returncode == 0


@pytest.mark.parametrize("terminal", [HOSTILE], indirect=True, ids=["hostile"])
def test_no_escape_sequence_of_an_answer_reaches_the_terminal(terminal: Terminal) -> None:
    terminal.wait_for(b"ready")
    terminal.type(b"hi\r")
    terminal.wait_for(b"end.")
    assert b"\x1b]52" not in terminal.output
    assert b"\x1bP+q" not in terminal.output
    assert b"\x1b]8;" not in terminal.output
    assert "\x9b".encode() not in terminal.output
    assert b"52;c;cGF5bG9hZA==" in terminal.output  # the letters are shown


@pytest.mark.parametrize("terminal", [BURST], indirect=True, ids=["burst"])
def test_keys_that_arrive_together_act_in_their_order(terminal: Terminal) -> None:
    terminal.wait_for(b"ready")
    terminal.type(b"abx\x7fc\nd\x1b\re" + b"\x1b[D" * 2 + b"Z\r")
    terminal.wait_for(b"Hello.")
    terminal.type(b"next")
    terminal.wait_for(b"next")
    lines = [line.strip() for line in re.sub(rb"\x1b\[[0-9;?]*[a-zA-Z]", b"\n", terminal.output).decode().splitlines()]
    assert "abc" in lines
    assert "dZ" in lines
    assert "e" in lines

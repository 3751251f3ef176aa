"""The prompt in a pseudo-terminal: keys as bytes, one by one and all at once, an editor, and the real cursor."""

import os
import pty
import select
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pyte
import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are POSIX")

PROGRAM = """
from assistant import FakeEngine
from tui.app import make_app
make_app(lambda: FakeEngine(["Heard."])).run()
"""
EDITOR = """#!{python}
import sys
path = sys.argv[1]
text = open(path, encoding="utf-8").read()
print("editing", repr(text))
open(path, "w", encoding="utf-8").write(text + "\\nand 编辑过\\n")
"""


class Terminal:
    """The screen, the other end of its terminal, and what that shows."""

    def __init__(self, folder: Path) -> None:
        self._end, other = pty.openpty()
        editor = folder / "editor"
        editor.write_text(EDITOR.format(python=sys.executable))
        editor.chmod(0o700)
        environment = {
            **os.environ,
            "TERM": "xterm-256color",
            "COLUMNS": "80",
            "LINES": "24",
            "VISUAL": "",
            "EDITOR": f"'{editor}'",
            "LC_ALL": "C.UTF-8",
        }
        self._process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM], stdin=other, stdout=other, stderr=other, env=environment
        )
        os.close(other)
        self._screen = pyte.Screen(80, 24)
        self._stream = pyte.ByteStream(self._screen)
        self.output = b""

    @property
    def shown(self) -> str:
        return "\n".join(self._screen.display)

    @property
    def cursor(self) -> tuple[int, int]:
        """Column and row of the terminal's own cursor, which an input method follows."""
        return self._screen.cursor.x, self._screen.cursor.y

    def wait_for(self, text: str, seconds: float = 20) -> None:
        end = monotonic() + seconds
        while text not in self.shown:
            assert monotonic() < end, self.shown
            self._read(0.05)

    def type(self, keys: str) -> None:
        os.write(self._end, keys.encode())

    def type_slowly(self, keys: str, gap: float) -> None:
        """Byte by byte, so that letters of several bytes come in parts."""
        for byte in keys.encode():
            os.write(self._end, bytes([byte]))
            end = monotonic() + gap
            while (left := end - monotonic()) > 0:
                self._read(left)

    def settle(self, seconds: float = 0.3) -> None:
        """Read until nothing more comes for so long."""
        while self._read(seconds):
            pass

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._end)

    def _read(self, seconds: float) -> bool:
        if not select.select([self._end], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self._end, 65536)
        except OSError:  # Linux's way to say that the other end is closed
            return False
        self.output += data
        self._stream.feed(data)
        return True


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:

    opened = Terminal(tmp_path)
    opened.wait_for("ready")
    yield opened
    opened.close()


def test_a_paste_without_brackets_is_no_message(terminal: Terminal) -> None:
    terminal.type("one\rtwo 二\r\n\tthree\r")
    terminal.wait_for("three")
    terminal.settle()
    assert "Heard." not in terminal.shown
    lines = [line.strip() for line in terminal.shown.splitlines()]
    assert "❯ one" in lines
    assert lines[lines.index("❯ one") + 2] == "three"
    terminal.type("\r")
    terminal.wait_for("Heard.")


def test_the_same_byte_by_byte(terminal: Terminal) -> None:
    terminal.type_slowly("one\rtwo 二\r三\r", 0.004)
    terminal.wait_for("三")
    terminal.settle()
    assert "Heard." not in terminal.shown


def test_a_line_byte_by_byte_as_people_type_it(terminal: Terminal) -> None:
    terminal.type_slowly("hi\r", 0.03)
    terminal.wait_for("Heard.")


def test_a_huge_paste_with_and_without_brackets_is_folded(terminal: Terminal) -> None:
    text = "".join(f"line {number} of it\r" for number in range(600))
    terminal.type(f"\x1b[200~{text}\x1b[201~")
    terminal.wait_for("[Pasted text #1 · 600 lines")
    terminal.type(" and ")
    terminal.settle()
    for start in range(0, len(text), 1400):  # as a network brings it
        terminal.type(text[start : start + 1400])
    terminal.wait_for("pasted text 2 · 600 lines", 30)  # in the row above: within the text the line may break there
    terminal.settle()
    assert "Heard." not in terminal.shown


def test_an_editor_of_the_user(terminal: Terminal) -> None:
    terminal.type("first 一")
    terminal.wait_for("first")
    terminal.type("\x07")
    terminal.wait_for("and")
    assert "editing 'first 一'".encode() in terminal.output
    terminal.settle()
    rows = [line.strip() for line in terminal.shown.splitlines()]
    assert any(row.startswith("and 编") for row in rows)
    terminal.type("!\r")
    terminal.wait_for("Heard.")


def test_the_real_cursor_is_where_the_next_letter_will_be(terminal: Terminal) -> None:
    terminal.type("ab中文")
    terminal.wait_for("ab")
    terminal.settle()
    row = next(number for number, line in enumerate(terminal.shown.splitlines()) if "❯ ab" in line)
    column = terminal.shown.splitlines()[row].index("❯") + 2
    assert terminal.cursor == (column + 6, row)
    terminal.type("\n又")
    terminal.settle()
    assert terminal.cursor == (column + 2, row)

"""Whatever names and texts hold, and wherever they are shown, the terminal is told nothing that is not ours."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

if sys.platform == "win32":
    pytest.skip("pseudo-terminals are POSIX", allow_module_level=True)

from bench.terminal import Terminal
from tests.tui.raw.hostile import attack, disturb, furnish, name, shown
from tests.tui.raw.sequences import foreign, sequences

ROOT = Path(__file__).parents[3]
F1, F2, F3, F4, F5, F6 = "\x1bOP", "\x1bOQ", "\x1bOR", "\x1bOS", "\x1b[15~", "\x1b[17~"
ESCAPE, UP, DOWN, ALT_UP, PAGE_DOWN, DELETE = "\x1b", "\x1b[A", "\x1b[B", "\x1b[1;3A", "\x1b[6~", "\x1b[3~"


class Walk:
    """A visitor of the screen, who waits to see what is expected before going on."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal

    def press(self, keys: str, *words: str) -> None:
        """Type, and see what is left of the attacks with these words."""
        self.terminal.type(keys)
        self.terminal.wait_shown(*map(shown, words))

    def see(self, keys: str, *texts: str) -> None:
        """Type, and see these texts."""
        self.terminal.type(keys)
        self.terminal.wait_shown(*texts)

    def go(self, *keys: str) -> None:
        """Press one after the other, each when the one before has moved the focus."""
        for key in keys:
            self.terminal.type(key)
            self.terminal.read_for(0.4)

    def leave(self) -> None:
        """Esc, told apart from the beginning of another key."""
        self.go(ESCAPE)

    def say(self, text: str, *words: str) -> None:
        """Send a line as a message or command."""
        self.terminal.read_for(0.4)
        self.go(text)  # what comes at once would be a paste
        self.press("\r", *words)


@contextmanager
def walking(home: Path, *words: str) -> Iterator[Walk]:
    """Through that home, beginning where these words are to be seen; every byte is looked at in the end."""
    environment = {"LUCIOLE_HOME": str(home), "LC_ALL": "C.UTF-8", "PYTHONPATH": str(ROOT), "HOME": str(home)}
    with Terminal([sys.executable, "-m", "tests.tui.raw.hostile"], size=(200, 60), environment=environment) as terminal:
        terminal.wait_shown("ready", *map(shown, words))
        yield Walk(terminal)
        assert terminal.process.poll() is None, terminal.written()[-3000:]
        assert "\x1b[?1049h" in set(sequences(terminal.output))  # they were looked at
        terminal.type("\x11")
        terminal.exit_seconds()
        assert terminal.process.returncode == 0
        assert foreign(terminal.output) == []


@pytest.fixture
def home() -> Iterator[Path]:
    with TemporaryDirectory() as folder:  # its name is short: on the screen the hostile part of the path must be seen
        place = Path(folder) / name("HOME")
        place.mkdir()
        furnish(place)
        yield place


def test_chat(home: Path) -> None:
    with walking(home, "INFO", "QUANT") as walk:
        walk.press(f"\x1b[200~{attack('PASTED')}\x1b[201~", "PASTED")
        walk.press("\r", "ANSWER")
        walk.see("", "THEEND", "ENTITY")
        walk.say("/title " + "[red]T[/]")
        walk.say("/context")
        walk.terminal.wait_shown("free")
        walk.say("/model nothing", "LOADED")
        walk.say("please fail", "ERROR", "EXPECTED", "DO")
        walk.go(ALT_UP, ALT_UP)
        walk.see("", "quote")


def test_characters(home: Path) -> None:
    with walking(home) as walk:
        walk.say("/character")
        walk.see("", "CAST$x@click", "cannot be read")
        walk.press(DOWN, "GREETING", "DESCRIBED")
        walk.press(DOWN, "NOKEY")
        walk.go(UP)
        walk.press("e", "DESCRIBED")
        walk.leave()
        walk.press("\r", "GREETING")
        walk.say("words", "ANSWER")
        walk.see("", "tok/s · read")
        walk.say("/dialogues", "SPOKEN")
        walk.see("", "[red]CORPUS[@click=app.bell].csv, row 2")
        walk.leave()
        walk.go(F5)
        walk.see("", "CAST$x@click")


def test_history_and_what_is_opened_there(home: Path) -> None:
    with walking(home) as walk:
        walk.press(F5, "TITLE", "QUESTION", "KEPT", "SYSTEM", "WRITER", "HOME")
        walk.see("c;KEPT", "2 places")
        walk.leave()
        walk.go(DOWN)
        walk.see("r", "Title")
        walk.leave()
        walk.see("e", "Write to a new file")
        walk.leave()
        walk.go(DOWN, "\r")
        walk.press("", "QUESTION", "KEPT")
        walk.say("/system", "SYSTEM")


def test_documents(home: Path) -> None:
    with walking(home) as walk:
        walk.see("@PICK", "PICK[red]x[@click=app.bell].md")
        walk.leave()
        walk.go(F3, "\x0f")
        walk.see("PICK", "[red]x[@click=app.bell]")
        walk.press("\r", "PICKED")
        walk.press("s", "SUMMARY")
        walk.go("a")
        walk.say("what of it", "SUMMARY")


def test_models(home: Path) -> None:
    with walking(home) as walk:
        walk.press(F4, "MODEL", "BROKEN")
        walk.go(UP, UP)
        walk.see("", "cannot load")
        walk.see("r", "Rename")
        walk.leave()
        walk.go(DOWN, DOWN)
        walk.press(DELETE, "BROKEN")
        walk.leave()
        walk.go(F2)
        walk.say(f"/convert {home / 'checkpoint'}", "HOME")


def test_settings_and_where_files_lie(home: Path) -> None:
    disturb(home)
    with walking(home, "THEME", "KEYNAME") as walk:
        walk.see(F1, "Keys here")
        walk.go(PAGE_DOWN, PAGE_DOWN)
        walk.press("", "HOME")
        walk.leave()
        walk.press(F6, "HOME")
        walk.leave()
        walk.go("\x10")
        walk.see("theme", "dusk")


def test_what_would_be_told_to_the_terminal_is_noticed() -> None:
    """The proof proves something: every part of the attack is one that would be found."""
    for part in ("\x1b]52;c;x\x07", "\x1b[8;31;47m", "\x1b[2J", "\x9b31m", "\x1b]0;T\x1b\\", "\x1bP+q\x1b\\", "\x08"):
        assert part in attack("x")
        assert foreign(f"\x1b[1;2Hwords{part} \x1b[0m".encode()) != [], part
    for hidden in "\u202e\u202c\u200b\u2066":
        assert foreign(hidden.encode()) == [hidden]
    assert foreign("\x1b[?1049h\x1b[38;2;1;2;3mwords 中文 👩\u200d👩 e\u0301\r\n".encode()) == []

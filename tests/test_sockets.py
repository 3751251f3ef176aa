"""Offline: no command, no screen and no child opens a socket. Python says so itself, through its audit events.

A `sitecustomize` that every Python process imports at its start forbids them, and writes down who asked. Sockets of C
libraries pass unseen there; the engine's process is looked at from outside for those.
"""

import json
import subprocess
import sys
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assistant.characters.folder import character_folder
from assistant.library.origin import Origin, write_origin
from assistant.paths import models_folder
from assistant.process.engine import EngineProcess
from assistant.settings_file import set_value
from tests.assistant.library.models import model_bytes
from tests.assistant.process.support import ONE, child_of
from tests.contract.support import GREEDY, SHORT
from tests.convert.tiny import tiny_checkpoint

GUARD = """
import os, sys
_NETWORK = (2, 10, 23, 30)  # AF_INET, and AF_INET6 of Linux, Windows and macOS
_FORBIDDEN = ("connect", "bind", "sendto", "sendmsg", "getaddrinfo", "gethostbyname", "gethostbyaddr", "getnameinfo")

def _write(kind, text):
    file = os.open(os.environ["SOCKET_GUARD"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, (kind + " " + " ".join(text.split()) + "\\n").encode())
    os.close(file)

def _watch(event, arguments):
    if not event.startswith("socket."):
        return
    name = event.partition(".")[2]
    if name in _FORBIDDEN or (name == "__new__" and arguments[1] in _NETWORK):
        _write("opened", f"{event} {arguments!r} by {sys.orig_argv}")
        raise PermissionError(f"{event} is forbidden here")

sys.addaudithook(_watch)
_write("guarded", repr(sys.orig_argv))
"""


class Guard:
    """What the guarded processes wrote down."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "guard.txt"

    def lines(self, kind: str) -> list[str]:
        text = self.file.read_text(encoding="utf-8") if self.file.exists() else ""
        return [line.partition(" ")[2] for line in text.splitlines() if line.startswith(kind)]

    def check(self, *processes: str) -> None:
        """No socket was opened, and these modules ran in guarded processes."""
        assert self.lines("opened") == []
        guarded = self.lines("guarded")
        for process in processes:
            assert any(process in line for line in guarded), f"{process} was not guarded: {guarded}"


@pytest.fixture
def guard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Guard:
    folder = tmp_path / "guard"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(GUARD, encoding="utf-8")
    found = Guard(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    monkeypatch.setenv("SOCKET_GUARD", str(found.file))
    monkeypatch.delenv("HF_HUB_OFFLINE")  # what keeps sockets shut must be ours
    return found


def luciole(*arguments: str) -> bytes:
    done = subprocess.run(
        [sys.executable, "-m", "assistant", *arguments], capture_output=True, timeout=200, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def codes(*commands: list[str]) -> list[int]:
    """The exit codes of commands that are run one after another in one process, which does not wait for the hub."""
    program = (
        "import sys; from assistant.__main__ import main; from assistant.hub import waiting; "
        "waiting.FIRST_SECONDS = 0; "
        f"sys.stderr.write(repr([main(command) for command in {commands!r}]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, timeout=200, check=False, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, done.stderr.decode()
    found = json.loads(done.stderr.decode().splitlines()[-1])
    assert isinstance(found, list)
    return found


def fetched(name: str, content: bytes) -> None:
    """A model of the model folder that came from the hub, as owner/Little-GGUF."""
    path = models_folder() / f"{name}.gguf"
    path.write_bytes(content)
    kind = name.rpartition("-")[2]
    now = datetime.now(UTC)
    write_origin(
        path, Origin("owner/Little-GGUF", "a" * 40, kind, (f"{name}.gguf",), ("",), "mit", "", now, (), converted=False)
    )


@pytest.mark.parametrize(
    "program",
    [
        "import socket; socket.create_connection(('127.0.0.1', 9), timeout=1)",
        "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'a', ('127.0.0.1', 9))",
        "import urllib.request; urllib.request.urlopen('http://localhost:9', timeout=1)",
        "import huggingface_hub; huggingface_hub.HfApi().model_info('a/b', timeout=1)",
    ],
)
def test_the_guard_sees_sockets(program: str, guard: Guard) -> None:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60, check=False)
    assert done.returncode != 0
    assert guard.lines("opened")


def test_chat_as_a_character_with_a_model_that_was_fetched(guard: Guard, starter_gguf: Path) -> None:
    keeper = character_folder() / "keeper"
    keeper.mkdir()
    (keeper / "character.toml").write_text('name = "Keeper"\ndescription = "An old keeper."\n')
    (keeper / "dialogues.csv").write_text('number,dialogue\n1,"Guest: Is it lit?\nKeeper: It is lit every night."\n')
    fetched("starter-q4_1", starter_gguf.read_bytes())
    arguments = ("--character", "keeper", "--json", "--temperature", "0", "--max-tokens", "8", "Is the lamp lit?")
    found = json.loads(luciole("chat", "-m", "owner/Little-GGUF:q4_1", *arguments))
    assert found["answer"]
    assert len(found["dialogues"]) == 1
    guard.check("assistant", "assistant.process.worker")


def test_models_that_are_here(guard: Guard, tmp_path: Path) -> None:
    """All in one process, which is guarded as a whole."""
    fetched("little-q4_0", model_bytes())
    (tmp_path / "mine.gguf").write_bytes(model_bytes())
    commands = [
        ["models"],
        ["models", "list", "--json"],
        ["models", "show", "owner/Little-GGUF"],
        ["models", "default", "owner/Little-GGUF"],
        ["models", "default"],
        ["models", "rename", "owner/Little-GGUF:q4_0", "small"],
        ["models", "import", str(tmp_path / "mine.gguf")],
        ["models", "pull", "owner/Little-GGUF"],
        ["models", "remove", "-y", "small", "mine"],
    ]
    assert codes(*commands) == [0] * len(commands)
    guard.check("-c")


def test_a_name_on_the_hub_is_asked_for_when_it_is_given_and_not_here(guard: Guard) -> None:
    set_value("default_model", value="owner/Little-GGUF")
    assert codes(["chat", "Hi"], ["models"], ["models", "show"]) == [1, 0, 1]
    assert guard.lines("opened") == []
    for command in (["models", "pull", "owner/Little-GGUF"], ["chat", "-m", "owner/Little-GGUF", "Hi"]):
        guard.file.unlink()
        assert codes(command) == [1]
        assert "huggingface.co" in " ".join(guard.lines("opened"))


def test_summarize(guard: Guard, tmp_path: Path) -> None:
    document = tmp_path / "minutes.md"
    document.write_text("# Minutes\n\nThe committee met on 3 May and will repair the bridge. https://example.org/a\n")
    assert luciole("summarize", str(document), "--max-tokens", "20")
    guard.check("assistant.process.worker")


@pytest.mark.parametrize("command", [["doctor"], ["cache"], ["history", "list"], ["--help"]], ids=" ".join)
def test_what_looks_around(command: list[str], guard: Guard) -> None:
    luciole(*command)
    guard.check(*(["assistant.llama.build"] if command == ["doctor"] else []))


def test_inspect(guard: Guard, starter_gguf: Path) -> None:
    assert json.loads(luciole("inspect", str(starter_gguf), "--json"))["architecture"] == "llama"
    guard.check()


def test_convert_verify_and_plan(guard: Guard, tmp_path: Path) -> None:
    source = tiny_checkpoint(tmp_path / "tiny")
    target = tmp_path / "tiny.gguf"
    luciole("convert", str(source), "-o", str(target))
    luciole("verify", str(target), "--against", str(source))
    assert json.loads(luciole("plan", str(target), "--json"))["chosen"]
    guard.check("assistant.llama.planner", "assistant.llama.speeds")


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are POSIX")
def test_the_screen(guard: Guard) -> None:
    """In a terminal, with the starter model in its process."""
    from bench.terminal import Terminal  # POSIX only

    program = [sys.executable, "-c", "from assistant.__main__ import main; main([])"]
    with Terminal(program, environment={"LC_ALL": "C.UTF-8"}) as terminal:
        terminal.wait_for("ready", seconds=60)
        terminal.type("Hi\r")
        terminal.wait_for("token", seconds=60)
        terminal.type("\x11")
        terminal.exit_seconds()
        assert terminal.process.returncode == 0
    guard.check("assistant.process.worker")


def open_in(process: int) -> set[str]:
    """What its descriptors stand for: `pipe:[17]`, `socket:[18]`, paths."""
    found = set()
    for path in Path(f"/proc/{process}/fd").iterdir():
        with suppress(OSError):  # closed since
            found.add(str(path.readlink()))
    return found


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="Linux shows what is open")
def test_nor_does_a_library_inside_the_child(starter_gguf: Path) -> None:
    seen: set[str] = set()
    with closing(EngineProcess(starter_gguf, ONE)) as engine:
        for _ in engine.stream(SHORT, GREEDY):
            seen |= open_in(child_of(engine))
    assert {name.partition(":")[0] for name in seen} >= {"pipe"}
    assert not [name for name in seen if name.startswith("socket:")]

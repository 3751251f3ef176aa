"""The table of commands: complete, true, and quick to list."""

import resource
import subprocess
import sys

import click
import pytest

from assistant.cli import COMMANDS
from assistant.cli import luciole as group
from tests.cli.conftest import Luciole


@pytest.mark.parametrize("name", COMMANDS)
def test_help_in_the_table_is_the_commands_own(name: str) -> None:
    command = group.get_command(click.Context(group), name)
    assert command is not None
    assert (command.help or "").split("\n\n")[0].replace("\n", " ") == COMMANDS[name].help


@pytest.mark.parametrize("name", COMMANDS)
def test_every_help_ends_with_an_example(luciole: Luciole, name: str) -> None:
    shown = luciole(name, "--help")
    assert shown.code == 0
    assert shown.err == ""
    *_, examples = shown.out.split("\n\n")
    assert examples.strip().startswith("Example")
    assert f"luciole {name}" in examples


def test_listing_names_every_command(luciole: Luciole) -> None:
    shown = luciole("--help")
    assert shown.code == 0
    for name, entry in COMMANDS.items():
        assert f"  {name}  " in shown.out
        assert entry.help in shown.out


def test_listing_loads_nothing_heavy() -> None:
    code = "import sys; from assistant.__main__ import main; main(['--help']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in done.stdout.splitlines()[-1].split()}
    assert not loaded & {"llama_cpp", "numpy", "textual", "rich", "jinja2", "convert", "tui", "gguf", "psutil"}


def test_help_takes_under_three_tenths_of_a_second() -> None:
    best = 1.0
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "assistant", "--help"], capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        # processor time, which other work on the machine does not stretch as it does the clock's
        best = min(best, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert best < 0.3


def test_version(luciole: Luciole) -> None:
    shown = luciole("--version")
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.startswith("luciole 0.")


def test_without_a_command_the_screen_opens(luciole: Luciole, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str | None] = []
    monkeypatch.setattr("tui.__main__.run", lambda model=None: asked.append(model))
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    assert luciole(stdin=None).code == 0
    assert luciole("-m", "small.gguf", stdin=None).code == 0
    assert asked == [None, "small.gguf"]


def test_the_screen_wants_a_terminal(luciole: Luciole) -> None:
    shown = luciole()
    assert (shown.code, shown.out) == (2, "")
    assert shown.err.endswith("error: the screen needs a terminal; in a pipe use luciole chat or luciole summarize\n")


def test_model_before_the_command_is_refused(luciole: Luciole) -> None:
    shown = luciole("-m", "x.gguf", "chat", "Hi")
    assert shown.code == 2
    assert shown.err.endswith("error: -m comes after the command: luciole chat -m x.gguf\n")

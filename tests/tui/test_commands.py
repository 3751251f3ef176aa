"""What a line starting with a slash means, and how it completes."""

from pathlib import Path

import pytest

from tui.commands import COMMANDS, Unknown, completions, parse


@pytest.mark.parametrize(
    ("line", "name", "argument"),
    [
        ("/new", "new", ""),
        ("/new  ", "new", ""),
        ("/summarize a b.md", "summarize", "a b.md"),
        ("/open 'a b.md' ", "summarize", "a b.md"),
        ('/summarize "a"', "summarize", "a"),
        ("/summarize '", "summarize", "'"),
    ],
)
def test_commands(line: str, name: str, argument: str) -> None:
    called = parse(line)
    assert called is not None
    assert (called[0].name, called[1]) == (name, argument)


@pytest.mark.parametrize("line", ["hello", " /new", "/usr/bin is a folder", "", "and/or", "/2 of it"])
def test_messages(line: str) -> None:
    assert parse(line) is None


@pytest.mark.parametrize("line", ["/", "/nw", "/summarize", "/summarize  ", "/new chat", "/help me"])
def test_unknown(line: str) -> None:
    with pytest.raises(Unknown):
        parse(line)


def test_names_complete() -> None:
    assert [line.strip() for line, _ in completions("/")] == [f"/{command.name}" for command in COMMANDS]
    assert ("/summarize ", "FILE: read a whole document and summarize it") in completions("/")
    assert [line for line, _ in completions("/n")] == ["/new"]
    assert completions("n") == []
    assert completions("/n\n") == []


def test_paths_complete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "in it.md").touch()
    for name in ("b.md", "a.md", ".hidden", "bad\x1b[31m.md"):
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)

    def lines(text: str) -> list[str]:
        return [line for line, _ in completions(text)]

    assert lines("/summarize ") == ["/summarize folder/", "/summarize a.md", "/summarize b.md"]
    assert lines("/open folder/") == ["/open folder/in it.md"]
    assert lines("/summarize .") == ["/summarize .hidden"]
    assert lines("/summarize bad") == []
    assert lines(f"/summarize {tmp_path}/a") == [f"/summarize {tmp_path}/a.md"]
    assert lines("/summarize nowhere/") == []
    assert lines("/new ") == []

"""What a line starting with a slash means, and how it completes."""

import pytest

from tui.commands import COMMANDS, Unknown, being_completed, matching, parse


@pytest.mark.parametrize(
    ("line", "name", "argument"),
    [
        ("/new", "new", ""),
        ("/new  ", "new", ""),
        ("/summarize a b.md", "summarize", "a b.md"),
        ("/open 'a b.md' ", "open", "a b.md"),
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


@pytest.mark.parametrize("line", ["/", "/nw", "/open", "/open  ", "/new chat", "/help me"])
def test_unknown(line: str) -> None:
    with pytest.raises(Unknown):
        parse(line)


def names(text: str) -> list[str]:
    return [command.name for command, _places in matching(text)]


def test_names_complete() -> None:
    assert names("/") == [command.name for command in COMMANDS]
    assert names("/n")[0] == "new"
    assert names("n") == []
    assert names("/n\n") == []
    assert names("/new ") == []


def test_a_few_letters_are_enough() -> None:
    assert names("/smr")[0] == "summarize"
    assert names("/open")[0] == "open"
    command, places = matching("/hst")[0]
    assert (command.name, places) == ("history", (0, 2, 3))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("/summarize ", ("FILE", "")),
        ("/watch docs/a b", ("FILE", "docs/a b")),
        ("/open  ~/", ("FILE", "~/")),
        ("/model sm", ("MODEL", "sm")),
        ("/import x", ("GGUF", "x")),
        ("/convert ", ("FOLDER", "")),
        ("/copy ", None),
        ("/new ", None),
        ("/summarize", None),
        ("x /watch a", None),
    ],
)
def test_what_is_typed_behind_a_command(text: str, found: tuple[str, str] | None) -> None:
    assert being_completed(text) == found

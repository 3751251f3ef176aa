"""What the screen says in words."""

import pytest

from tui.words import clauses


@pytest.mark.parametrize(
    ("message", "lines"),
    [
        ("a file; a folder was expected; choose one", ["a file", "a folder was expected", "choose one"]),
        ("it died (killed; or so); look (log: x); go on", ["it died (killed; or so)", "look (log: x)", "go on"]),
        ("没有（甲；乙）；重试", ["没有（甲；乙）", "重试"]),
        ("a;b.pdf is none; take another", ["a;b.pdf is none", "take another"]),
        (":) smiles; and goes on", [":) smiles", "and goes on"]),
        ("whole", ["whole"]),
    ],
)
def test_an_error_has_a_line_for_each_of_its_parts(message: str, lines: list[str]) -> None:
    assert clauses(message).split("\n") == lines

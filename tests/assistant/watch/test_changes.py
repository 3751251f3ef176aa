"""What changed: by hand-made documents, by any texts, and by a large one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.documents.document import Document
from assistant.watch.changes import Again, Changes, compare, difference, duration, first_difference, hunks

PARAGRAPHS = ["The first.", "The second,\nof two lines.", "The third.", "The fourth.", "The fifth."]


def document(*paragraphs: str) -> Document:
    return Document("report.md", "\n\n".join(paragraphs) + "\n", "utf-8")


OLD = document(*PARAGRAPHS)


@pytest.mark.parametrize(
    ("new", "changes", "words"),
    [
        (OLD, Changes(0, 0, 0, None), "the text is the same"),
        (document(*PARAGRAPHS[:4], "The 5th."), Changes(1, 0, 0, 68), "1 paragraph changed"),
        (document("The 1st.", *PARAGRAPHS[1:4], "The 5th."), Changes(2, 0, 0, 4), "2 paragraphs changed"),
        (document(*PARAGRAPHS, "One more."), Changes(0, 1, 0, len(OLD.text)), "1 paragraph added"),
        (document(*PARAGRAPHS[:2]), Changes(0, 0, 3, 38), "3 paragraphs removed"),
        (document(*PARAGRAPHS[1:], PARAGRAPHS[0]), Changes(0, 1, 1, 4), "1 paragraph added, 1 removed"),
        (document("New.", "The 1st.", *PARAGRAPHS[1:]), Changes(1, 1, 0, 0), "1 paragraph changed, 1 added"),
        (document(*PARAGRAPHS[:2], "\n" + PARAGRAPHS[2], *PARAGRAPHS[3:]), Changes(0, 0, 0, 39), None),
    ],
)
def test_compare(new: Document, changes: Changes, words: str | None) -> None:
    assert compare(OLD, new) == changes
    assert changes.words == (words or "only blank lines and line ends changed")


def test_lines_where_there_are_no_paragraphs() -> None:
    log = [f"12:00:{second:02} something of some length happened here again" for second in range(60)]
    old, new = document("\n".join(log)), document("\n".join([*log, "12:01:00 the end", "12:01:01 really"]))
    assert compare(old, new).words == "2 lines added"


def test_a_large_document_all_of_which_changed_is_counted() -> None:
    """Aligned paragraph by paragraph, these would take minutes."""
    old = document(*(f"Paragraph {number} of the old version." for number in range(20_000)))
    new = document(*(f"Paragraph {number} of the new version." for number in range(20_001)))
    assert compare(old, new) == Changes(20_000, 1, 0, len("Paragraph 0 of the "))
    middle = document(*(f"Paragraph {number} of the old version." for number in range(20_000) if number != 10_000))
    assert compare(old, middle).words == "1 paragraph removed"


texts = st.lists(st.sampled_from(["one", "two.", "\n", "\n\n", " ", "第三。", "\u2028"]), max_size=12).map("".join)


@given(texts, texts)
def test_what_is_said_is_so(old: str, new: str) -> None:
    changes = compare(Document("a", old, "utf-8"), Document("a", new, "utf-8"))
    assert (changes.first is None) == (old == new)
    if changes.first is not None:
        assert old[: changes.first] == new[: changes.first]
        assert old[changes.first : changes.first + 1] != new[changes.first : changes.first + 1]
    assert changes.first == first_difference(old, new)
    if old.strip() == new.strip():
        assert (changes.changed, changes.added, changes.removed) == (0, 0, 0)


@given(texts, texts)
def test_a_difference_holds_both_summaries(old: str, new: str) -> None:
    lines = difference(old, new)
    if not lines:
        assert "".join(old.split()) == "".join(new.split())
        return
    squeezed = "".join(old.split())
    assert "".join("".join(line[2:].split()) for line in lines if line[0] in " -") == squeezed
    assert "".join("".join(line[2:].split()) for line in lines if line[0] in " +") == "".join(new.split())


def test_a_difference_is_told_in_sentences() -> None:
    old = 'It cost 3.5 million. He said: "No." They met in May.\n- One point\n- Another point'
    new = 'It cost 4.5 million. He said: "No." They met in May.\n- One point\n- Another, and it is a rather long point'
    assert difference(old, new, 30) == (
        "- It cost 3.5 million.",
        "+ It cost 4.5 million.",
        '  He said: "No."',
        "  They met in May.",
        "  - One point",
        "- - Another point",
        "+ - Another, and it is a",
        "+   rather long point",
    )
    assert difference(old, old) == ()


def test_wide_characters_take_two_columns() -> None:
    assert difference("", "一二三四五六七八九十一二三四五。完。", 22) == (
        "+ 一二三四五六七八九十",
        "+   一二三四五。",
        "+ 完。",
    )


def test_words() -> None:
    assert Again(2114, 28900, 9.4).words == "2,114 of 28,900 tokens to read again, about 9 s"
    assert Again(2114, 28900).words == "2,114 of 28,900 tokens to read again"
    assert [duration(seconds) for seconds in (0.1, 59.4, 60, 3725)] == ["1 s", "59 s", "1 min 0 s", "62 min 5 s"]


def stretches(old: str, new: str) -> list[tuple[str, str]]:
    return [
        (old[slice(*hunk.old)], new[slice(*hunk.new)])
        for hunk in hunks(Document("a", old, "utf-8"), Document("a", new, "utf-8"))
    ]


def test_where_it_changed() -> None:
    old = "One.\n\nTwo.\n\nThree.\n\nFour.\n"
    assert stretches(old, old) == []
    assert stretches(old, old.replace("\n", "\n\n")) == []
    assert stretches(old, old.replace("Two", "2")) == [("Two.", "2.")]
    assert stretches(old, old.replace("Two.\n\n", "")) == [("Two.", "")]
    assert stretches(old, old + "\nFive.\n\nSix.\n") == [("", "Five.\n\nSix.")]
    assert stretches(old, old.replace("One.", "1.").replace("Four.", "4.")) == [("One.", "1."), ("Four.", "4.")]
    assert stretches("", old) == [("", old.strip())]


def test_where_it_changed_in_lines_and_where_all_of_it_did() -> None:
    log = "".join(f"{number} {'x' * 30}\n" for number in range(2000))
    assert stretches(log, log.replace("\n77 ", "\n77! ")) == [(f"77 {'x' * 30}", f"77! {'x' * 30}")]
    assert stretches(log, log.replace("x", "y")) == [(log.strip(), log.strip().replace("x", "y"))]

"""Pieces rejoin to the document, each fits, they are cut where a reader would, and an edit moves only cuts near it."""

import re
import unicodedata
from collections.abc import Sequence
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.documents.document import Document, File, Heading
from assistant.documents.pieces import Counts, Piece, split

RANDOM_WORDS = ("river", "committee", "plan", "the", "of", "water", "agreed", "spring", "bridge", "report", "and", "it")


def words(texts: Sequence[str]) -> list[int]:
    return [len(text.split()) for text in texts]


def characters(texts: Sequence[str]) -> list[int]:
    return [len(text) for text in texts]


def quarters(texts: Sequence[str]) -> list[int]:
    return [len(text) // 4 + 1 for text in texts]


def joined_costs_more(texts: Sequence[str]) -> list[int]:
    """A tokenizer whose joined texts have more tokens than their parts together."""
    return [len(text) // 4 + len(text) // 40 for text in texts]


def document(text: str, headings: Sequence[Heading] = (), files: Sequence[File] = ()) -> Document:
    return Document("x.md", text, "utf-8", headings=tuple(headings), files=tuple(files))


def markdown(text: str) -> Document:
    """With the headings that Markdown marks with #."""
    found = re.finditer(r"^(#+) (.*)$", text, re.MULTILINE)
    return document(text, [Heading(match.start(), len(match[1]), match[2]) for match in found])


def texts_of(text: str, pieces: Sequence[Piece]) -> list[str]:
    return [text[piece.start : piece.end] for piece in pieces]


def cut(text: str, limit: int, counts: Counts = words) -> list[str]:
    return texts_of(text, split(markdown(text), limit, counts))


def expect_sound(of: Document, limit: int, counts: Counts) -> None:
    pieces = split(of, limit, counts)
    assert "".join(texts_of(of.text, pieces)) == of.text
    assert all(piece.start < piece.end for piece in pieces)
    for piece, tokens in zip(pieces, counts(texts_of(of.text, pieces)), strict=True):
        assert piece.tokens == tokens <= limit


ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
ODD = (
    *(" ", " ", "\n", "\n\n", ". ", "! ", "。", "？", "；", "Dr. ", "# ", "| a | b |\n", "```\n", "- ", "中文文本"),
    *("e\u0301", "\U0001f1eb\U0001f1f7", "\U0001f469\u200d\U0001f680", "\t", "...", '."', "1. "),
)
LIKE_TEXT = st.lists(
    st.sampled_from((*RANDOM_WORDS, *ODD)),
    max_size=120,
).map("".join)


@given(ANY_TEXT | LIKE_TEXT, st.integers(1, 60), st.sampled_from([words, characters]))
def test_pieces_rejoin_and_each_fits(text: str, limit: int, counts: Counts) -> None:
    expect_sound(markdown(text), limit, counts)


@given(LIKE_TEXT, st.integers(12, 60))
def test_no_accent_flag_or_family_is_cut(text: str, limit: int) -> None:
    for piece in split(markdown(text), limit, characters)[1:]:
        before, first = text[piece.start - 1], text[piece.start]
        assert unicodedata.category(first) not in {"Mn", "Me", "Mc"}
        assert "\u200d" not in (before, first)
        flags = re.search("[\U0001f1e6-\U0001f1ff]*$", text[: piece.start])
        assert flags is not None
        assert not ("\U0001f1e6" <= first <= "\U0001f1ff" and len(flags[0]) % 2)


@given(LIKE_TEXT, st.integers(4, 40))
def test_a_tokenizer_that_counts_more_for_joined_texts_never_breaks_the_limit(text: str, limit: int) -> None:
    expect_sound(markdown(text), limit, joined_costs_more)


@given(LIKE_TEXT, st.integers(5, 40))
def test_a_tokenizer_that_makes_no_sense_breaks_nothing_else(text: str, limit: int) -> None:
    expect_sound(markdown(text), limit, lambda texts: [len(text) * len(text) if len(text) > 2 else 0 for text in texts])


@given(LIKE_TEXT, st.integers(1, 40))
def test_neighbours_do_not_fit_together(text: str, limit: int) -> None:
    """There are never many small pieces: two that follow each other would have been one, had they fitted."""
    sizes = [piece.tokens for piece in split(document(text), limit, characters)]
    assert all(one + other > limit for one, other in pairwise(sizes))


LONG = {
    "one line": "word " * 200_000,
    "one word": "a" * 1_000_000,
    "spaces": " " * 1_000_000,
    "line ends": "\n" * 1_000_000,
    "full stops": "." * 1_000_000,
    "quoted": '."' * 500_000,
    "sentences of nothing": ". " * 200_000,
    "Chinese": "水" * 300_000,
    "Chinese sentences": "会议讨论了计划。" * 60_000,
    "fences": "```\n" * 60_000,
    "accents": "a" + "\u0301" * 50_000,
    "flags": "\U0001f1eb" * 60_000,
    "one line at the end": "\n\n" + " " * 400_000 + "x",
}


@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
def test_long_texts_of_every_shape(text: str) -> None:
    calls = []

    def counts(texts: Sequence[str]) -> list[int]:
        calls.append(len(texts))
        return quarters(texts)

    pieces = split(document(text), 1000, counts)
    assert "".join(texts_of(text, pieces)) == text
    assert max(piece.tokens for piece in pieces) <= 1000
    assert len(pieces) <= 4 * len(text) // 4000 + 1 or len(text) < 100_000
    assert len(calls) <= 12


def test_nothing_and_little() -> None:
    assert split(document(""), 10, words) == ()
    assert split(document("\n\n"), 1, words) == (Piece(0, 2, 0),)
    assert split(document("One line."), 10, words) == (Piece(0, 9, 2),)


def test_a_limit_below_one_character_is_refused() -> None:
    with pytest.raises(ValueError, match="a single character has 3 tokens; pieces of 2"):
        split(document("水"), 2, lambda texts: [3 * len(text) for text in texts])
    with pytest.raises(ValueError, match="holds nothing"):
        split(document("a"), 0, words)


def test_more_accents_than_fit_are_cut_after_all() -> None:
    expect_sound(document("a" + "\u0301" * 50), 10, characters)


def section(number: int, count: int) -> str:
    return f"## Section {number}\n\n" + "\n\n".join(f"Paragraph {number} {at} has six words." for at in range(count))


def test_sections_stay_whole_and_begin_pieces() -> None:
    text = "\n\n".join(["# Title", *(section(number, 5) for number in range(6))]) + "\n"
    found = cut(text, 45)
    assert len(found) == 6
    assert found[0].startswith("# Title\n\n## Section 0")
    assert [piece.split("\n")[0] for piece in found[1:]] == [f"## Section {number}" for number in range(1, 6)]


def test_a_heading_never_ends_a_piece() -> None:
    text = "\n\n".join(section(number, count) for number, count in enumerate([7, 11, 2, 9, 1, 30, 3, 4] * 8))
    for limit in range(20, 120, 7):
        for piece in cut(text, limit):
            assert not piece.strip().split("\n")[-1].startswith("##"), piece


def test_a_section_that_is_too_long_is_cut_between_paragraphs() -> None:
    for piece in cut(section(1, 40), 50):
        assert piece.startswith(("## Section", "Paragraph"))
        assert piece.rstrip().endswith("words.")


def test_small_sections_share_a_piece() -> None:
    text = "\n\n".join(f"## Item {number}\n\nFour words are here." for number in range(60))
    sizes = words(cut(text, 70))
    assert len(sizes) <= 2 * 60 * 7 // 70
    assert min(sizes) >= 70 // 4


def test_a_section_begins_a_piece_unless_it_is_a_scrap() -> None:
    """Two of 40 words fit a limit of 100 together, and yet each begins its own piece; one of ten words does not."""
    text = "\n\n".join(f"## Item {number}\n\n" + "word " * 37 for number in range(20))
    assert len(cut(text, 100)) == 20
    small = "\n\n".join(f"## Item {number}\n\n" + "word " * 7 for number in range(20))
    assert max(piece.count("## ") for piece in cut(small, 100)) > 2


def test_files_begin_pieces() -> None:
    one, other = section(1, 8), section(2, 8)
    text = f"{one}\n\n{other}"
    of = document(text, files=[File(0, "a.md"), File(len(one) + 2, "b.md")])
    assert texts_of(text, split(of, 60, words)) == [one + "\n\n", other]


def test_sentences_are_not_cut() -> None:
    sentences = [
        "Dr. Smith met Mr. J. Doe at 5 p.m. on Jan. 3 in St. Louis, and they agreed.",
        'He said: "Is it so? It is!" and then he went away to his house.',
        "See Fig. 3 and No. 12 of the report, i.e. the second, approx. 4.5 m long.",
        "What comes next is shorter than that one before it was!",
        "It was the year 2019. " + "Then came the year after it, with all its rain.",
    ]
    text = " ".join(sentences * 20)
    whole = {"It was the year 2019.", "Then came the year after it, with all its rain.", *sentences[:4]}
    whole |= {'He said: "Is it so?', 'It is!" and then he went away to his house.'}
    for limit in (18, 20, 30, 45):
        for piece in cut(text, limit):
            assert any(piece.startswith(sentence) for sentence in whole), piece
            assert any(piece.rstrip().endswith(sentence) for sentence in whole), piece


def test_chinese_sentences_are_not_cut() -> None:
    sentences = [
        "会议讨论了第三季度的销售计划。",
        "他说：“这样行吗？”",
        "当然可以！",
        "水库水位为3.5米；",
        "《规定》已经通过。",
    ]
    for piece in cut("".join(sentences * 30), 40, characters):
        assert any(piece.startswith(sentence) for sentence in sentences), piece
        assert piece[-1] in "。！；”"


def test_wrapped_lines_are_cut_at_sentences() -> None:
    text = "\n".join(
        ["This line is wrapped in the", "middle of it. Another sentence begins", "here and ends now."] * 30
    )
    for piece in cut(text, 40):
        assert piece.startswith(("This line", "Another sentence")), piece


def test_lines_that_are_paragraphs_are_cut_at_lines() -> None:
    text = "\n".join("The first sentence is here. The second one ends the line." for _ in range(50))
    for piece in cut(text, 60):
        assert piece.startswith("The first")
        assert piece.endswith(("line.\n", "line."))


TABLE = "| name | litres |\n|---|---|\n" + "".join(
    f"| tank {number} is here. Big | {number} |\n" for number in range(8)
)
CODE = "```python\n" + "".join(f"x = {number}\n\n// A comment. Really\ny = x\n" for number in range(5)) + "```\n"


@pytest.mark.parametrize("block", [TABLE, CODE], ids=["table", "code"])
def test_tables_and_code_stay_together(block: str) -> None:
    size = words([block])[0]
    for before in range(0, 120, 9):
        text = "Some words of prose. " * before + "\n\n" + block + "\n" + "More words of prose. " * 60
        for limit in (size, size + 17, 3 * size):
            assert any(block in piece for piece in cut(text, limit)), (before, limit)


def test_rows_of_a_table_that_is_too_long_stay_whole() -> None:
    for piece in cut(TABLE * 20, 30):
        assert piece.startswith("|")
        assert piece.endswith("|\n")


def random_paragraph(random: Random) -> str:
    return " ".join(
        " ".join(random.choice(RANDOM_WORDS) + random.choice(["", "s", "ing"]) for _ in range(random.randint(4, 20)))
        + "."
        for _ in range(random.randint(1, 6))
    ).capitalize()


@pytest.mark.parametrize("headings", [False, True], ids=["plain", "headings"])
def test_an_edit_changes_few_pieces(headings: bool) -> None:
    random = Random(5)
    changed = []
    for _ in range(200):
        paragraphs = [random_paragraph(random) for _ in range(180)]
        if headings:
            for at in range(0, 180, random.randint(5, 14)):
                paragraphs[at] = f"## {random.choice(RANDOM_WORDS)} {at}\n\n{paragraphs[at]}"
        edited, at = list(paragraphs), random.randrange(180)
        match random.choice(["edit", "insert", "delete"]):
            case "edit":
                edited[at] = random_paragraph(random)
            case "insert":
                edited.insert(at, random_paragraph(random))
            case _:
                del edited[at]
        before, after = cut("\n\n".join(paragraphs), 200), cut("\n\n".join(edited), 200)
        assert len(before) >= 40
        changed.append(sum(piece not in set(before) for piece in after))
    assert sum(count <= 3 for count in changed) >= 0.95 * len(changed), sorted(changed)
    assert max(changed) <= 8
    assert sum(changed) <= 2 * len(changed)


def test_words_put_in_at_the_start_leave_the_rest_alone() -> None:
    text = "\n\n".join(random_paragraph(Random(number)) for number in range(300))
    before = cut(text, 300)
    after = cut(f"A new beginning, of nine words in all.\n\n{text}", 300)
    assert sum(piece not in set(before) for piece in after) <= 2


def test_it_asks_for_counts_a_few_times_only() -> None:
    calls: list[int] = []

    def counts(texts: Sequence[str]) -> list[int]:
        calls.append(len(texts))
        return words(texts)

    split(markdown("\n\n".join(section(number, 12) for number in range(300))), 90, counts)
    assert len(calls) == 2

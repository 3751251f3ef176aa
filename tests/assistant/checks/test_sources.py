"""Which lines of the document a paragraph or bullet rests on."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.documents.document import Document, Places
from tests.assistant.checks.contract import contract
from tests.assistant.checks.support import checker

LICENSE = (Path(__file__).parents[3] / "LICENSE").read_text(encoding="utf-8")
CHINESE = """一、总则

本合同由甲方与乙方在平等自愿的基础上订立，双方应当遵守国家法律。

二、租金

乙方每月五日前向甲方支付租金三千元，逾期按日收取违约金。

三、维修

房屋主体结构的维修由甲方负责，日常损耗由乙方自行承担费用。
"""


def lines(document: str, text: str) -> list[tuple[int, int] | None]:
    places = Places(Document("x", document, "utf-8"))
    return [source.rests_on and places.of(*source.rests_on).lines for source in checker(document).check(text).sources]


@pytest.mark.parametrize(
    ("text", "within"),
    [
        ("Contributors give you a perpetual, royalty-free patent licence to make, use and sell the work.", (74, 82)),
        ("If you sue claiming the Work infringes a patent, your licences end when the suit is filed.", (83, 88)),
        ("You may not use the trade names or trademarks of the licensor.", (138, 141)),
        ("The software comes without warranties or conditions of any kind.", (143, 151)),
        ("You can charge a fee for support or warranty, on your own responsibility.", (165, 176)),
        ("Redistributed copies must carry this license and notices of changed files.", (89, 100)),
        ("Nobody is liable for damages, not even for work stoppage or computer failure.", (153, 164)),
    ],
)
def test_paraphrases_of_a_licence(text: str, within: tuple[int, int]) -> None:
    (found,) = lines(LICENSE, f"- {text}")
    assert found is not None
    assert within[0] <= found[0] <= found[1] <= within[1]


@pytest.mark.parametrize(
    "text",
    [
        "Bananas grow well in tropical gardens with plenty of sunshine.",
        "Any work on the kitchen needs new tiles, pans, knives, lamps, curtains and plates under the stairs.",
        "The orchestra played Mozart before dinner, and the guests danced until midnight.",
        "春天的花园里开满了五颜六色的花朵。",
        "ok",
        "…",
    ],
)
def test_what_is_like_nothing_rests_on_nothing(text: str) -> None:
    assert lines(LICENSE, text) == [None]
    assert lines(CHINESE, text) == [None]


def test_chinese() -> None:
    text = "- 乙方每月须在五日前支付三千元租金。\n- 甲方负责维修房屋主体结构。\n- 双方自愿订立合同并遵守法律。"
    assert lines(CHINESE, text) == [(7, 7), (11, 11), (3, 3)]


def test_sentences_of_a_contract_are_found_where_they_stand() -> None:
    document, said = contract(sentences=100)
    ready = checker(document)
    flat = " ".join(document.split())
    right = 0
    for one in said:
        (source,) = ready.check(one.sentence).sources
        assert one.sentence in flat
        if source.rests_on:
            first, last = source.rests_on
            around = " ".join(document[max(0, first - 200) : last + 200].split())
            right += one.sentence in around
    assert right >= 97


def test_paragraphs_bullets_and_long_prose() -> None:
    text = (
        "# Heading\n\nA short paragraph\nover two lines.\n\n- one bullet\n  that goes on\n- another\n---\n"
        "**Label:**\n1. a point\n\n" + "This is a long sentence about Mr. Smith and the many things he has done. " * 6
    )
    sources = checker(LICENSE).check(text).sources
    assert [source.text for source in sources] == [
        "A short paragraph\nover two lines.",
        "- one bullet\n  that goes on",
        "- another",
        "1. a point",
        *["This is a long sentence about Mr. Smith and the many things he has done."] * 6,
    ]


def test_a_found_figure_decides_between_like_lines() -> None:
    document = "\n\n".join(f"The company employed {number * 7:,} people there." for number in range(1990, 2020))
    assert lines(document, "- The company employed 14021 people.") == [(27, 27)]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300), st.text(max_size=300))
def test_places_are_whole_lines_of_the_document(document: str, text: str) -> None:
    for source in checker(document).check(f"{text}\n\n{document[:100]}").sources:
        if source.rests_on:
            start, end = source.rests_on
            assert 0 <= start < end <= len(document)
            assert start == 0 or document[start - 1] == "\n"
            assert end == len(document) or document[end] == "\n"

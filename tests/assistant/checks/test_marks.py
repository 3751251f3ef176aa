"""Marks after what the document does not say: in a whole text, and in one that comes in pieces."""

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.checks.marks import Marking, mark
from assistant.checks.text import listed
from tests.assistant.checks.support import checker

DOCUMENT = """Greenfield Holdings pays $1.2 million on 21 November 2026, 37 percent of it to the Bank of China, "as is".
中国银行在北京市增长百分之三十七，达到三百二十万元。Wei Zhang signed on March 5."""
READY = checker(DOCUMENT)
FRAGMENTS = (
    *listed(
        "Greenfield Holdings of the Bank China Japan pays $1 .2 million 1,200 ,000 37 % per cent percent November 21 "
        "中国 银行 北京市 天津市 增长 百分之 三十七 三百 二十万 元 ， 。 《 》 先生 王 左右 多 亿 万 １２ "
        "2026 is Wei Zhang Klaus ’ ’s ( ) [ : ** - to and March May 5 th half one twenty three IBM U.S. Dr. :30 pm "
        "12/11 € dollars ① https://a.bc/D1 about x@Y.de 3- k m some John A. Smith nearly , . “ ” \" ' "
        "e\u0301 \ufb01 \u200b \ud800"
    ),
    *('"as is"', "as was", "the tenant", "# ", "- ", "1. ", "\n", "\n\n", " "),
)


def streamed(text: str, cuts: list[int]) -> str:
    marking = Marking(READY)
    edges = [0, *sorted(cut % (len(text) + 1) for cut in cuts), len(text)]
    given_out = [marking.feed(text[begin:end]) for begin, end in pairwise(edges)]
    return "".join([*given_out, marking.rest()])


TEXTS = st.lists(st.sampled_from(FRAGMENTS) | st.just(" "), max_size=60).map("".join) | st.lists(
    st.sampled_from(FRAGMENTS), max_size=40
).map(" ".join)


@settings(max_examples=150, deadline=None)
@given(TEXTS | st.text(max_size=80), st.lists(st.integers(0, 10**6), max_size=30))
def test_marking_a_stream_is_marking_the_whole(text: str, cuts: list[int]) -> None:
    assert streamed(text, cuts) == mark(text, READY.check(text).claims)


@settings(max_examples=60, deadline=None)
@given(TEXTS)
def test_a_character_at_a_time(text: str) -> None:
    assert streamed(text, list(range(len(text)))) == mark(text, READY.check(text).claims)


@settings(max_examples=100, deadline=None)
@given(TEXTS | st.text(max_size=200))
def test_claims_are_in_order_apart_and_what_the_text_says(text: str) -> None:
    checked = READY.check(text)
    end = 0
    for claim in checked.claims:
        assert end <= claim.start < claim.end
        assert text[claim.start : claim.end] == claim.text
        assert all(0 <= start < stop <= len(DOCUMENT) for start, stop in claim.found)
        end = claim.end
    assert mark(text, [claim for claim in checked.claims if claim.supported]) == text
    for source in checked.sources:
        assert text[source.start : source.end] == source.text
        assert source.text.strip()


def test_the_sign_stands_after_the_claim() -> None:
    text = "It pays $1.3 million to the **Bank of Japan**, on 21 November 2026."
    assert mark(text, READY.check(text).claims) == (
        "It pays $1.3 million [?] to the **Bank of Japan [?]**, on 21 November 2026."
    )


@pytest.mark.parametrize("date", ["16 June", "3 May", "2031 March", "June 16th", "4 Jan"])
def test_a_sentence_that_ends_with_a_date_keeps_its_full_stop(date: str) -> None:
    text = f"It ends on {date}. It was long."
    assert mark(text, READY.check(text).claims) == f"It ends on {date} [?]. It was long."


@pytest.mark.parametrize("after", ["(below)", "[a]"])
def test_a_sign_never_becomes_a_link(after: str) -> None:
    text = f"They met IBM{after} there."
    assert mark(text, READY.check(text).claims) == f"They met IBM [?] {after} there."


def test_words_come_soon() -> None:
    """Of ordinary prose hardly a line is held back."""
    prose = (
        "The tenant pays the rent every month and keeps the rooms in order, as he did before. After $1.2 million was "
        "paid the parties met again, while nobody from the other side came to see what had been agreed. "
    ) * 5
    marking = Marking(READY)
    shown, most = 0, 0
    for at, character in enumerate(prose):
        shown += len(marking.feed(character))
        most = max(most, at + 1 - shown)
    assert most < 40


def test_a_label_in_bold_is_known_only_at_its_end() -> None:
    text = (
        "**Terms of Corvane rent due:** by Dunholt\n- **Terms of Corvane rent due** by Dunholt\n**Corvane rent pays**"
    )
    whole = mark(text, READY.check(text).claims)
    assert whole.count("[?]") == 4
    assert streamed(text, list(range(len(text)))) == whole


def test_random_long_texts() -> None:
    chance = random.Random(3)
    for _ in range(8):
        text = " ".join(chance.choice(FRAGMENTS) for _ in range(400))
        assert streamed(text, [chance.randrange(10**6) for _ in range(200)]) == mark(text, READY.check(text).claims)

"""Whose words an answer is: the name taken off and the end found in every split of its pieces, and no word eaten."""

from collections.abc import Generator
from contextlib import closing
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.characters.speech import Speech, heard, stops_for
from assistant.errors import EngineFailed
from assistant.events import Event, Finished, Loading, Reading, Text, Usage

OTHERS = ("user", "二二", "三三三", "Mr Osk")
CASES = [
    ("你好", "你好"),
    ("三三：你好", "你好"),
    ("三三:你好", "你好"),
    ("  \n三三 ： 你好 ", "你好"),
    ("**三三**: 你好", "你好"),
    ("**三三：** 你好", "你好"),
    ("**三三** ：**你好**", "**你好**"),
    ("三三：\n你好", "你好"),
    ("三三：三三：你好", "三三：你好"),
    ("你好\nuser：再见", "你好"),
    ("你好\n\n  USER : 再见", "你好"),
    ("你好\n**User:** 再见", "你好"),
    ("你好\n二二：再见", "你好"),
    ("你好\n三三三：再见", "你好"),
    ("你好\n三三：再见", "你好"),
    ("三三：你好\n三三：再见", "你好"),
    ("你好\nMr Osk: hm", "你好"),
    ("user：再见", ""),
    ("三三：\nuser：再见", ""),
    ("你好 user：再见", "你好 user：再见"),
    ("三三很好：真的", "三三很好：真的"),
    ("三三三三：真的", "三三三三：真的"),
    ("三三", "三三"),
    ("三三 ", "三三"),
    ("**三三**", "**三三**"),
    ("user's guide: read it\nusers: many\nuse", "user's guide: read it\nusers: many\nuse"),
    ("你好\n二二", "你好\n二二"),
    ("一\n\n二\n  三", "一\n\n二\n  三"),
    ("**bold** words\n* one: a\n* two: b", "**bold** words\n* one: a\n* two: b"),
    ("https://三三：80", "https://三三：80"),
    ("", ""),
    (" \n ", ""),
]


def said(pieces: list[str], before: str = "") -> str:
    speech = Speech("三三", OTHERS, before)
    return "".join(map(speech.feed, pieces)) + speech.rest()


@pytest.mark.parametrize(("answer", "words"), CASES)
def test_every_split_of_it(answer: str, words: str) -> None:
    assert said([answer]) == words
    assert said(list(answer)) == words
    for at in range(len(answer)):
        assert said([answer[:at], answer[at:]]) == words


WORDS = st.sampled_from(["三", "三三", "user", "二二", ":", "：", "*", "**", "\n", " ", "好", "Mr", "Mr Osk", "_", "u"])


@given(st.lists(WORDS, max_size=14), st.data())
def test_any_text_in_any_split(parts: list[str], data: st.DataObject) -> None:
    text = "".join(parts)
    places = data.draw(st.lists(st.integers(0, len(text)), max_size=6)) if text else []
    ends = [0, *sorted(places), len(text)]
    pieces = [text[start:end] for start, end in pairwise(ends)]
    whole = said([text])
    assert said(pieces) == whole
    assert whole in text
    if not any(colon in text for colon in ":："):
        assert whole == text.strip()


@pytest.mark.parametrize(
    ("before", "answer", "words"),
    [
        ("你好", "三三：嗯", "三三：嗯"),
        ("你好", "\nuser：嗯", ""),
        ("你好\n", "user：嗯", ""),
        ("你好\n", "好", "好"),
        (" \n", "三三：嗯", "嗯"),
        ("你好", " 再见", " 再见"),
    ],
)
def test_an_answer_that_goes_on(before: str, answer: str, words: str) -> None:
    assert said([answer], before) == words
    assert said(list(answer), before) == words


class Played:
    """Events of an engine, and whether it was closed."""

    def __init__(self, *pieces: str, ends: bool = True) -> None:
        self.closed = False
        self.told = 0
        self._pieces = pieces
        self._ends = ends
        self.events = self._play()  # held here, so that nothing but closing it ends it early

    def _play(self) -> Generator[Event, None, None]:
        try:
            yield Loading(1.0)
            yield Reading(0, 9, 4)
            yield Reading(9, 9, 4)
            for piece in self._pieces:
                self.told += 1
                yield Text(piece)
            if self._ends:
                yield Finished("length", Usage(prompt_tokens=9, answer_tokens=77))
        finally:
            self.closed = True


def hear(played: Played) -> list[Event]:
    return list(heard(played.events, Speech("三三", OTHERS), len))


def test_what_the_engine_ends_keeps_its_figures() -> None:
    played = Played("三", "三：", "你好", "\n二")
    assert hear(played) == [
        *(Loading(1.0), Reading(0, 9, 4), Reading(9, 9, 4), Text("你好"), Text("\n二")),
        Finished("length", Usage(prompt_tokens=9, answer_tokens=77)),
    ]  # fmt: skip
    assert played.closed


def test_what_is_ended_here_has_figures_too_and_stops_the_engine() -> None:
    played = Played("你好\n", "user", "：", "再见", "……")
    events = hear(played)
    assert events[3] == Text("你好")
    assert len(events) == 5
    match events[4]:
        case Finished("stop", usage):
            assert (usage.prompt_tokens, usage.reused_tokens, usage.answer_tokens) == (9, 4, len("你好\nuser："))
            assert usage.read_seconds >= 0
            assert usage.write_seconds >= 0
        case other:
            raise AssertionError(other)
    assert (played.closed, played.told) == (True, 3)


def test_interrupted_and_closed() -> None:
    assert hear(Played("你好", "\n二", ends=False))[-1] == Text("\n二")
    played = Played("你好", "再见")
    with closing(heard(played.events, Speech("三三", OTHERS), len)) as events:
        assert next(events) == Loading(1.0)
    assert played.closed


def test_an_error_of_the_engine_passes() -> None:
    def failing() -> Generator[Event, None, None]:
        yield Text("你好\n")
        raise EngineFailed("it broke")

    events = heard(failing(), Speech("三三", OTHERS), len)
    assert next(events) == Text("你好")
    with pytest.raises(EngineFailed, match="it broke"):
        next(events)


def test_stops() -> None:
    assert stops_for(("user", "二二")) == ("\nuser:", "\nuser：", "\n二二:", "\n二二：")


def test_white_space_without_end_is_no_work() -> None:
    assert said(["好", *[" " * 1000, "\n" * 1000] * 50, "再见"]) == "好" + (" " * 1000 + "\n" * 1000) * 50 + "再见"

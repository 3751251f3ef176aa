"""Which dialogues a running conversation finds."""

from functools import cache
from time import perf_counter

import pytest

from assistant.characters.retrieval import Retriever
from assistant.characters.values import Character, Line
from tests.assistant.characters.support import loaded

TEXT = """二二：我们去哪里找火锅？
三三：先看地图，再找人问路，最后才坐车。

观众：你喜欢编程吗？
三三：我喜欢写程序，尤其喜欢修别人的错误。

观众：今天天气怎么样？
三三：外面在下雪，出门要多穿一件衣服。
"""


@cache
def character() -> Character:
    return loaded(d_txt=TEXT)


def found(*recent: str) -> list[str]:
    retriever = Retriever(character())
    lines = [Line("user", text) for text in recent]
    return [retriever.dialogues[number].text[:6] for number in retriever.ranked(lines)]


@pytest.mark.parametrize(
    ("said", "first"),
    [
        ("哪里有火锅", "二二：我们去"),
        ("会不会编程", "观众：你喜欢"),
        ("下雪了", "观众：今天天"),
        ("雪", "观众：今天天"),
    ],
)
def test_by_words_pairs_and_single_characters(said: str, first: str) -> None:
    ranked = found(said)
    assert ranked[0] == first
    assert len(ranked) == 3, "the others come after it"


def test_the_last_turn_says_most() -> None:
    assert found("火锅火锅在哪里", "好的", "下雪了")[0] == "观众：今天天"
    assert found("火锅在哪里", "嗯", "嗯嗯")[0] == "二二：我们去", "the two before it count where it says nothing"
    assert found("火锅在哪里", "嗯", "嗯", "嗯")[0] == "二二：我们去", "what is longer ago does not"
    assert found("zebra") == ["二二：我们去", "观众：你喜欢", "观众：今天天"]
    assert found() == found("zebra")


def test_another_ranking_weighs_as_much() -> None:
    retriever = Retriever(character())
    assert retriever.ranked([Line("user", "火锅")], (1, 0, 2))[0] == 0
    assert retriever.ranked([Line("user", "zebra")], (1, 0, 2)) == (1, 0, 2)


def test_five_hundred_dialogues_take_no_time() -> None:
    rows = "\n\n".join(
        f"二二：{number}号火锅店的{number % 7}个锅在哪里？\n三三：在{number}街，从左数第{number % 5}家。"
        for number in range(500)
    )
    retriever = Retriever(loaded(d_txt=rows))
    recent = [Line("user", "三十号火锅店的锅在哪里？" * 4)] * 3
    began = perf_counter()
    for _ in range(10):
        assert len(retriever.ranked(recent)) == 500
    assert (perf_counter() - began) / 10 < 0.02

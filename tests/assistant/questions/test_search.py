"""Which passages a question finds: by words in English and Chinese, and by numbers; nothing printed."""

from itertools import pairwise

import pytest

from assistant.documents.document import Document
from assistant.documents.pieces import Piece
from assistant.questions.search import Search, chosen

ENGLISH = [
    "The committee met in the spring and spoke about the weather and the harvest.",
    "The dam was repaired by a company from Lyon for 120,000 euros.",
    "Anna Keller signed the contract in the name of the town.",
    "Fish ladders help salmon to climb past the turbines of the station.",
    "The town has 8,512 inhabitants and a school.",
]
CHINESE = [
    "会议于三月在里昂召开，讨论了天气和收成。",
    "水坝由一家公司修理，费用为120000欧元。",
    "安娜·凯勒代表市政府签署了合同。",
    "鱼梯帮助鲑鱼越过电站的涡轮机。",
    "该镇有8512名居民和一所学校。",
]


def searched(texts: list[str], question: str) -> tuple[int, ...]:
    pieces, at = [], 0
    for text in texts:
        pieces.append(Piece(at, at + len(text) + 1, len(text.split())))
        at += len(text) + 1
    return Search(Document("x", "\n".join(texts) + "\n", "utf-8"), pieces).ranked(question)


@pytest.mark.parametrize(
    ("question", "best"),
    [
        ("Who signed the contract?", 2),
        ("Who was signing CONTRACTS?", 2),
        ("What did the repair of the dam cost?", 1),
        ("Was it 120000 euro?", 1),
        ("How do the salmons climb?", 3),
        ("What has 8512 inhabitants?", 4),
        ("What about the weather?", 0),
    ],
)
def test_english(question: str, best: int) -> None:
    assert searched(ENGLISH, question)[0] == best


@pytest.mark.parametrize(
    ("question", "best"),
    [
        ("谁签署了合同？", 2),
        ("修理水坝花了多少钱？", 1),
        ("费用是１２０，０００欧元吗？", 1),
        ("鲑鱼怎么越过涡轮机？", 3),
        ("这个镇有多少居民？", 4),
    ],
)
def test_chinese(question: str, best: int) -> None:
    assert searched(CHINESE, question)[0] == best


@pytest.mark.parametrize("question", ["Zebras?", "", "?!", "谁写了诗歌", "🙂", "'"])
def test_nothing_shared_finds_nothing(question: str) -> None:
    assert searched(ENGLISH, question) == ()


def test_words_that_questions_are_made_of_count_only_where_there_are_no_others() -> None:
    texts = ["What is it? Who is it? Where is it and what is it about?", "A zebra.", "A horse."]
    assert searched(texts, "What is a zebra?") == (1,)
    assert searched(texts, "What is it?") == (0,)


@pytest.mark.parametrize("texts", [["..."], ["\n", "—"], ["", ""]])
def test_documents_without_words(texts: list[str]) -> None:
    assert searched(texts, "Who?") == ()


def test_it_says_nothing(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    searched(ENGLISH * 200, "Who signed the contract?")
    assert capfd.readouterr() == ("", "")
    assert all(record.levelname == "DEBUG" for record in caplog.records)


def parts(*sizes: int) -> list[Piece]:
    ends = [0]
    for size in sizes:
        ends.append(ends[-1] + size)
    return [Piece(start, end, end - start) for start, end in pairwise(ends)]


def test_the_best_that_fit_are_taken_in_the_order_of_the_document() -> None:
    pieces = parts(5, 5, 5, 5, 5)
    assert [piece.start for piece in chosen(pieces, (3, 1, 4), 16)] == [0, 5, 15]
    assert [piece.start for piece in chosen(pieces, (3, 1, 4), 10)] == [0, 15]
    assert [piece.start for piece in chosen(pieces, (3, 1, 4), 5)] == [15], "the best one before the first one"
    assert chosen(pieces, (3, 1, 4), 4) == ()
    assert chosen(pieces, (0, 1), 10) == (pieces[0], pieces[1])

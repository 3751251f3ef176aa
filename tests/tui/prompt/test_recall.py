"""What was sent before, gone through or searched."""

from assistant import Typed
from tui.prompt.recall import Recall


def recall(*texts: str) -> Recall:
    opened = Recall()
    for text in texts:
        opened.add(Typed(text))
    return opened


def test_back_and_forth() -> None:
    sent, draft = recall("one", "two"), Typed("draft")
    assert sent.newer() is None
    assert [sent.older(draft), sent.older(draft), sent.older(draft)] == [Typed("two"), Typed("one"), None]
    assert [sent.newer(), sent.newer(), sent.newer()] == [Typed("two"), draft, None]


def test_what_comes_from_earlier_runs_is_older_than_everything() -> None:
    sent = recall("now")
    sent.remember((Typed("a"), Typed("b")))
    assert [sent.older(Typed("")), sent.older(Typed(""))] == [Typed("now"), Typed("b")]


def test_the_same_again_and_bare_commands_are_not_added() -> None:
    sent = recall("one", "one", "/new", "/watch a.md", "/ ")
    assert [entry.text for entry in sent.search("", 9)] == ["/watch a.md", "one"]


def test_words_before_letters_and_the_newest_first() -> None:
    sent = recall("the first question", "a question about the first", "tfq: the far quiet", "other", "OTHER")
    assert [entry.text for entry in sent.search("first question", 9)] == [
        "a question about the first",
        "the first question",
    ]
    assert sent.search("tfq", 9)[0].text == "tfq: the far quiet"
    assert [entry.text for entry in sent.search("other", 1)] == ["OTHER"]
    assert sent.search("zzz", 9) == []

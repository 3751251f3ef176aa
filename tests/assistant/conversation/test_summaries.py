"""Summaries that are kept: one conversation for each text, each summary another answer."""

from assistant.conversation.keeper import Keeper
from assistant.conversation.store import Store
from assistant.conversation.summaries import keep_summary


def keep(summary: str, *, document: str = "/home/u/report.pdf", content: str = "aa", model: str = "tiny") -> None:
    keeper = Keeper()
    question = "Summarize report.pdf"
    keep_summary(keeper, document=document, content=content, question=question, summary=summary, model=model)
    assert keeper.close(5)
    assert keeper.notices() == ()


def test_a_summary_is_listed_found_and_loaded() -> None:
    keep("The dam costs 120,000 euros.")
    with Store() as store:
        (entry,) = store.entries()
        assert (entry.title, entry.heading.about, entry.turns) == ("Summarize report.pdf", "report.pdf", 2)
        assert entry.heading.is_of_summaries
        assert store.about("/home/u/report.pdf", "aa") is None, "nothing was asked yet"
        assert [hit.excerpt for hit in store.search("120,000")] == ["The dam costs 120,000 euros."]
        answer = store.load(entry.heading.id)[1].path[-1]
    assert (answer.model, answer.reason) == ("tiny", "stop")


def test_summaries_of_one_text_are_versions_and_another_text_has_its_own() -> None:
    keep("First.")
    keep("Second.", model="other")
    keep("Changed.", content="bb")
    with Store() as store:
        changed, first = store.entries()
        assert (changed.turns, first.turns) == (2, 3)
        tree = store.load(first.heading.id)[1]
    assert [turn.content for turn in tree.path] == ["Summarize report.pdf", "Second."]
    assert [turn.content for turn in tree.siblings(tree.path[-1].id)] == ["First.", "Second."]

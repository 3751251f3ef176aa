"""What of a document stands in a prompt: all of it where it fits, as summaries have it; else passages, and never more
than fits."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.documents.document import Document, Heading
from assistant.errors import PromptTooLong
from assistant.events import Reading
from assistant.fake import FAKE_INFO, FakeEngine
from assistant.messages import Message
from assistant.questions.framing import Framing
from assistant.summary.values import Request
from assistant.summary.wording import INDEX_32K, whole

TOPICS = ("harvest", "bridge", "school", "salmon", "contract", "weather", "turbine", "library", "orchard", "market")
LONG = "\n\n".join(
    f"The {topic} was spoken of in meeting {number} and the members agreed that it is good for the town, all {number}."
    for number in range(30)
    for topic in TOPICS
)
ENGLISH = "The committee met in the spring and it agreed to a new plan for the river."
CHINESE = "会议讨论了第三季度的销售计划，并且决定在六月开始修理水坝。"


def engine(context: int = 8192) -> FakeEngine:
    made = FakeEngine(info=replace(FAKE_INFO, context=context))
    for _ in made.load():
        pass
    return made


def framing(text: str, context: int = 8192, *, answer: int = 50, **others: object) -> Framing:
    return Framing(Document("x.md", text, "utf-8"), engine(context), answer, **others)


def user(*contents: str) -> tuple[Message, ...]:
    """Questions, each but the last one answered."""
    messages = [message for text in contents for message in (Message("user", text), Message("assistant", "Yes."))]
    return tuple(messages[:-1])


@pytest.mark.parametrize("text", [ENGLISH, CHINESE, f"\n\n  {ENGLISH}\n\n\n"], ids=["en", "zh", "blanks"])
@pytest.mark.parametrize("family", ["", INDEX_32K])
def test_questions_and_summaries_begin_alike_through_the_whole_document(text: str, family: str) -> None:
    made = framing(text, family=family)
    (message,) = made(user("Who met?"))
    summary = whole(text, Request(), made.language, family)
    common = next(at for at, (one, other) in enumerate(zip(message.content, summary, strict=False)) if one != other)
    assert text.strip() in summary[:common]
    assert message.content.index("Who met?") > common


def test_every_question_has_the_same_beginning() -> None:
    made = framing(ENGLISH)
    (one,), (other,) = made(user("Who met?")), made(user("And when was it?"))
    assert one.content[: one.content.index("Who met?")] == other.content[: other.content.index("And when")]


def test_further_questions_come_bare() -> None:
    framed = framing(ENGLISH)(user("Who met?", "And when?"))
    assert [message.role for message in framed] == ["user", "assistant", "user"]
    assert framed[0].content.startswith(ENGLISH)
    assert framed[2].content == "And when?"


def test_nothing_is_filled_into_the_document_or_the_question() -> None:
    text, question = "Use {question} and {0} and %s.", "What is {text} and %d?"
    (message,) = framing(text)(user(question))
    assert message.content.startswith(text)
    assert question in message.content


@pytest.mark.parametrize(
    ("text", "question", "language"),
    [
        (ENGLISH, "What did they agree to?", "en"),
        (ENGLISH, "他们同意了什么？", "zh"),
        (CHINESE, "What did they decide?", "en"),
        (CHINESE, "2026?", "zh"),
        (ENGLISH, "2026?", "en"),
    ],
)
def test_the_answer_is_in_the_language_of_the_question_or_else_of_the_document(
    text: str, question: str, language: str
) -> None:
    made = framing(text)
    assert made.answer_language(question) == language
    (message,) = made(user(question))
    assert ("问题：" if language == "zh" else "Answer this question from ") in message.content


def test_firmly_only_where_it_was_told_to_be() -> None:
    made = framing(ENGLISH)
    made.be_firm("Who met?")
    firm, calm = made(user("Who met?"))[0].content, made(user("Who left?"))[0].content
    assert firm.endswith("and in no other language.")
    assert calm.endswith("Who left?")


def test_a_long_document_is_searched() -> None:
    made = framing(LONG, 1000)
    (message,) = made(user("What about the salmon of meeting 17?"))
    assert "The salmon was spoken of in meeting 17 " in message.content
    assert "The harvest was spoken of in meeting 0 " in message.content, "the beginning comes along"
    decided = made.last
    assert decided is not None
    assert decided.strategy == "search"
    assert len(decided.excerpts) < decided.passages
    assert 0 < decided.tokens_read < decided.tokens_total == len(LONG.split())
    (warning,) = decided.warnings
    assert f"only {len(decided.excerpts)} of {decided.passages} passages were read" in warning
    assert f"{decided.tokens_read:,} of {decided.tokens_total:,} tokens" in warning


def test_the_tokens_read_are_those_of_the_passages_that_stand_there() -> None:
    made = framing(LONG, 1000)
    (message,) = made(user("What about the salmon of meeting 17?"))
    assert made.last is not None
    passages = [LONG[excerpt.start : excerpt.end] for excerpt in made.last.excerpts]
    assert all(passage.strip() in message.content for passage in passages)
    assert made.last.tokens_read == sum(len(passage.split()) for passage in passages)
    starts = [excerpt.start for excerpt in made.last.excerpts]
    assert starts == sorted(starts)
    assert message.content.count("[...]") >= 2


def test_neighbours_are_read_as_one() -> None:
    made = framing(LONG, 1000)
    (message,) = made(user("Zebra?"))
    assert made.last is not None
    end = made.last.excerpts[-1].end
    assert LONG[:end].strip() in message.content, (
        "nothing is marked as left out between passages that follow each other"
    )
    assert "no passage shares a word with the question, so the beginning was taken" in made.last.warnings[0]


def test_passages_stand_under_their_heading() -> None:
    sections = [f"# Part {n}\n\n" + LONG.replace("spoken", f"spoken{n}") for n in range(2)]
    text = "\n\n".join(sections)
    headings = (Heading(0, 1, "Part 0"), Heading(text.index("# Part 1"), 1, "Part 1"))
    made = Framing(Document("x.md", text, "utf-8", headings=headings), engine(1000), 50)
    (message,) = made(user("What about the salmon that was spoken1 of in meeting 17?"))
    assert "[...]\n\n(Part 1)\nThe " in message.content


def test_in_a_conversation_only_the_last_question_has_passages() -> None:
    made = framing(LONG, 1000)
    framed = made(user("What about the salmon?", "And the bridge of meeting 5?"))
    assert framed[0].content == "What about the salmon?"
    assert "The bridge was spoken of in meeting 5 " in framed[2].content


@settings(deadline=None, max_examples=60)
@given(st.integers(120, 3000), st.integers(1, 60), st.sampled_from(["salmon 17", "Zebra?", "What? " * 20]))
def test_never_more_than_fits(context: int, answer: int, question: str) -> None:
    made = framing(LONG, context, answer=answer)
    try:
        framed = made(user(question))
    except PromptTooLong:
        assert len(question.split()) + 50 + 16 > context - answer, "the question and what is around it fill it"
        return
    assert engine().count(framed) <= context - answer
    assert made.last is not None
    assert made.last.tokens_read > 0


def test_headings_are_counted() -> None:
    heading = Heading(0, 1, "The long and full title of all that was said and done " * 5)
    made = Framing(Document("x.md", LONG, "utf-8", headings=(heading,)), engine(1200), 50)
    framed = made(user("What about the salmon?"))
    assert framed[0].content.count("(The long and full title") > 3
    assert engine().count(framed) <= 1150


def test_a_question_that_leaves_no_room_is_refused() -> None:
    with pytest.raises(PromptTooLong, match=r"the question has 2,0\d\d tokens and 950 fit"):
        framing(LONG, 1000)(user("word " * 2000))


class Embedding(FakeEngine):
    """Knows that salmons are fish; takes no text of more than 40 words."""

    def __init__(self) -> None:
        super().__init__(info=replace(FAKE_INFO, context=40))
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        self.asked += texts
        assert all(len(text.split()) <= 40 for text in texts)
        return [[1.0, 0.0] if "salmon" in text or "fish" in text else [0.0, 1.0] for text in texts]


def test_meaning_finds_what_words_do_not() -> None:
    text = LONG.replace("salmon", "heron")
    at = text.index("The heron was spoken of in meeting 23 ")
    text = text[:at] + text[at:].replace("heron", "salmon", 1)
    plain = framing(text, 1000)(user("Which fish?"))[0].content
    assert "salmon" not in plain
    opened: list[Embedding] = []

    def opens() -> Embedding:
        opened.append(Embedding())
        return opened[-1]

    made = framing(text, 1000, embedding=opens)
    progress = list(made.decide("Which fish?"))
    assert progress[0] == Reading(0, len(text.split()))
    assert progress[-1] == Reading(len(text.split()), len(text.split()))
    assert "salmon" in made(user("Which fish?"))[0].content
    assert [model.closed for model in opened] == [True], "closed before the other one reads"
    made(user("Which fish is it now? " * 30))
    assert len(opened) == 2
    assert len(opened[1].asked) == 1, "the passages' vectors are made once"


def test_no_other_model_is_opened_for_what_fits() -> None:
    def opens() -> FakeEngine:
        raise AssertionError("nothing is to be searched")

    assert framing(ENGLISH, embedding=opens)(user("Who met?"))

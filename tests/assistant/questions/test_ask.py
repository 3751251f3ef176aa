"""A question about a document: events in order, what was read, what is in the document and where, and the language."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from assistant.conversation.conversation import Conversation
from assistant.documents.document import Document, Heading, Page, Place
from assistant.errors import EngineFailed, PromptTooLong
from assistant.events import Finished, Loading, Reading, Text, Usage
from assistant.fake import FAKE_INFO, FakeEngine
from assistant.messages import Sampling
from assistant.questions.ask import Questions, ask, content_of
from assistant.questions.values import Answer, Decided
from assistant.summary.values import Discarded, Seconds
from bench.starter import STARTER_FILE, starter_folder

MINUTES = """# Minutes

The committee met on 3 March 2026 in Lyon. Anna Keller took the chair.

# Decisions

The dam will be repaired for 120,000 euros, and the work begins in June.
"""
DOCUMENT = Document(
    "minutes.md",
    MINUTES,
    "utf-8",
    headings=(Heading(0, 1, "Minutes"), Heading(MINUTES.index("# Dec"), 1, "Decisions")),
    pages=(Page(0, "1"), Page(MINUTES.index("# Dec"), "2")),
)
LONG = replace(DOCUMENT, text=MINUTES + "\n\n".join(f"Nothing was said in week {n} of rain." for n in range(400)))
CHINESE = "委员会决定修理水坝，费用为十二万欧元，工程将于六月开始。" * 4


def kinds(events: Iterable[object]) -> list[str]:
    """Names of the events, neighbours of one kind as one."""
    names = [type(event).__name__ for event in events]
    return [name for at, name in enumerate(names) if at == 0 or names[at - 1] != name]


def answered(document: Document, *scripts: object, question: str = "What will it cost?") -> Answer:
    (*_, last) = ask(document, FakeEngine(scripts), question)
    assert isinstance(last, Answer)
    return last


def test_events_in_order() -> None:
    events = list(ask(DOCUMENT, FakeEngine(["It will cost 120,000 euros."]), "What will it cost?"))
    assert kinds(events) == ["Loading", "Decided", "Reading", "Text", "Finished", "Answer"]
    decided = events[5]
    assert isinstance(decided, Decided)
    assert (decided.strategy, decided.tokens_read, decided.tokens_total) == ("whole", 32, 32)


def test_the_answer_is_looked_up_in_the_document() -> None:
    answer = answered(DOCUMENT, " It will cost 120,000 euros, said Mr. Brown. ")
    assert answer.answer == "It will cost 120,000 euros, said Mr. Brown."
    assert [(claim.text, claim.supported) for claim in answer.checked.claims] == [
        ("120,000 euros", True),
        ("Brown", False),
    ]
    assert answer.places == (Place((7, 7), "2", "", "Decisions"),)
    assert (answer.strategy, answer.language, answer.model) == ("whole", "en", "fake")
    assert (answer.coverage.tokens_total, answer.coverage.tokens_read, answer.coverage.readings) == (32, 32, 1)
    assert answer.coverage.unread == answer.excerpts == answer.warnings == ()
    assert answer.seconds == Seconds(answer.seconds.load, 0.5, 1.0)


def test_what_was_reused_is_told() -> None:
    usage = Usage(prompt_tokens=60, reused_tokens=50, answer_tokens=1)
    answer = answered(DOCUMENT, [Reading(60, 60, 50), Text("In June."), Finished("stop", usage)])
    assert answer.coverage.reused_tokens == 50


def test_beyond_the_window_only_passages_are_read_and_that_is_said() -> None:
    engine = FakeEngine(["It will cost 120,000 euros."], info=replace(FAKE_INFO, context=900))
    events = list(ask(LONG, engine, "What will the repair of the dam cost?"))
    answer = events[-1]
    assert isinstance(answer, Answer)
    assert kinds(events) == ["Loading", "Decided", "Reading", "Text", "Finished", "Answer"]
    assert answer.strategy == "search"
    assert 0 < answer.coverage.tokens_read < answer.coverage.tokens_total == len(LONG.text.split())
    assert "passages were read" in answer.warnings[0]
    read = [(excerpt.start, excerpt.end) for excerpt in answer.excerpts]
    stretches = sorted([*read, *answer.coverage.unread])
    assert "".join(LONG.text[start:end] for start, end in stretches) == LONG.text
    assert "dam will be repaired" in engine.received[0][0].content
    assert [claim.supported for claim in answer.checked.claims] == [True]


def test_the_turns_are_bare() -> None:
    conversation = Conversation(FakeEngine(["120,000 euros.", "In June."]))
    questions = Questions(DOCUMENT, conversation, path="/papers/minutes.md")
    for question in ("What will it cost?", "And when?"):
        list(questions.ask(question))
    assert [turn.content for turn in conversation.path] == [
        "What will it cost?",
        "120,000 euros.",
        "And when?",
        "In June.",
    ]
    assert conversation.heading.document == "/papers/minutes.md"
    assert conversation.heading.content == content_of(DOCUMENT)


def test_the_second_answer_has_its_own_figures() -> None:
    questions = Questions(DOCUMENT, Conversation(FakeEngine(["120,000 euros.", "In June."])))
    first, second = ([*questions.ask(question)][-1] for question in ("What will it cost?", "And when?"))
    assert isinstance(first, Answer)
    assert isinstance(second, Answer)
    assert (second.question, second.answer) == ("And when?", "In June.")
    assert kinds(questions.ask("Who?")) == ["Decided", "Reading", "Text", "Finished", "Answer"]


def test_an_answer_in_a_wrong_language_is_stopped_and_asked_for_again() -> None:
    engine = FakeEngine([CHINESE, "The dam will be repaired for 120,000 euros."])
    conversation = Conversation(engine)
    events = list(Questions(DOCUMENT, conversation).ask("What will the committee do?"))
    assert kinds(events)[-5:] == ["Discarded", "Reading", "Text", "Finished", "Answer"]
    (discarded,) = [event for event in events if isinstance(event, Discarded)]
    assert "was not in English" in discarded.reason
    after = events[events.index(discarded) + 1 :]
    assert "".join(event.text for event in after if isinstance(event, Text)).startswith("The dam will")
    answer = events[-1]
    assert isinstance(answer, Answer)
    assert answer.coverage.readings == 2
    assert answer.warnings == ()
    assert engine.received[1][0].content.endswith("Answer in English only, and in no other language.")
    assert [turn.content for turn in conversation.path] == [
        "What will the committee do?",
        "The dam will be repaired for 120,000 euros.",
    ]
    assert len(conversation.tree.siblings(conversation.path[-1].id)) == 1, "what was stopped is no other answer"


def test_a_language_that_stays_wrong_is_said() -> None:
    answer = answered(DOCUMENT, CHINESE)
    assert answer.answer == CHINESE
    assert answer.coverage.readings == 2
    (warning,) = answer.warnings
    assert (
        warning == "the answer is not in English but in Chinese, although that was asked for twice; try another model"
    )


def test_a_chinese_question_is_answered_in_chinese() -> None:
    assert answered(DOCUMENT, CHINESE, question="委员会决定了什么？").warnings == ()


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ([Finished("stop", Usage())], "the model wrote nothing; try another model"),
        ([Text("In June."), Finished("repetition", Usage())], "the answer was stopped: it repeated itself without end"),
        ([Text("In June."), Finished("length", Usage(answer_tokens=5))], "the answer was cut at 5 tokens; allow more"),
    ],
)
def test_ends_that_are_none_are_said(script: list[object], said: str) -> None:
    assert any(warning.startswith(said) for warning in answered(DOCUMENT, script).warnings)


def test_what_is_to_be_known_of_the_document_is_said() -> None:
    document = replace(DOCUMENT, guessed=True, encoding="gb18030", notes=("two images were left out",))
    assert answered(document, "In June.").warnings == (
        "the encoding is a guess: read as gb18030",
        "two images were left out",
    )


def test_closing_stops_the_model_and_keeps_the_words() -> None:
    conversation = Conversation(FakeEngine(["one two three four"]))
    events = Questions(DOCUMENT, conversation).ask("What will it cost?")
    for event in events:
        if isinstance(event, Text) and "two" in event.text:
            break
    events.close()
    assert (conversation.path[-1].content, conversation.path[-1].reason) == ("one two", "stopped")


def test_an_interrupted_engine_gives_no_answer() -> None:
    engine = FakeEngine(["one two three four"])
    events = ask(DOCUMENT, engine, "What will it cost?")
    seen = []
    for event in events:
        seen.append(event)
        if isinstance(event, Text):
            engine.interrupt()
    assert not isinstance(seen[-1], Answer)


def test_errors_pass_and_the_next_question_is_clean() -> None:
    conversation = Conversation(
        FakeEngine([[Reading(0, 9), EngineFailed("it died; life was expected; again")], "Yes."])
    )
    questions = Questions(DOCUMENT, conversation)
    with pytest.raises(EngineFailed):
        list(questions.ask("What will it cost?"))
    assert conversation.path == ()
    assert isinstance([*questions.ask("What will it cost?")][-1], Answer)


def test_a_full_conversation_is_refused_with_both_counts_where_it_is_to_stop() -> None:
    engine = FakeEngine(["word " * 30], info=replace(FAKE_INFO, context=160))
    questions = Questions(DOCUMENT, Conversation(engine, Sampling(max_tokens=40)))
    list(questions.ask("What will it cost?"))
    list(questions.ask("And when?"))
    with pytest.raises(PromptTooLong):
        list(questions.ask("And who? " * 25))


def test_again_is_answered_from_the_document_too() -> None:
    engine = FakeEngine(["In June.", "It begins in June 2026."])
    conversation = Conversation(engine)
    questions = Questions(DOCUMENT, conversation)
    list(questions.ask("When does it begin?"))
    answer = [*questions.answer(conversation.regenerate())][-1]
    assert isinstance(answer, Answer)
    assert (answer.question, answer.answer) == ("When does it begin?", "It begins in June 2026.")
    assert engine.received[0] == engine.received[1]


def test_the_starter_reads_a_document_once() -> None:
    """A second question, and a summary before the first one, read only what is new."""
    from assistant.llama.engine import LlamaEngine
    from assistant.messages import Message
    from assistant.summary.values import Request
    from assistant.summary.wording import whole

    engine = LlamaEngine(starter_folder() / STARTER_FILE)
    try:
        sampling = Sampling(temperature=0.0, max_tokens=4)
        summary = [Message("user", whole(DOCUMENT.text, Request(), "en"))]
        list(engine.stream(summary, sampling))
        questions = Questions(DOCUMENT, Conversation(engine, sampling))
        answers = [[*questions.ask(question)][-1] for question in ("Who took the chair?", "What will it cost?")]
        again = [*Questions(DOCUMENT, Conversation(engine, sampling)).ask("Who took the chair?")]
    finally:
        engine.close()
    tokens = answers[0].coverage.tokens_total
    assert 0 < tokens - 3 <= answers[0].coverage.reused_tokens, "the summary's reading, up to the document's last words"
    assert answers[1].coverage.reused_tokens > answers[0].coverage.reused_tokens
    assert again[-1].coverage.reused_tokens > tokens
    assert not any(isinstance(event, Loading) and event.fraction < 1 for event in again)

"""Words that are marked while they come: the same text as when it is finished, and events in their order."""

from collections.abc import Generator, Sequence

import pytest

from assistant.checks.checker import Checker
from assistant.checks.live import marked_live
from assistant.checks.marks import mark
from assistant.documents.document import Document
from assistant.events import Finished, Reading, Text, Usage
from assistant.summary.values import Discarded

DOCUMENT = Document("report.txt", "The bridge cost 4.2 million euros. It was opened in 1998.\n", "utf-8")
WORDS = "The bridge cost 4.2 million euros and was opened in 1989. It carries 300 cars."


def live(*events: object) -> list[object]:
    def told() -> Generator[object, None, None]:
        yield from events

    return list(marked_live(told(), lambda: Checker(DOCUMENT)))


def texts(events: Sequence[object]) -> str:
    return "".join(event.text for event in events if isinstance(event, Text))


@pytest.mark.parametrize("size", [1, 3, 7, 200])
def test_all_words_come_marked_and_before_the_end(size: int) -> None:
    pieces = [Text(WORDS[at : at + size]) for at in range(0, len(WORDS), size)]
    found = live(Reading(0, 1), *pieces, Finished("stop", Usage()), "the result")
    assert found[0] == Reading(0, 1)
    assert found[-2:] == [Finished("stop", Usage()), "the result"]
    assert texts(found) == mark(WORDS, Checker(DOCUMENT).check(WORDS).claims)
    assert "1989 [?]" in texts(found)


def test_what_was_discarded_is_not_told_later() -> None:
    found = live(Text("It cost 9 euros, and"), Discarded("in French"), Text("Again."), Finished("stop", Usage()))
    void = found.index(Discarded("in French"))
    assert "and" not in texts(found[:void])
    assert texts(found[void:]) == "Again."


def test_what_is_interrupted_ends_with_its_words() -> None:
    assert texts(live(Text("It was opened in 1998 and"))) == "It was opened in 1998 and"


def test_the_checker_is_made_with_the_first_word_and_closing_closes() -> None:
    made, closed = [], []

    def told() -> Generator[object, None, None]:
        try:
            yield Reading(0, 1)
            yield Text("Words. ")
            yield Text("More.")
        finally:
            closed.append(True)

    def checker() -> Checker:
        made.append(True)
        return Checker(DOCUMENT)

    events = marked_live(told(), checker)
    next(events)
    assert not made
    next(events)
    assert made
    events.close()
    assert closed

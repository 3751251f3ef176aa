"""What of a model's words the character says: its name before them is taken off, and nobody else is let speak.

A line that begins with a speaker's name and a colon is that speaker's. Words are held back only as long as they may
still become such a line, and white space as long as nothing follows it. The module knows no prompt and no corpus; names
are handed to it.
"""

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing
from time import perf_counter
from typing import Literal

from assistant.events import Event, Finished, Reading, Text, Usage

_MARKS = "*_"
"""Around a name, as models write it in Markdown: `**Name**:`, `**Name:**`."""
_MOST_MARKS = 3
_COLONS = ":："


class Speech:
    """One answer, fed piece by piece. What `feed` and `rest` return, put together, is what the character says."""

    def __init__(self, name: str, others: Iterable[str], before: str = "") -> None:
        """`others`: everybody else who may speak. `before`: words of the same answer that were heard earlier."""
        self.ended = False
        """Somebody else began to speak, or the character once more: what comes is not part of the answer."""
        self._own = (name,)
        self._all = (name, *dict.fromkeys(other for other in others if other))
        self._held = ""
        self._state: Literal["beginning", "named", "line", "words"] = "words"
        if not before.strip():
            self._state = "beginning"
        elif "\n" in before[len(before.rstrip()) :]:
            self._state = "line"

    def feed(self, piece: str) -> str:
        """What is certain to be the character's, of all that came so far and was not returned yet."""
        if self.ended:
            return ""
        self._held += piece
        if self._state != "words" and not self._open():
            return ""
        return self._words()

    def rest(self) -> str:
        """What was held back, once nothing more comes."""
        held, self._held = self._held.rstrip(), ""
        return "" if self.ended else held

    def _open(self) -> bool:
        """Find the first words; False: they have not come, or are not the character's."""
        while self._state != "words":
            names = self._own if self._state == "beginning" else self._all
            words = self._held.lstrip()
            if self._state == "named":
                gap, self._held = self._held[: len(self._held) - len(words)], words
                if not words:
                    self._held = gap
                    return False
                self._state = "line" if "\n" in gap else "words"
                continue
            self._held = words
            end = _judged(words, names)
            others = _judged(words, self._all[1:]) if self._state == "beginning" else None
            if not words or end == "undecided" or (end is None and others == "undecided"):
                return False
            if end is None and others is None:
                self._state = "words"
            elif end is not None and self._state == "beginning":
                self._held, self._state = words[end:], "named"
            else:
                self.ended = True
                return False
        return True

    def _words(self) -> str:
        """The words up to where somebody else may begin."""
        said = 0
        while (at := self._held.find("\n", said)) >= 0:
            before = len(self._held[:at].rstrip())
            line = self._held[at:].lstrip()
            end = _judged(line, self._all)
            if end is not None:
                self.ended = end != "undecided"
                said = before
                break
            said = len(self._held) - len(line)
        else:
            said = len(self._held.rstrip())
        text, self._held = self._held[:said], self._held[said:]
        return text


def heard(
    events: Generator[Event, None, None], speech: Speech, count: Callable[[str], int]
) -> Generator[Event, None, None]:
    """The events with the character's words alone. Closing it closes `events`.

    Where the answer is ended here, the engine is stopped, and its `Finished` stands at the end as if it had stopped by
    itself; its tokens are counted by `count`, which may use the engine.
    """
    began = first = perf_counter()
    reading, written = Reading(0, 0), list[str]()
    with closing(events):
        for event in events:
            match event:
                case Text(piece):
                    written.append(piece)
                    if words := speech.feed(piece):
                        yield Text(words)
                    if speech.ended:
                        break
                case Finished():
                    if words := speech.rest():
                        yield Text(words)
                    yield event
                    return
                case _:
                    if isinstance(event, Reading):
                        reading, first = event, perf_counter()
                    yield event
        else:  # interrupted: what was held back is the character's as far as anybody knows
            if words := speech.rest():
                yield Text(words)
            return
    ended = perf_counter()
    usage = Usage(
        prompt_tokens=reading.total,
        reused_tokens=reading.reused,
        answer_tokens=count("".join(written)),
        read_seconds=first - began,
        write_seconds=ended - first,
    )
    yield Finished("stop", usage)


def stops_for(names: Sequence[str]) -> tuple[str, ...]:
    """Texts at which the engine may stop by itself: lines that begin with these names."""
    return tuple(f"\n{name}{colon}" for name in names for colon in _COLONS)


def _judged(text: str, names: Sequence[str]) -> int | Literal["undecided"] | None:
    """Where the words begin after the name and the colon that the text begins with; None: it begins otherwise."""
    marks = _skip(text, 0, _MARKS, _MOST_MARKS)
    if marks == len(text):
        return "undecided"
    undecided = False
    for name in names:
        part = text[marks : marks + len(name)]
        if part.casefold() != name[: len(part)].casefold():
            continue
        end = _after_colon(text, marks, marks + len(name)) if len(part) == len(name) else -1
        if end is not None and end >= 0:
            return end
        undecided = undecided or end is not None
    return "undecided" if undecided else None


def _after_colon(text: str, marks: int, at: int) -> int | None:
    """Where the words begin after a name that ends at `at`; -1: not known yet, None: no colon follows.

    `marks`: how many stand before the name, and are closed after it or after the colon.
    """
    closed = _skip(text, at, _MARKS, _MOST_MARKS)
    is_closed = closed > at
    at = _skip(text, closed, " \t\u3000", len(text))
    if at == len(text):
        return -1
    if text[at] not in _COLONS:
        return None
    at += 1
    if marks and not is_closed:
        closed = _skip(text, at, _MARKS, marks)
        if closed == len(text) and closed < at + marks:
            return -1
        at = closed
    return at


def _skip(text: str, at: int, characters: str, most: int) -> int:
    end = min(len(text), at + most)
    while at < end and text[at] in characters:
        at += 1
    return at

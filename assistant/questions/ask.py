"""Questions about one document, each answered from it: events as they come, a frozen `Answer` at the end.

What of the document is read is decided and told first; an answer in a wrong language is stopped and asked for once
more; what came of it is looked up in the document. The turns go into a conversation, which keeps only the questions and
the answers. The module knows nothing of files, commands and screens.
"""

from collections.abc import Generator, Mapping
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from assistant.conversation.conversation import Conversation, Said
from assistant.documents.document import Document, Places
from assistant.engine import Engine, ModelInfo
from assistant.events import Finished, FinishReason, Reading, Text
from assistant.gguf.file import read_header
from assistant.languages import Guard, language_of, name_of
from assistant.messages import Sampling
from assistant.questions.framing import Framing
from assistant.questions.passages import Opens
from assistant.questions.values import Answer, Decided
from assistant.sampling_defaults import family_sampling
from assistant.summary.values import SUMMARY_SAMPLING, Coverage, Discarded, Seconds

if TYPE_CHECKING:
    from assistant.checks.checker import Checker

Told = Said | Decided | Discarded | Answer


def ask(
    document: Document, engine: Engine, question: str, sampling: Sampling = SUMMARY_SAMPLING
) -> Generator[Told, None, None]:
    """One question by itself; else as `Questions.ask`."""
    yield from Questions(document, Conversation(engine, sampling)).ask(question)


class Questions:
    """What is asked about a document in the course of a conversation. Not for two threads at once."""

    def __init__(
        self, document: Document, conversation: Conversation, *, path: str = "", embedding: Opens | None = None
    ) -> None:
        """The conversation's prompts are framed by the document from the first question on.

        `path` names the document in what is kept of the conversation. `embedding` opens a model for vectors, where
        passages are to be searched by meaning too.
        """
        self.document = document
        self.conversation = conversation
        self._path = path
        self._embedding = embedding
        self._framing: Framing | None = None
        self._checker: Checker | None = None
        self._load = 0.0
        self._search = 0.0

    @property
    def checker(self) -> "Checker":
        """Of this document; made by the first use."""
        if self._checker is None:
            from assistant.checks.checker import Checker  # noqa: PLC0415  numpy takes 0.1 s, and a screen opens without

            self._checker = Checker(self.document)
        return self._checker

    def open(self) -> Generator[Said, None, Framing]:
        """Load the model, and let the conversation be about the document. Raises what `Engine.load` raises."""
        began = perf_counter()
        engine = self.conversation.engine
        yield from engine.load()
        self._load += perf_counter() - began
        if self._framing is None:
            self._framing = Framing(
                self.document,
                engine,
                self.conversation.sampling.max_tokens,
                family=_family(engine.info),
                embedding=self._embedding,
            )
            self.conversation.be_about(self._path, content_of(self.document), self._framing)
        return self._framing

    def ask(self, question: str) -> Generator[Told, None, None]:
        """`Loading* Reading* Decided (what `Conversation.say` yields) [Discarded and again] Answer`.

        `Reading` before `Decided` is another model's, which compares passages by meaning. Closing it stops the model
        and keeps the words so far; interrupted, it ends without an `Answer`. Raises PromptTooLong, and what
        `Engine.stream` raises.
        """
        framing = yield from self.open()
        began = perf_counter()
        yield from framing.decide(question)
        self._search = perf_counter() - began
        yield from self.answer(self.conversation.say(question))

    def answer(self, said: Generator[Said, None, None]) -> Generator[Told, None, None]:
        """The same for an answer that the conversation is about to give, in whatever way; one that goes on is looked up
        whole, and stays what it is in whatever language.
        """
        before = {turn.id: turn.content for turn in self.conversation.path}
        framing = yield from self.open()
        attempts = [(yield from self._attempt(said, framing, before, patient=False))]
        if attempts[0].wrong and attempts[0].finished is None:
            question = self._question()
            yield Discarded(
                f"it was not in {name_of(framing.answer_language(question))}, and is asked for again, firmly"
            )
            self.conversation.remove(self.conversation.path[-1].id)
            framing.be_firm(question)
            attempts.append((yield from self._attempt(self.conversation.regenerate(), framing, {}, patient=True)))
        if attempts[-1].finished is not None and framing.last is not None:
            yield self._answer(framing.last, framing.answer_language(self._question()), attempts)

    def _question(self) -> str:
        return next((turn.content for turn in reversed(self.conversation.path) if turn.role == "user"), "")

    def _attempt(
        self, said: Generator[Said, None, None], framing: Framing, before: Mapping[str, str], *, patient: bool
    ) -> Generator[Said | Decided, None, "_Attempt"]:
        """One answer. One that is not patient ends with the first words that are certainly in a wrong language.

        `before`: words of turns that were there before, by their ids.
        """
        guard: Guard | None = None
        pieces, wrong, reused = list[str](), False, 0
        began = first = perf_counter()
        with closing(said) as events:
            for event in events:
                if guard is None:  # what is read was decided when the prompt was made, just before the first event
                    guard = Guard(framing.answer_language(self._question()))
                    if framing.last is not None and not patient:
                        yield framing.last
                match event:
                    case Reading():
                        reused, first = event.reused, perf_counter()
                    case Text(text):
                        pieces.append(text)
                        wrong = not guard.feed(text) or wrong
                        if wrong and not patient and self.conversation.path[-1].id not in before:
                            break
                    case Finished(usage=usage):
                        text = before.get(self.conversation.path[-1].id, "") + "".join(pieces)
                        yield event
                        return _Attempt(
                            text, wrong, event, usage.reused_tokens, usage.read_seconds, usage.write_seconds
                        )
                yield event
        return _Attempt("".join(pieces), wrong, None, reused, first - began, perf_counter() - first)

    def _answer(self, decided: Decided, language: str, attempts: list["_Attempt"]) -> Answer:
        last, info = attempts[-1], self.conversation.engine.info
        text = last.text.strip()
        checked, places = self.checker.check(text), Places(self.document)
        load, searched = self._load, self._search if decided.strategy == "search" else 0.0
        self._load = self._search = 0.0
        return Answer(
            question=self._question(),
            answer=text,
            strategy=decided.strategy,
            language=language_of(text),
            model=info.name if info else "",
            coverage=Coverage(
                decided.tokens_total,
                decided.tokens_read,
                sum(attempt.reused for attempt in attempts),
                len(attempts),
                _between(self.document, decided),
            ),
            seconds=Seconds(
                load, searched + sum(attempt.read for attempt in attempts), sum(attempt.write for attempt in attempts)
            ),
            checked=checked,
            places=tuple(source.rests_on and places.of(*source.rests_on) for source in checked.sources),
            warnings=tuple(_warnings(self.document, decided, language, last)),
            excerpts=decided.excerpts,
        )


@dataclass(frozen=True, slots=True)
class _Attempt:
    text: str
    wrong: bool
    """In a wrong language."""
    finished: Finished | None
    """None: it did not come to its end."""
    reused: int
    """Tokens."""
    read: float
    write: float
    """Seconds."""


def content_of(document: Document) -> str:
    """A hash of the text: equal for equal texts, whatever file they are in."""
    return sha256(document.text.encode(errors="surrogatepass")).hexdigest()


def _family(info: ModelInfo | None) -> str:
    """A scripted engine has no file."""
    if info is None or not Path(info.path).is_file():
        return ""
    return family_sampling(read_header(Path(info.path)))[0]


def _between(document: Document, decided: Decided) -> tuple[tuple[int, int], ...]:
    """The stretches that were not read."""
    if decided.strategy == "whole":
        return ()
    ends = [0, *(excerpt.end for excerpt in decided.excerpts)]
    starts = [*(excerpt.start for excerpt in decided.excerpts), len(document.text)]
    return tuple((end, start) for end, start in zip(ends, starts, strict=True) if end < start)


def _warnings(document: Document, decided: Decided, language: str, last: _Attempt) -> Generator[str, None, None]:
    if document.guessed:
        yield f"the encoding is a guess: read as {document.encoding}"
    yield from document.notes
    yield from decided.warnings
    found, reason = language_of(last.text), last.finished.reason if last.finished else None
    if not last.text.strip():
        yield "the model wrote nothing; try another model"
    elif last.wrong or (language != "und" and found not in {language, "und"}):
        is_in = f" but in {name_of(found)}" if found not in {language, "und"} else ""
        asked = ", although that was asked for twice" if last.wrong else ""
        yield f"the answer is not in {name_of(language)}{is_in}{asked}; try another model"
    yield from _of_end(reason, last)


def _of_end(reason: FinishReason | None, last: _Attempt) -> Generator[str, None, None]:
    if reason == "repetition":
        yield "the answer was stopped: it repeated itself without end; try another model"
    if reason == "length" and last.finished:
        yield f"the answer was cut at {last.finished.usage.answer_tokens:,} tokens; allow more with --max-tokens"

"""A document as passages, and which of them a question is about: by words, and by vectors where a model makes them.

The vectors of the passages are made once; that model is open only while they are made or a question is compared.
"""

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import replace

from assistant.documents.document import Document
from assistant.documents.pieces import Piece, split
from assistant.engine import Engine
from assistant.events import Reading
from assistant.questions.search import Search
from assistant.ranking import fused, nearest

Opens = Callable[[], Engine]
"""Opens a model that makes vectors of texts."""

_MARKS = 16
"""Tokens that such a model may put around a text."""
_AT_ONCE = 16
"""Texts that become vectors before progress is told."""


class Passages:
    """The passages of one document for one engine; made by the first question."""

    def __init__(self, document: Document, engine: Engine, limit: int, opens: Opens | None = None) -> None:
        """`limit`: tokens of the longest passage."""
        self.all: tuple[Piece, ...] = ()
        self._document = document
        self._engine = engine
        self._limit = limit
        self._opens = opens
        self._search: Search | None = None
        self._vectors: list[list[float]] = []

    def ranked(self, question: str) -> Generator[Reading, None, tuple[int, ...]]:
        """Numbers of the passages, the most fitting first; none where nothing says that any fits.

        Tells progress while another model reads for the vectors. Raises what opening and using that one raises.
        """
        if self._opens is None:
            if self._search is None:
                self._make(self._limit, self._engine.count_each)
            return self._by_words(question)
        with closing(self._opens()) as engine:
            for _ in engine.load():
                pass
            room = max((engine.info.context if engine.info else 0) - _MARKS, 1)
            if self._search is None:
                yield from self._read(engine, room)
            asked = question[: split(Document("", question, ""), room, engine.count_each)[0].end]
            return fused(self._by_words(question), nearest(engine.embed([asked])[0], self._vectors))

    def _by_words(self, question: str) -> tuple[int, ...]:
        return self._search.ranked(question) if self._search is not None else ()

    def _read(self, engine: Engine, room: int) -> Generator[Reading, None, None]:
        """Passages that fit both models, and their vectors."""

        def longer(texts: Sequence[str]) -> list[int]:
            return list(map(max, engine.count_each(texts), self._engine.count_each(texts)))

        self._make(min(self._limit, room), longer)
        texts = [self._document.text[passage.start : passage.end] for passage in self.all]
        # What a passage takes of the prompt is what the answering model says.
        tokens = self._engine.count_each(texts)
        self.all = tuple(replace(passage, tokens=count) for passage, count in zip(self.all, tokens, strict=True))
        done, total = 0, sum(tokens)
        for at in range(0, len(texts), _AT_ONCE):
            yield Reading(done, total)
            self._vectors += engine.embed(texts[at : at + _AT_ONCE])
            done += sum(tokens[at : at + _AT_ONCE])
        yield Reading(total, total)

    def _make(self, limit: int, counts: Callable[[Sequence[str]], list[int]]) -> None:
        self.all = split(self._document, limit, counts)
        self._search = Search(self._document, self.all)

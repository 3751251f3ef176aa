"""What of a document the model sees with each question: all of it where it fits, else the passages that fit best.

A frame for a conversation: its turns stay bare questions and answers, and what is put around them here is the same each
time, so that a document that was read is not read again.
"""

from collections.abc import Generator, Sequence

from assistant.documents.document import Document, Places
from assistant.documents.pieces import Piece
from assistant.engine import Engine
from assistant.errors import PromptTooLong
from assistant.events import Reading
from assistant.languages import language_of
from assistant.messages import Message
from assistant.questions import wording
from assistant.questions.passages import Opens, Passages
from assistant.questions.search import chosen
from assistant.questions.values import Decided, Excerpt
from assistant.sanitize import one_line

_PASSAGE = 200
"""Longest passage, in tokens: a long paragraph."""
_MOST_READ = 6000
"""Tokens of passages read for one question; more costs minutes on a processor and rarely says more."""
_SHORTEST = 16


class Framing:
    """Made once for a document, a loaded engine and a longest answer; then given every question that is asked."""

    def __init__(
        self,
        document: Document,
        engine: Engine,
        longest_answer: int,
        *,
        family: str = "",
        embedding: Opens | None = None,
    ) -> None:
        """`longest_answer`: in tokens. `embedding`: opens a model for vectors; closed after each search."""
        self.document = document
        self.language = language_of(document.text)
        self.tokens = engine.count(document.text)
        self._engine = engine
        self._answer = longest_answer
        self._before = wording.before(document.text, self.language, family)
        self._embedding = embedding
        self.last: Decided | None = None
        """What is read for the last prompt."""
        self._decided: dict[str, Decided] = {}
        self._firm: set[str] = set()
        self._passages: Passages | None = None
        self._places = Places(document)

    def __call__(self, messages: tuple[Message, ...]) -> tuple[Message, ...]:
        """The messages with the document, or its passages, in them."""
        asked = [place for place, message in enumerate(messages) if message.role == "user"]
        if not asked:
            return messages
        framed = list(messages)
        decided = self._decide_now(messages[asked[-1]].content)
        self.last = decided
        for place in asked:
            question = messages[place].content
            language = self.answer_language(question)
            firm = any(question.endswith(asked_before) for asked_before in self._firm)
            if decided.strategy == "whole" and place == asked[0]:
                content = self._before + wording.first(question, language, firm=firm)
            elif decided.strategy == "search" and place == asked[-1]:
                content = wording.about_passages(self._shown(decided.excerpts), question, language, firm=firm)
            else:
                content = wording.later(question, language, firm=firm)
            framed[place] = Message("user", content)
        return tuple(framed)

    def answer_language(self, question: str) -> str:
        """The question's, or the document's where the question says none."""
        found = language_of(question)
        return self.language if found == "und" else found

    def be_firm(self, question: str) -> None:
        """Ask this question with more stress on the language from now on."""
        self._firm.add(question)

    def decide(self, question: str) -> Generator[Reading, None, None]:
        """Find what is to be read for this question; with progress where vectors have to be made.

        Raises PromptTooLong where the question leaves no room for any of the document.
        """
        if question in self._decided:
            return
        longest = self._engine.longest_prompt(self._answer)
        whole = self._before + wording.first(question, self.answer_language(question), firm=True)
        if self.tokens <= longest and self._engine.count([Message("user", whole)]) <= longest:
            reason = f"all {self.tokens:,} tokens are read"
            self._decided[question] = Decided("whole", reason, self.tokens, self.tokens)
            return
        if self._passages is None:
            limit = max(min(_PASSAGE, longest // 8), _SHORTEST)
            self._passages = Passages(self.document, self._engine, limit, self._embedding)
        ranking = yield from self._passages.ranked(question)
        self._decided[question] = self._searched(question, ranking, self._passages.all, longest)

    def _decide_now(self, question: str) -> Decided:
        for _ in self.decide(question):
            pass
        return self._decided[question]

    def _searched(self, question: str, ranking: Sequence[int], passages: Sequence[Piece], longest: int) -> Decided:
        """The best passages that fit, with a quarter of the room left for the questions before where there is any."""
        language = self.answer_language(question)
        around = self._engine.count([Message("user", wording.about_passages((), question, language, firm=True))])
        room = longest * 3 // 4 - around
        room = min(_MOST_READ, room if room >= longest // 4 else longest - around)
        while True:
            pieces = chosen(passages, ranking or range(len(passages)), room)
            excerpts = tuple(
                Excerpt(piece.start, piece.end, self._places.of(piece.start, piece.end)) for piece in pieces
            )
            shown = wording.about_passages(self._shown(excerpts), question, language, firm=True)
            tokens = self._engine.count([Message("user", shown)])
            if pieces and tokens <= longest:
                break
            if not pieces:
                raise PromptTooLong(
                    f"the question has {around:,} tokens and {longest:,} fit beside an answer of {self._answer:,}; "
                    "room for passages of the document was expected; ask in fewer words, or raise --context",
                    tokens=around,
                    limit=longest,
                )
            room = min(room, sum(piece.tokens for piece in pieces)) - 1
        read = sum(piece.tokens for piece in pieces)
        left = f"only {len(pieces):,} of {len(passages):,} passages were read, {read:,} of {self.tokens:,} tokens"
        warnings = [
            f"the document is longer than the model can read at once; {left}, the ones that fit the question best"
        ]
        if not ranking:
            warnings = [f"{left}: no passage shares a word with the question, so the beginning was taken"]
        reason = f"{self.tokens:,} tokens do not fit; {len(pieces):,} of {len(passages):,} passages are read"
        return Decided("search", reason, self.tokens, read, excerpts, len(passages), tuple(warnings))

    def _shown(self, excerpts: Sequence[Excerpt]) -> list[str]:
        """The passages as the model gets them: neighbours joined, gaps marked, under the heading they stand under."""
        text, shown = self.document.text, list[str]()
        end = 0
        for excerpt in excerpts:
            passage, heading = text[excerpt.start : excerpt.end], one_line(excerpt.place.heading)
            if excerpt.start == end and shown:
                shown[-1] += passage
            else:
                if excerpt.start > 0:
                    shown.append(wording.LEFT_OUT)
                shown.append(passage if not heading or heading in passage else f"({heading})\n{passage}")
            end = excerpt.end
        return [*shown, wording.LEFT_OUT] if end < len(text) else shown

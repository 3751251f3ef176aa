"""One document that is worked on: its summary, and a conversation about it, as jobs for the worker thread.

The generators run in the worker thread, one at a time. What is kept of the questions is kept as conversation about the
document, under the name that the command line gives it too. The module knows nothing of widgets.
"""

from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from assistant import (
    Answer,
    AnswerDecided,
    Conversation,
    Decided,
    Discarded,
    Document,
    Event,
    Forgot,
    Heading,
    Keeper,
    KeptPieces,
    Notice,
    PieceDone,
    Questions,
    Request,
    Result,
    Summary,
    Tree,
    checker_of,
    content_of,
    info_summary_sampling,
    keep_summary,
    marked_live,
    open_engine,
    read_documents,
    read_settings,
    summarize,
)
from tui.holder import EngineHolder
from tui.language import _
from tui.paths import place_of

Told = Event | Decided | PieceDone | Discarded | Summary
"""What comes of a summary while it is made."""
Asked = Event | Forgot | Notice | AnswerDecided | Discarded | Answer
"""What comes of a question."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A file that was read."""

    path: str
    """As it was asked for; of several files a line each."""
    document: Document


def places_of(path: str) -> list[str]:
    """Where the files lie that stand in `path`, a line each, and are read as one document."""
    return [place_of(each) for each in path.split("\n")]


def read(path: str) -> Document:
    """The document at this path: a file, a folder of them, or several. Raises InvalidDocument."""
    return read_documents(places_of(path))


class Study:
    """A document and what is asked of it. `document` is replaced when its file has changed."""

    def __init__(
        self,
        holder: EngineHolder,
        keeper: Callable[[], Keeper],
        opened: Opened,
        saved: tuple[Heading, Tree] | None = None,
    ) -> None:
        """`saved`: a conversation about it to go on with."""
        self._holder = holder
        self._keeper = keeper
        self._questions: Questions | None = None
        self._saved = saved
        self.path = opened.path
        self.document = opened.document
        self.request = Request()
        self.result: Result | None = None
        """The summary that is shown."""

    @property
    def name(self) -> str:
        """What names the document among kept conversations, wherever the command line is used."""
        return "\n".join(str(Path(place).resolve()) for place in places_of(self.path))

    def renew(self, document: Document) -> None:
        """The file says something else now: what is asked from here on is asked of this."""
        self.document = document

    # In the worker thread

    def summarize(self) -> Generator[Told | Result, None, None]:
        """The summary of the whole document as asked for, marked while it comes; then the `Result`."""
        document, request = self.document, self.request
        decided: Decided | None = None
        with closing(self.summary_of(document, request)) as events:
            for event in events:
                if isinstance(event, Decided):
                    decided = event
                if not isinstance(event, Summary):
                    yield event
                elif decided is not None:
                    result = Result(document, request, decided, event)
                    self.keep(result)
                    yield result

    def keep(self, result: Result) -> None:
        """Let the summary be found again among what was asked."""
        keep_summary(
            self._keeper(),
            document=self.name,
            content=content_of(result.document),
            question=_("Summarize {name}").format(
                name=", ".join(Path(each).name or each for each in self.name.split("\n"))
            ),
            summary=result.summary.summary,
            model=result.summary.model,
        )

    def summary_of(self, document: Document, request: Request) -> Generator[Told, None, None]:
        """The same, told as the library tells it, but for the marks."""
        engine = self._holder.ready()
        yield from engine.load()  # what it is says how summaries are to be sampled
        sampling = info_summary_sampling(engine.info)
        events = summarize(document, engine, sampling, request, kept=KeptPieces())
        yield from marked_live(events, lambda: checker_of(document))

    def ask(self, question: str) -> Generator[Asked, None, None]:
        """The answer from the document, marked while it comes; then the `Answer`. It goes into the conversation."""
        engine = self._holder.ready()
        yield from engine.load()
        questions = self._ready()
        yield from marked_live(questions.ask(question), lambda: checker_of(questions.document))

    def used(self) -> int | None:
        """Tokens that the next question begins with: the document as far as it is read, and the turns."""
        if self._questions is None:
            return None
        conversation = self._questions.conversation
        return conversation.engine.count(conversation.messages)

    def _ready(self) -> Questions:
        """The conversation, with the engine and the document of this moment."""
        engine, questions = self._holder.ready(), self._questions
        if questions is not None:
            if questions.conversation.engine is engine and questions.document is self.document:
                return questions
            conversation = questions.conversation
            if conversation.engine is not engine:
                conversation.use(engine, info_summary_sampling(engine.info))
        else:
            settings = read_settings()
            # A question about a document always finds room: what was said before is left out, and that is told.
            full = "drop" if settings.when_full == "stop" else settings.when_full
            conversation = Conversation(
                engine,
                info_summary_sampling(engine.info),
                when_full=full,
                keeper=self._keeper(),
                saved=self._saved,
            )
        embedding = read_settings().embedding_model
        self._questions = Questions(
            self.document,
            conversation,
            path=self.name,
            embedding=None if embedding is None else lambda: open_engine(embedding),
        )
        return self._questions

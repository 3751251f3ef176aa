"""A summary that keeps up with its document: told as it is written, broken off when the document changes, made anew.

One summary at a time, and none is given out as current before the files were looked at once more. What makes the
summary, and what reads the document, is handed in; the module knows nothing of strategies, formats and screens.
"""

from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, field
from time import monotonic

from assistant.documents.document import Document
from assistant.engine import Engine
from assistant.errors import AssistantError, EngineFailed, InvalidDocument, PromptTooLong
from assistant.events import Event, Reading
from assistant.summary.values import Decided, Discarded, PieceDone, Summary
from assistant.watch.changes import Again, Changes, compare, difference
from assistant.watch.watcher import State, Watcher

Told = Event | Decided | PieceDone | Discarded
"""What a summary tells while it is made."""
Read = Callable[[], Document]
Summarize = Callable[[Document], Generator[Told | Summary, None, None]]

_PATIENT_AFTER = 3
"""Summaries that were broken off one after the other because more was written to the end of the file."""


@dataclass(frozen=True, slots=True)
class Changed:
    """The document is not as it was, and is summarized again."""

    changes: Changes
    """Since the version whose summary was shown last."""
    again: Again | None
    """None: it failed, or was broken off, before that was known."""

    @property
    def sentence(self) -> str:
        """As `3 paragraphs changed, 2,114 of 28,900 tokens to read again, about 9 s`."""
        return self.changes.words if self.again is None else f"{self.changes.words}, {self.again.words}"


@dataclass(frozen=True, slots=True)
class Cancelled:
    """What was told of the running summary is void; `reason` is one sentence."""

    reason: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """The document is gone, empty or unreadable, and is waited for. An empty message: it is back."""

    message: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """This version cannot be summarized; the next one is waited for. `message` is an error's own line."""

    message: str


@dataclass(frozen=True, slots=True)
class Noted:
    """Something the user should know, told once."""

    message: str


@dataclass(frozen=True, slots=True)
class Version:
    """A version of the document and its summary."""

    number: int
    """Grows from version to version, not always by one: many are never summarized."""
    document: Document
    summary: Summary
    changed: Changed | None = None
    """None for the first one."""
    difference: tuple[str, ...] = ()
    """What changed in the summary since the one shown before, line by line; empty: nothing, or there was none."""
    current: bool = True
    """False: the file went on growing faster than it can be summarized, and this is of how it was."""


Followed = Told | Changed | Cancelled | Waiting | Trouble | Noted | Version


@dataclass(slots=True)
class _Memory:
    """From version to version."""

    state: State = field(default_factory=lambda: State(0))
    """Of the watcher, as far as it was told."""
    tried: int = 0
    """The version that was looked at last."""
    document: Document | None = None
    shown: Version | None = None
    pace: float | None = None
    """Tokens a second, of the last reading that took time."""
    outgrown: int = 0
    """Summaries in a row that were late because the file grew."""

    def news(self, state: State) -> Generator[Waiting | Noted, None, None]:
        """What of it was not told yet."""
        before, self.state = self.state, state
        if state.note and state.note != before.note:
            yield Noted(state.note)
        if state.trouble != before.trouble:
            yield Waiting(state.trouble)


def follow(watcher: Watcher, read: Read, summarize: Summarize, engine: Engine) -> Generator[Followed, None, None]:
    """Each version's events and then its `Version`, until the watcher is closed; closing the generator stops the model.

    A version that changes while it is summarized ends with `Cancelled`. `Changed` comes before the first event of
    reading. InvalidDocument, PromptTooLong and EngineFailed are told as `Trouble`; raises the others of `summarize`,
    and what `Engine.load` raises.
    """
    yield from engine.load()  # by itself: a change is no reason to load the model once more
    following = Following(watcher, read, summarize, engine.interrupt)
    while (yield from following.wait()):
        yield from following.attempt()


class Following:
    """`follow` in two halves, for those who share the engine with others: waiting needs none, an attempt does.

    They take turns, in whatever threads, and never at the same time. `interrupt` ends what `summarize` gave, from any
    thread; `shown` is the summary that is there already, of a version before the watching began.
    """

    def __init__(
        self,
        watcher: Watcher,
        read: Read,
        summarize: Summarize,
        interrupt: Callable[[], None],
        shown: Version | None = None,
    ) -> None:
        self._watcher = watcher
        self._read = read
        self._summarize = summarize
        self._interrupt = interrupt
        self._memory = _Memory(document=shown.document if shown else None, shown=shown)
        self._next: _Attempt | None = None

    @property
    def document(self) -> Document | None:
        """Of the version that was read last; None: none was yet."""
        return self._memory.document

    @property
    def changes(self) -> Changes | None:
        """What changed in the version that `wait` found; None: nothing is found, or it is the first."""
        return self._next.changed.changes if self._next is not None and self._next.changed is not None else None

    def wait(self) -> Generator[Waiting | Trouble | Noted | Changed, None, bool]:
        """What there is to be told until a version can be summarized (True), or the watcher is closed (False).

        `Changed` comes only of a text that is as it was after all. Reads the document; asks nothing of the engine.
        """
        while not self._watcher.is_closed:
            state = self._watcher.state
            yield from self._memory.news(state)
            if state.version == self._memory.tried or state.trouble:
                self._watcher.wait(state)
            elif (yield from self._take()):
                return True
        return False

    def attempt(self) -> Generator[Followed, None, None]:
        """The summary of the version that `wait` found: `Changed`, what `summarize` tells, `Version` or `Cancelled`.

        Closed early it leaves this version as it is, and the next `wait` is for another. Raises as `follow`.
        """
        attempt, self._next = self._next, None
        if attempt is None:
            return
        with self._watcher.alarm(None if attempt.patient else attempt.version, self._interrupt):
            yield from attempt.run(self._summarize)
        yield from attempt.conclude()

    def _take(self) -> Generator[Trouble | Changed, None, bool]:
        """One version, from its bytes to what changed in it; False: there is nothing to be summarized."""
        watcher, memory = self._watcher, self._memory
        try:
            version, document = watcher.take(self._read)
        except InvalidDocument as error:
            # Half of a file is often none; whether the other half comes is known a moment later.
            if watcher.wait(memory.state, watcher.timing.patience) == memory.state and not watcher.is_closed:
                memory.tried = memory.state.version
                yield Trouble(str(error))
            return False
        last, memory.document, memory.tried = memory.document, document, version
        shown = memory.shown
        since = shown.document if shown else last
        changes = compare(since, document) if since else None
        if shown and shown.current and last is shown.document and changes and changes.first is None:
            memory.document = shown.document
            yield Changed(changes, None)
            return False
        grows = last is not None and document.text.startswith(last.text.rstrip())
        memory.outgrown = memory.outgrown if grows else 0
        patient = memory.outgrown >= _PATIENT_AFTER
        changed = Changed(changes, None) if changes else None
        self._next = _Attempt(watcher, self._read, version, document, memory, changed, patient)
        return True


@dataclass(slots=True)
class _Attempt:
    """One summary of one version."""

    watcher: Watcher
    read: Read
    version: int
    document: Document
    memory: _Memory
    changed: Changed | None
    patient: bool
    """A file that only grows is no reason to break off."""
    grown: int = 0
    """The latest version that only grew."""
    summary: Summary | None = None
    trouble: str = ""

    def run(self, summarize: Summarize) -> Generator[Followed, None, None]:
        """Tell what comes, until it ends or is late. Raises errors that no other version would mend."""
        if self._is_late():
            return
        told, pace = self.changed is None, _Pace()
        with closing(summarize(self.document)) as events:
            try:
                for event in events:
                    yield from self.memory.news(self.watcher.state)
                    if self._is_late():
                        break
                    if isinstance(event, Summary):
                        self.summary = event
                        continue
                    if isinstance(event, Reading):
                        pace.see(event)
                        if self.changed and not told:
                            self.changed = Changed(self.changed.changes, _again(event, self.memory.pace))
                            told = True
                            yield self.changed
                    yield event
            except AssistantError as error:
                # Work that is interrupted may end in any way; then the error is none.
                if not self._is_late():
                    if not isinstance(error, InvalidDocument | PromptTooLong | EngineFailed):
                        raise
                    self.trouble = str(error)
        self.memory.pace = pace.found or self.memory.pace
        if self.changed and not told:
            yield self.changed

    def conclude(self) -> Generator[Followed, None, None]:
        """What has come of it, once the files were looked at again."""
        if self.watcher.is_closed:
            return
        if self.trouble:
            yield Trouble(self.trouble)
            return
        current = self.summary is not None and not self._is_late() and self.watcher.is_current(self.version)
        yield from self.memory.news(self.watcher.state)
        late = not current and self._is_late()
        if self.summary is None or late or not (current or self.patient):
            self.memory.outgrown += late
            yield Cancelled("the document changed" if late else "it was stopped")
            return
        if current:
            self.memory.outgrown = 0
        shown = self.memory.shown
        lines = difference(shown.summary.summary, self.summary.summary) if shown else ()
        self.memory.shown = Version(self.version, self.document, self.summary, self.changed, lines, current)
        yield self.memory.shown

    def _is_late(self) -> bool:
        """Whether what is being written is of no use any more."""
        version = self.watcher.state.version
        if self.watcher.is_closed:
            return True
        if version in (self.version, self.grown):
            return False
        if self.patient and self._only_grew():
            self.grown = version
            return False
        return True

    def _only_grew(self) -> bool:
        try:
            _, newer = self.watcher.take(self.read)
        except InvalidDocument:
            return False
        return newer.text.startswith(self.document.text.rstrip())


class _Pace:
    """Tokens a second, told from what is in memory when."""

    def __init__(self) -> None:
        self._first: tuple[float, int] | None = None
        self.found: float | None = None

    def see(self, reading: Reading) -> None:
        now = monotonic()
        if self._first is None:
            self._first = (now, reading.done)
        elif reading.done > self._first[1] and now > self._first[0]:
            self.found = (reading.done - self._first[1]) / (now - self._first[0])


def _again(reading: Reading, pace: float | None) -> Again:
    tokens = reading.total - reading.reused
    return Again(tokens, reading.total, tokens / pace if pace else None)

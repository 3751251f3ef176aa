"""Files that change: a number that grows with each new content, once the file has come to rest.

Looks when the system tells of an event, and every two seconds whether it does or not. A change counts when the bytes
are others than before, and nothing moved for a moment; a file that never rests counts every few seconds, and one that
is gone, empty or unreadable is waited for. The module knows nothing of documents, engines and summaries.
"""

import os
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Condition, Event, Thread
from time import monotonic, sleep
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

from assistant.documents.read import files_of
from assistant.watch.looks import Contents, Files, Marks

if TYPE_CHECKING:
    from assistant.watch.folders import Folders

Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class Timing:
    """In seconds."""

    quiet: float = 0.3
    """Without any change, after which a file is looked into: saving takes several steps."""
    longest: float = 5.0
    """After which a file is looked into although it goes on changing."""
    patience: float = 2.0
    """For which a file may be gone, empty or unreadable before that is told: longer than any editor takes to save."""
    poll: float = 2.0
    """Between two looks that nothing called for."""
    poll_often: float = 0.5
    """The same where events do not come."""
    tick: float = 2.1
    """After which a file is read once more that was read when it had just been changed: the coarsest clock of a file
    system (FAT) counts in two seconds."""


@dataclass(frozen=True, slots=True)
class State:
    """What a watcher knows."""

    version: int
    """0: nothing that could be read was ever there."""
    trouble: str = ""
    """Why there is nothing to be read now; a sentence, empty while there is."""
    note: str = ""
    """What the user should know of the watching itself; empty if there is nothing."""


_STEP = 0.05
"""Seconds between two looks at the least."""
_LOOKING = 20
"""Times as long as a look takes, in a large folder on a slow network, nothing is done until the next."""


class Watcher:
    """Watches files and folders from entering the `with` to leaving it. All methods may be called from any thread.

    `events`: False: only by looking.
    """

    def __init__(
        self,
        paths: Sequence[str | os.PathLike[str]],
        *,
        timing: Timing | None = None,
        events: bool = True,
        files_of: Callable[[Sequence[Path]], Sequence[Path]] = files_of,
    ) -> None:
        self._files = Files(paths, files_of)
        self._timing = timing or Timing()
        self._changed = Condition()
        """Guards what follows; told when a version is there, trouble comes or goes, or all is over."""
        self._state = State(0)
        self._settled: Marks = {}
        """The files as they were when they were last found at rest."""
        self._fingerprint = ""
        """Of the version; empty: unknown, so that whatever is found next is a new one."""
        self._alarm: tuple[int | None, Callable[[], None]] | None = None
        self._failure: Exception | None = None
        self._marks: Marks = {}
        self._moved = self._began = self._lacking = self._recheck = 0.0
        """When the files last changed; the unrest began; something was first missing; and another look is due."""
        self._resting = True
        self._wake, self._closing = Event(), Event()
        self._told = 0
        """Events that came."""
        self._took = 0.0
        """Seconds, of the last look."""
        self._folders = self._event_folders() if events else None
        self._thread = Thread(target=self._run, name="watcher", daemon=True)

    @property
    def paths(self) -> tuple[Path, ...]:
        return self._files.paths

    @property
    def timing(self) -> Timing:
        return self._timing

    @property
    def state(self) -> State:
        return self._state

    @property
    def is_closed(self) -> bool:
        return self._closing.is_set()

    def __enter__(self) -> Self:
        self._watch_folders(self._files.marks())
        self._marks = self._files.marks()
        self._moved = monotonic()
        contents = self._files.read(self._marks)
        with self._changed:
            # Who begins to watch does not want to wait: what is whole is the first version.
            if contents.is_whole and self._files.marks() == self._marks:
                self._settle(contents, self._marks)
            else:
                self._stir()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the watching: who waits is told, and the alarm is given. May be called twice."""
        self._closing.set()
        self._wake.set()
        with self._changed:
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(0.2)  # more, while the alarm rings: it ends when that is heard
        if self._folders is not None:
            self._folders.close()

    def wait(self, known: State, seconds: float | None = None) -> State:
        """Wait until the state is another than the one known, or the watcher is closed, or so many seconds passed."""
        until = None if seconds is None else monotonic() + seconds
        with self._changed:
            while self._state == known and not self.is_closed:
                left = 1.0 if until is None else until - monotonic()
                if left <= 0:
                    break
                self._changed.wait(min(left, 1.0))  # never without end: on Windows that could not be interrupted
            self._raise_failure()
            return self._state

    def take(self, read: Callable[[], Read]) -> tuple[int, Read]:
        """What `read` gives, and the version it is of. Raises what `read` raises.

        Where the files change meanwhile nobody knows which bytes were read; then another version follows, whatever is
        found.
        """
        version = self._state.version
        before = self._files.marks()
        try:
            got = read()
        finally:
            after = self._files.marks()
            with self._changed:
                self._raise_failure()
                if before == after == self._settled and self._resting:
                    version = self._state.version
                else:
                    self._fingerprint = ""
                    self._stir()
        return version, got

    def is_current(self, version: int) -> bool:
        """Whether the files, looked at now, still are this version. Waits until they are at rest, or told to be gone.

        A file that is gone or empty is no other version: what was read of it is the newest there is.
        """
        while not self.is_closed:
            marks = self._files.marks()
            with self._changed:
                self._raise_failure()
                if self._state.version != version:
                    return False
                if self._resting and marks == self._settled:
                    return True
                self._wake.set()
                self._changed.wait(2 * _STEP)
        return False

    @contextmanager
    def alarm(self, version: int | None, call: Callable[[], None]) -> Generator[None, None, None]:
        """While in it, `call` is called as soon as there is another version (None: never mind) or all is over.

        It comes from the watcher's thread and again and again, since what it is to end may not have begun yet. After
        leaving there is no more call.
        """
        with self._changed:
            self._alarm = (version, call)
        try:
            yield
        finally:
            with self._changed:
                self._alarm = None

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _event_folders(self) -> "Folders":
        from assistant.watch.folders import Folders  # noqa: PLC0415  who does not watch need not wait for watchdog

        return Folders(self._on_event)

    def _on_event(self) -> None:
        self._told += 1
        self._wake.set()

    def _run(self) -> None:
        try:
            while not self._closing.wait(_STEP):
                self._wake.wait(self._pause())
                self._wake.clear()
                if not self.is_closed:
                    self._look()
                self._ring()
        except Exception as error:  # noqa: BLE001  it is raised again where somebody waits, instead of never
            with self._changed:
                self._failure = error
                self._changed.notify_all()
        while self._alarm is not None:  # all is over, and what is running shall end
            self._ring()
            sleep(_STEP)

    def _pause(self) -> float:
        if not self._resting:
            return max(self._timing.quiet / 3, self._took)
        if self._is_alarmed():
            return _STEP
        poll = max(self._interval(), _LOOKING * self._took)
        due = self._recheck - monotonic() if self._recheck else poll
        return max(0.0, min(poll, due))

    def _look(self) -> None:
        """One look at the files, and inside where they have come to rest."""
        began = monotonic()
        marks = self._files.marks()
        now = monotonic()
        with self._changed:
            self._took = now - began
            if marks != self._marks:
                self._marks = marks
                self._stir()
            anew = self._resting and 0 < self._recheck <= now
            rested = now - self._moved >= self._timing.quiet or now - self._began >= self._timing.longest
            if self._resting and not anew:
                return
            if not rested:
                return
        contents = self._files.read(marks, anew=anew)
        after = self._files.marks()
        with self._changed:
            if after != marks:
                self._marks = after
                self._stir()
                if monotonic() - self._began < self._timing.longest:
                    return
            if contents.is_whole:
                self._lacking = 0.0
            elif now - (self._lacking or now) < self._timing.patience:
                self._lacking = self._lacking or now
                self._stir()
                return
            self._settle(contents, marks, anew=anew)
        if not anew:
            self._watch_folders(marks)

    def _stir(self) -> None:
        """The files are not at rest; with the lock held."""
        self._moved = monotonic()
        if self._resting:
            self._resting, self._began = False, self._moved

    def _settle(self, contents: Contents, marks: Marks, *, anew: bool = False) -> None:
        """The files are at rest, or have not been for too long; with the lock held."""
        self._resting, self._settled = True, marks
        self._recheck = 0.0 if anew else self._moved + self._timing.tick
        version = self._state.version
        if not contents.trouble and contents.fingerprint != self._fingerprint:
            self._fingerprint = contents.fingerprint
            version += 1
        self._state = State(version, contents.trouble, self._note())
        self._changed.notify_all()

    def _interval(self) -> float:
        """Seconds to the next look. Where changes were seen and no event of them came, none will come."""
        come = self._folders is not None and not self._folders.refusal and (self._told or self._state.version <= 1)
        return self._timing.poll if come else self._timing.poll_often

    def _note(self) -> str:
        if self._folders is None or not self._folders.refusal:
            return ""
        return f"the system does not tell of changes ({self._folders.refusal}); the files are looked at regularly"

    def _watch_folders(self, marks: Marks) -> None:
        if self._folders is not None:
            self._folders.keep(self._files.folders(marks))

    def _ring(self) -> None:
        with self._changed:
            if self._alarm is not None and self._is_alarmed():
                self._alarm[1]()

    def _is_alarmed(self) -> bool:
        alarm = self._alarm
        if alarm is None:
            return False
        return self.is_closed or self._failure is not None or alarm[0] not in (None, self._state.version)

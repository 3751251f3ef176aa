"""Events of folders, from the system: something happened there. The one place that knows watchdog.

What happened, and to which file, is not told: whoever is woken looks for himself. Where the system gives no events (a
limit is reached, a network folder) nothing is lost but time, because the files are looked at regularly anyway.
"""

import logging
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from threading import Lock, Thread

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver, ObservedWatch

_KINDS: list[type[FileSystemEvent]] = [
    *(FileCreatedEvent, FileModifiedEvent, FileMovedEvent, FileDeletedEvent, FileClosedEvent),
    *(DirCreatedEvent, DirMovedEvent, DirDeletedEvent),
]
"""All but those of reading, or every look at the files would wake the one who looks."""
_PATIENCE = 0.2
"""Seconds that closing waits. watchdog may sleep for half a second to hear of the other half of a rename."""

_Place = tuple[Path, bool, int, int]
"""A folder, whether all in it counts, and which it is: one made anew at the same place is another."""


class Folders:
    """Calls `wake` from another thread whenever something happens in one of the folders it was told to keep."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._handler = _Handler(wake)
        self._observer: BaseObserver | None = None
        self._watches: dict[_Place, ObservedWatch] = {}
        self._keeping = Lock()
        """What is scheduled while watchdog stops would never end."""
        self.refusal = ""
        """Why the system gives no events; empty: it does, as far as is known."""
        # Its words about lost events, and about a folder that it came upon twice, would appear in the middle of a
        # user's screen; neither is a loss, because the files are looked at anyway.
        logging.getLogger("watchdog").setLevel(logging.CRITICAL)
        warnings.filterwarnings("ignore", "Callback with id", RuntimeWarning, r"watchdog\.")

    def keep(self, folders: Mapping[Path, bool]) -> None:
        """Watch these folders (True: and all in them), and no others."""
        with self._keeping:
            if self.refusal or self._handler.closed:
                return
            try:
                self._keep({place for path, deep in folders.items() if (place := _place(path, deep=deep)) is not None})
                return
            except (OSError, RuntimeError) as error:  # a limit of the system; RuntimeError: no more threads
                self.refusal = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        self.close()

    def _keep(self, wanted: set[_Place]) -> None:
        if self._observer is None:
            observer = Observer()
            observer.start()
            self._observer = observer
        dead = {emitter.watch for emitter in self._observer.emitters if not emitter.is_alive()}
        for place, watch in list(self._watches.items()):
            if place not in wanted or watch in dead:
                self._observer.unschedule(self._watches.pop(place))
        for place in wanted - self._watches.keys():
            # Where it went this moment, or is closed to us, looking at the files will tell.
            with suppress(FileNotFoundError, NotADirectoryError, PermissionError):
                self._watches[place] = self._observer.schedule(
                    self._handler, str(place[0]), recursive=place[1], event_filter=_KINDS
                )

    def close(self) -> None:
        """No more calls of `wake`. Waits a moment for watchdog's threads."""
        self._handler.closed = True
        ending = Thread(target=self._end, name="end of watching", daemon=True)
        ending.start()
        ending.join(_PATIENCE)

    def _end(self) -> None:
        with self._keeping:
            observer, self._observer = self._observer, None
            self._watches.clear()
        if observer is not None:
            observer.stop()
            observer.join()


class _Handler(FileSystemEventHandler):
    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self.closed = False

    def on_any_event(self, event: FileSystemEvent) -> None:  # noqa: ARG002  watchdog's signature
        if not self.closed:
            self._wake()


def _place(folder: Path, *, deep: bool) -> _Place | None:
    try:
        found = folder.stat()
    except OSError:
        return None
    return folder, deep, found.st_dev, found.st_ino

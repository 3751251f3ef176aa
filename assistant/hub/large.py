"""A file that the hub does not send over plain HTTP (more than 50 GB): its own client fetches it, in pieces of its own.

That client begins anew after an interruption, but keeps pieces in a cache of its own where `hf_xet` is installed.
"""

from collections.abc import Iterator
from threading import Event, Lock, Thread
from typing import Self

from assistant.errors import HubFailed
from assistant.hub.cache import RepositoryFile
from assistant.hub.client import constants, hf_hub_download
from assistant.hub.failures import Subject, failure
from assistant.hub.listing import Listing
from assistant.hub.waiting import Interrupted

_LOOK_SECONDS = 0.2


class Abandoned(Exception):
    """Raised in the client's own thread: nobody waits any more."""


def fetch_large(listing: Listing, file: RepositoryFile, interrupted: Interrupted) -> Iterator[int]:
    """Bytes so far, until it is in the cache or interrupted. Raises HubFailed."""
    counter = _Counter()
    failed: list[Exception] = []
    done = Event()

    def run() -> None:
        try:
            hf_hub_download(
                listing.repository,
                file.path,
                revision=listing.revision,
                endpoint=constants.ENDPOINT,
                library_name="luciole",
                tqdm_class=counter.bar(),
            )
        except Abandoned:
            pass
        except Exception as error:  # noqa: BLE001  raised again below
            failed.append(error)
        finally:
            done.set()

    Thread(target=run, name="luciole-hub", daemon=True).start()
    try:
        while not done.wait(_LOOK_SECONDS) and not interrupted():
            yield counter.bytes
    finally:
        counter.abandoned = True
    if failed:
        if isinstance(failed[0], ValueError):
            raise HubFailed(
                f"{file.path} has {file.bytes / 1e9:,.0f} GB; the hub sends more than 50 GB only to hf_xet; install: "
                "pip install hf_xet"
            ) from failed[0]
        subject = Subject(file.path, listing.repository, listing.asked)
        raise failure(failed[0], subject).error from failed[0]


class _Counter:
    """What the client's progress bars are told."""

    def __init__(self) -> None:
        self.bytes = 0
        self.abandoned = False
        self._lock = Lock()

    def add(self, count: float | None) -> None:
        if self.abandoned:
            raise Abandoned
        with self._lock:
            self.bytes += int(count or 0)

    def bar(self) -> type[object]:
        """A class of bars that draw nothing, with what the client asks of one."""
        add = self.add

        class Bar:
            def __init__(self, *_: object, **__: object) -> None: ...

            def __enter__(self) -> Self:
                return self

            def __exit__(self, *_: object) -> None: ...

            def update(self, n: float | None = 1) -> None:
                add(n)

            def close(self) -> None: ...

            def refresh(self) -> None: ...

            def set_postfix_str(self, *_: object, **__: object) -> None: ...

            def set_description_str(self, *_: object, **__: object) -> None: ...

        return Bar

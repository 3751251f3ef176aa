"""One answer of the hub, read by a thread of its own: whoever waits for it can be interrupted at any moment.

A read that waits for a network cannot be stopped from outside; it ends by its own timeout, seconds after nobody wants
it any more.
"""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import Self, TypeVar

from assistant.hub.client import constants, get_session, hf_raise_for_status
from assistant.hub.failures import Subject, failure
from assistant.hub.waiting import ATTEMPTS, Interrupted, Waiting, pause, seconds_before

_LOOK_SECONDS = 0.1
_HELD = 64
"""Pieces of an answer that may wait, of at most 64 KiB."""
_PATIENCE_SECONDS = 60.0
"""Beyond the network's own timeouts: a name server may be slow, or an answer trickle."""

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Head:
    """The beginning of an answer, after redirects."""

    status: int
    headers: Mapping[str, str]
    """Names in small letters."""


class Stream:
    """A GET of one address; the answer's head and its bytes as they come."""

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        self._queue: Queue[Head | bytes | Exception | None] = Queue(_HELD)
        self._stopped = Event()
        self._begun, self._waited = False, 0.0
        self._thread = Thread(target=self._read, args=(url, dict(headers)), name="luciole-hub", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join(_LOOK_SECONDS * 3)  # usually it is done; else it ends alone

    def next(self, interrupted: Interrupted) -> Head | bytes | None:
        """The head, then bytes, none of them while nothing comes; None: the end, or interrupted.

        Raises whatever the request raised.
        """
        while not interrupted():
            try:
                found = self._queue.get(timeout=_LOOK_SECONDS)
            except Empty:
                self._waited += _LOOK_SECONDS
                if self._waited > _PATIENCE_SECONDS:
                    raise TimeoutError from None
                if self._begun:
                    return b""
                continue
            if isinstance(found, Exception):
                raise found
            self._begun, self._waited = True, 0.0
            return found
        return None

    def _read(self, url: str, headers: dict[str, str]) -> None:
        try:
            timeout = constants.HF_HUB_DOWNLOAD_TIMEOUT
            with get_session().stream("GET", url, headers=headers, timeout=timeout) as response:
                hf_raise_for_status(response)
                named = {name.lower(): value for name, value in response.headers.items()}
                self._put(Head(response.status_code, named))
                for piece in response.iter_bytes():
                    if piece and not self._put(piece):
                        return
            self._put(None)
        except Exception as error:  # noqa: BLE001  raised again where it is waited for
            self._put(error)

    def _put(self, value: Head | bytes | Exception | None) -> bool:
        while not self._stopped.is_set():
            try:
                self._queue.put(value, timeout=_LOOK_SECONDS)
            except Full:
                continue
            return True
        return False


def answer(call: Callable[[], Result], interrupted: Interrupted) -> Result | None:
    """What a call of the hub's client gives; None: interrupted. Raises what it raises."""
    results: Queue[tuple[Result | None, Exception | None]] = Queue(1)

    def run() -> None:
        try:
            results.put((call(), None))
        except Exception as error:  # noqa: BLE001  raised again below
            results.put((None, error))

    Thread(target=run, name="luciole-hub", daemon=True).start()
    waited = 0.0
    while not interrupted():
        try:
            value, error = results.get(timeout=_LOOK_SECONDS)
        except Empty:
            waited += _LOOK_SECONDS
            if waited > _PATIENCE_SECONDS:
                raise TimeoutError from None
            continue
        if error is not None:
            raise error
        return value
    return None


def patiently(
    call: Callable[[], Result], subject: Subject, interrupted: Interrupted
) -> Generator[Waiting, None, Result | None]:
    """The same, asked again where that may help; None: interrupted. Raises HubFailed."""
    for attempt in range(2, ATTEMPTS + 2):
        try:
            return answer(call, interrupted)
        except Exception as error:
            found = failure(error, subject)
            if not found.passes or attempt > ATTEMPTS:
                raise found.error from error
        seconds = seconds_before(attempt, found.seconds)
        yield Waiting(found.reason, seconds, attempt)
        if not pause(seconds, interrupted):
            return None
    raise AssertionError("the last try raises or returns")

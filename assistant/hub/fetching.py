"""One file of a commit comes into the cache: what is here already is not fetched again, and what is wrong never counts.

It is received into a file of our own beside its blob (huggingface_hub itself begins anew after a kill), compared with
the hash that the hub announced, and only then put where the hub's own programs look for it. Who sees to names and
revisions is `cache.py`.
"""

import time
from collections.abc import Generator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import Timeout

from assistant.errors import AssistantError, HubFailed
from assistant.hub.cache import Cached, RepositoryFile, cached
from assistant.hub.client import HfHubHTTPError, WeakFileLock, constants, headers, hf_hub_url, is_offline
from assistant.hub.failures import Failure, Subject, disk, failure, sign_in_page
from assistant.hub.half import Digest, Half
from assistant.hub.large import fetch_large
from assistant.hub.listing import Listing
from assistant.hub.stream import Head, Stream, patiently
from assistant.hub.waiting import ATTEMPTS, Interrupted, Waiting, pause, seconds_before

_TELL_SECONDS = 0.1
_ROUNDS = 2
"""A file that is not what was announced is fetched once more from its beginning."""


@dataclass(frozen=True, slots=True)
class Came:
    """So much of a file is here, in bytes; of these, `reused` were before."""

    done: int
    reused: int


class _Wrong(HubFailed):
    """What is here cannot become the file; the text says why."""


class _Other(_Wrong):
    """An answer that cannot be the file; what is here may still be its beginning."""


def fetch_file(
    listing: Listing, file: RepositoryFile, interrupted: Interrupted
) -> Generator[Came | Waiting, None, bool]:
    """Make a file whole in the cache; gives whether it is: False where it was interrupted.

    Closing the iterator, or killing the process, keeps what came. Raises HubFailed, OutputFailed.
    """
    place = cached(listing.repository)
    place.prepare(file)
    if file.bytes > largest():  # its own client takes the lock
        return (yield from _fetch(listing, place, file, interrupted))
    with _Locked(place.lock(file)) as lock:
        waited = False
        while not lock.taken():
            if not waited:
                waited = True
                yield Waiting(f"another program is fetching {file.path}", 0, 2)
            if not pause(2 * _TELL_SECONDS, interrupted):
                return False
            yield Came(place.have(file, listing.revision), 0)
        return (yield from _fetch(listing, place, file, interrupted))


def read_file(
    listing: Listing, file: RepositoryFile, limit: int, interrupted: Interrupted
) -> Generator[Waiting, None, bytes | None]:
    """The content of a small file, from the cache or from the hub, kept nowhere; None: interrupted.

    Raises HubFailed, also where it is longer than `limit` bytes.
    """
    if file.bytes > limit:
        raise HubFailed(
            f"{file.path} has {file.bytes:,} bytes; at most {limit:,} were expected; name another repository"
        )
    whole = cached(listing.repository).whole(file, listing.revision)
    if whole is not None:
        return whole.read_bytes()

    def read() -> bytes:
        content = bytearray()
        digest = Digest(file)
        with Stream(_url(listing, file), headers()) as stream:
            head = stream.next(interrupted)
            if isinstance(head, Head):
                _goes_on(head, file, 0)
            while isinstance(piece := stream.next(interrupted), bytes) and len(content) <= file.bytes:
                content += piece
        digest.update(bytes(content))
        if not digest.right() and not interrupted():
            raise _Wrong("it is not the file that the hub announced")
        return bytes(content)

    try:
        return (yield from patiently(read, Subject(file.path, listing.repository, listing.asked), interrupted))
    except _Wrong as error:
        raise _never_right(file, str(error)) from error


def largest() -> int:
    """Bytes of the largest file that the hub sends over plain HTTP."""
    return constants.MAX_HTTP_DOWNLOAD_SIZE


def _fetch(
    listing: Listing, place: Cached, file: RepositoryFile, interrupted: Interrupted
) -> Generator[Came | Waiting, None, bool]:
    whole = place.whole(file, listing.revision)
    if whole is not None:
        digest = Digest(file)
        for done in digest.read(whole):
            yield Came(done, file.bytes)
            if interrupted():
                return False
        if digest.right():
            yield Came(file.bytes, file.bytes)
            return True
        if is_offline():
            raise _never_right(file, "its hash in the cache is another")
        with suppress(OSError):
            whole.unlink()
    partial = place.partial(file)
    wrong = ""
    try:
        place.claim(file)
    except OSError as error:
        raise disk(error, place.folder.parent) from error
    for attempt in range(1, _ROUNDS + 1):
        if attempt > 1:
            _remove(place, file)
            yield Waiting(f"{file.path}: {wrong}; it is fetched once more from the beginning", 0, attempt)
        try:
            if file.bytes > largest():
                return (yield from _fetch_large(listing, place, file, interrupted))
            if not (yield from _receive(listing, place, file, interrupted)):
                return False
        except _Wrong as error:
            wrong = str(error)
            continue
        try:
            place.validator(file).unlink(missing_ok=True)
            partial.replace(place.blob(file))
        except OSError as error:
            raise disk(error, place.folder.parent) from error
        return True
    _remove(place, file)
    raise _never_right(file, wrong)


def _receive(
    listing: Listing, place: Cached, file: RepositoryFile, interrupted: Interrupted
) -> Generator[Came | Waiting, None, bool]:
    """Complete the half file; False: interrupted. Raises _Wrong, HubFailed, OutputFailed."""
    with closing(Half(place, file)) as half:
        for _ in half.take_up():
            yield Came(half.done, half.reused)
            if interrupted():
                return False
        yield Came(half.done, half.reused)
        attempt = 1
        while half.done < file.bytes:
            before = half.done
            found = yield from _answer(listing, half, interrupted)
            if interrupted():
                return False
            if half.done == file.bytes:
                break
            attempt = 2 if half.done > before else attempt + 1
            if not found.passes or attempt > ATTEMPTS:
                raise found.error
            seconds = seconds_before(attempt, found.seconds)
            yield Waiting(found.reason, seconds, attempt)
            if not pause(seconds, interrupted):
                return False
        half.settle()
        if not half.digest.right():
            raise _Wrong("its hash is not the one that the hub announced")
        yield Came(half.done, half.reused)
        return True


def _answer(listing: Listing, half: Half, interrupted: Interrupted) -> Generator[Came, None, Failure]:
    """Take in one answer of the hub as far as it comes; gives why it came no further. Raises as `_receive`."""
    file, told = half.file, time.monotonic()
    try:
        with Stream(_url(listing, file), {**headers(), **half.condition()}) as stream:
            head = stream.next(interrupted)
            if isinstance(head, Head):
                if not _goes_on(head, file, half.done):
                    half.begin_again()
                if half.done == 0:
                    half.note(head.headers.get("etag", ""))
                while isinstance(piece := stream.next(interrupted), bytes):
                    if half.done + len(piece) > file.bytes:
                        raise _Wrong("more came than the hub announced")
                    half.take(piece)
                    if time.monotonic() - told >= _TELL_SECONDS:
                        told = time.monotonic()
                        yield Came(half.done, half.reused)
    except _Other as error:
        return Failure(_never_right(file, str(error)), passes=True, reason=f"{file.path}: {error}")
    except AssistantError:
        raise
    except Exception as error:
        if isinstance(error, HfHubHTTPError) and error.response.status_code == 416:
            raise _Wrong("what is here is no beginning of it") from error
        return failure(error, Subject(file.path, listing.repository, listing.asked))
    return Failure(_never_right(file, "it ends early each time"), passes=True, reason=f"{file.path} ended early")


def _goes_on(head: Head, file: RepositoryFile, done: int) -> bool:
    """Whether the answer begins where we are; False: it begins at the beginning. Raises _Wrong, HubFailed."""
    if head.status == 206:
        if head.headers.get("content-range", "").replace(" ", "") != f"bytes{done}-{file.bytes - 1}/{file.bytes}":
            raise _Wrong("another part came than was asked for")
        return True
    length = head.headers.get("content-length")
    if "content-encoding" not in head.headers and length is not None and length != str(file.bytes):
        if "html" in head.headers.get("content-type", "") and not file.path.endswith((".html", ".htm")):
            raise sign_in_page()
        raise _Other(f"{length} bytes came where {file.bytes} were announced")
    return done == 0


def _url(listing: Listing, file: RepositoryFile) -> str:
    return hf_hub_url(listing.repository, file.path, revision=listing.revision, endpoint=constants.ENDPOINT)


def _fetch_large(
    listing: Listing, place: Cached, file: RepositoryFile, interrupted: Interrupted
) -> Generator[Came | Waiting, None, bool]:
    """What the hub gives to its own client only. Raises _Wrong, HubFailed, OutputFailed."""
    for done in fetch_large(listing, file, interrupted):
        yield Came(min(done, file.bytes), 0)
    if interrupted():
        return False
    whole = place.whole(file, listing.revision)
    if whole is None:
        raise _Wrong("another size came than the hub announced")
    digest = Digest(file)
    for _ in digest.read(whole):
        if interrupted():
            return False
    if not digest.right():
        raise _Wrong("its hash is not the one that the hub announced")
    yield Came(file.bytes, 0)
    return True


def _remove(place: Cached, file: RepositoryFile) -> None:
    with suppress(OSError):
        for path in (place.partial(file), place.validator(file), place.blob(file)):
            path.unlink(missing_ok=True)


def _never_right(file: RepositoryFile, why: str) -> HubFailed:
    return HubFailed(
        f"{file.path} did not come as announced ({why}); the hub's own hash was expected; try again later, and check "
        "HF_ENDPOINT and the proxy if it stays so"
    )


class _Locked:
    """huggingface_hub's lock of one blob, asked for without waiting."""

    def __init__(self, path: Path) -> None:
        self._lock = WeakFileLock(path, timeout=_TELL_SECONDS)
        self._path = path
        self._taken = False

    def __enter__(self) -> "_Locked":
        return self

    def taken(self) -> bool:
        """Whether we have it now. Raises OutputFailed."""
        try:
            self._lock.__enter__()
        except Timeout:
            self._lock = WeakFileLock(self._path, timeout=_TELL_SECONDS)
            return False
        except OSError as error:
            raise disk(error, self._path.parent) from error
        self._taken = True
        return True

    def __exit__(self, *_: object) -> None:
        if self._taken:
            self._lock.__exit__(None, None, None)

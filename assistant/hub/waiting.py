"""Waiting for the hub: how long, and never silently or deafly."""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

ATTEMPTS = 5
"""Tries in a row that may bring nothing; any byte begins the count anew."""
FIRST_SECONDS = 1.0
"""Before the second try; each further one waits twice as long."""
LONGEST_SECONDS = 300.0
"""Longer than this nobody is kept waiting: the error says when to come back."""
_SLICE_SECONDS = 0.1

Interrupted = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Nothing comes for a while; it goes on by itself."""

    reason: str
    """What happened, in words."""
    seconds: float
    """Until the next try; 0: at once, or when another program is done."""
    attempt: int
    """Which try comes next, from 2."""


def seconds_before(attempt: int, asked: float | None) -> float:
    """Before this try (from 2), or as long as the hub asked for."""
    return FIRST_SECONDS * 2.0 ** (attempt - 2) if asked is None else asked


def pause(seconds: float, interrupted: Interrupted) -> bool:
    """Wait; False as soon as `interrupted` says so."""
    end = time.monotonic() + seconds
    while not interrupted():
        left = end - time.monotonic()
        if left <= 0:
            return True
        time.sleep(min(left, _SLICE_SECONDS))
    return False


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, as an answer says them; None: it does not.

    Sources: RFC 9110 10.2.3 (`Retry-After`, seconds or a date); draft-ietf-httpapi-ratelimit-headers (`t=`).
    """
    said = headers.get("retry-after", "").strip()
    if said.isdecimal() and said.isascii():
        return float(said[:9])
    try:
        date = parsedate_to_datetime(said)
    except ValueError:
        limit = re.search(r";\s*r\s*=\s*0\s*;\s*t\s*=\s*(\d{1,9})", headers.get("ratelimit", ""))
        return float(limit[1]) + 1 if limit else None
    date = date.replace(tzinfo=UTC) if date.tzinfo is None else date
    return max(0.0, (date - datetime.now(UTC)).total_seconds())

"""What the user typed before, kept between runs: a line of JSON for each, newest last, in `typed.jsonl` of the data.

Only the user may read the file. It is added to without waiting for a lock; lines that cannot be read (a program died
while it wrote) are passed over. The module knows nothing of prompts on a screen.
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from assistant.errors import HistoryFailed
from assistant.paths import folder

MOST = 1000
"""Entries that are given back."""
MAX_BYTES = 1 << 20
"""From this size on, the older half of the file is left out."""
LONGEST = 1 << 16
"""Bytes of one entry; a longer one is not kept: its text is in the conversation."""


@dataclass(frozen=True, slots=True)
class Typed:
    """What stood in the prompt when it was sent, and the longer texts that were folded in it, by their numbers."""

    text: str
    pasted: Mapping[int, str] = field(default_factory=dict)


def read_typed() -> tuple[Typed, ...]:
    """What was kept, oldest first, each once where it was typed again at once. Raises HistoryFailed."""
    found: list[Typed] = []
    for line in _lines(typed_path()):
        entry = _entry(line)
        if entry is not None and (not found or found[-1] != entry):
            found.append(entry)
    return tuple(found[-MOST:])


def keep_typed(typed: Typed) -> None:
    """Add it to what is kept. Raises HistoryFailed."""
    line = json.dumps({"text": typed.text, "pasted": {str(number): text for number, text in typed.pasted.items()}})
    data = line.encode() + b"\n"
    if len(data) > LONGEST:
        return
    path = typed_path()
    try:
        if path.exists() and path.stat().st_size + len(data) > MAX_BYTES:
            _halve(path)
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, data)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise _failed("written", path, error) from None


def _halve(path: Path) -> None:
    lines = _lines(path)
    kept = "".join(f"{line}\n" for line in list(lines)[-MOST // 2 :])
    while len(kept.encode()) > MAX_BYTES // 2:
        kept = kept[kept.index("\n") + 1 :]
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
        file.write(kept)
    fresh.replace(path)


def _lines(path: Path) -> Iterator[str]:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 2 * MAX_BYTES))
            data = file.read(2 * MAX_BYTES)
    except FileNotFoundError:
        return
    except OSError as error:
        raise _failed("read", path, error) from None
    yield from data.decode("utf-8", "replace").split("\n")[:-1]


def _entry(line: str) -> Typed | None:
    try:
        match json.loads(line):
            case {"text": str(text), "pasted": dict(pasted)} if text:
                return Typed(text, {int(number): str(found) for number, found in pasted.items()})
    except (ValueError, RecursionError):
        pass
    return None


def typed_path() -> Path:
    """Where it is kept."""
    return folder("data") / "typed.jsonl"


def _failed(done: str, path: Path, error: OSError) -> HistoryFailed:
    return HistoryFailed(
        f"{path} cannot be {done} ({error.strerror}); a file for what was typed before was expected; "
        "check its folder; until then the prompt forgets when the program ends"
    )

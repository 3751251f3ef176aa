"""Memory is counted by a script here: the planner has its own tests, and takes a second."""

from collections.abc import Callable
from pathlib import Path
from threading import Event as Flag

import pytest

from assistant import AssistantError, MemoryRow
from tui.rooms.models import detail

GIB = 1 << 30
ROWS = (
    MemoryRow(4096, "f16", 2 * GIB, GIB, 16 * GIB, fits=True, chosen=True),
    MemoryRow(4096, "q8_0", 3 * GIB // 2, GIB, 16 * GIB, fits=True, chosen=False),
    MemoryRow(32768, "f16", 20 * GIB, GIB, 16 * GIB, fits=False, chosen=False),
    MemoryRow(32768, "q8_0", 6 * GIB, GIB, 16 * GIB, fits=True, chosen=True, first_word=75.0),
)


class Counter:
    """What was asked for, and the answers: by the file's name, else `ROWS`."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []
        self.held = Flag()
        self.answers: dict[str, tuple[MemoryRow, ...] | AssistantError | None] = {}

    def __call__(self, path: Path, *, held: int, interrupted: Callable[[], bool]) -> tuple[MemoryRow, ...] | None:
        self.asked.append((path.stem, held))
        answer = self.answers.get(path.stem, ROWS)
        if isinstance(answer, AssistantError):
            raise answer
        while answer is None:
            if interrupted():
                return None
            self.held.wait(0.02)
        return answer


@pytest.fixture(autouse=True)
def counter(monkeypatch: pytest.MonkeyPatch) -> Counter:
    found = Counter()
    monkeypatch.setattr(detail, "memory_rows", found)
    monkeypatch.setattr(detail, "_REST", 0.001)
    return found

"""Memory by setting: the planner's own figures, from a child process that can be given up."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from assistant.errors import AssistantError, EngineFailed
from assistant.library import memory
from assistant.library.memory import memory_rows
from assistant.llama.memory import contexts
from tests.assistant.library.models import write_model


@pytest.mark.parametrize(
    ("trained", "expected"),
    [
        (2048, [2048]),
        (4096, [4096]),
        (8192, [4096, 8192]),
        (40960, [4096, 8192, 16384, 32768, 40960]),
    ],
)
def test_contexts(trained: int, expected: list[int]) -> None:
    assert contexts(trained) == expected


def test_of_a_real_model(starter_gguf: Path) -> None:
    rows = memory_rows(starter_gguf)
    assert rows is not None
    assert [row.context for row in rows] == [4096] * 5 + [8192] * 5
    for context in (4096, 8192):
        here = {row.kv: row for row in rows if row.context == context}
        assert set(here) == {"f16", "q8_0/f16", "q8_0", "q8_0/q4_0", "q4_0"}
        assert here["f16"].bytes > here["q8_0"].bytes > here["q4_0"].bytes > here["q4_0"].weights > 50 << 20
        assert sum(row.chosen for row in here.values()) == 1
        assert all(row.fits == (row.bytes <= row.free) for row in here.values())
    assert rows[0].bytes < next(row.bytes for row in rows if row.context == 8192)
    more = memory_rows(starter_gguf, held=1 << 40)
    assert more is not None
    assert more[0].free > 1 << 40


def test_given_up(starter_gguf: Path) -> None:
    assert memory_rows(starter_gguf, interrupted=lambda: True) is None


def test_of_what_llama_cpp_refuses() -> None:
    with pytest.raises(AssistantError) as caught:
        memory_rows(write_model("little"))
    assert str(caught.value).count(";") >= 2


def test_an_answer_that_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(_module: str, _request: Mapping[str, object], **_: Any) -> dict[str, Any]:
        return {"rows": [{"context": 1}]}

    monkeypatch.setattr(memory, "ask", ask)
    with pytest.raises(EngineFailed, match="gave no sizes"):
        memory_rows(Path("little.gguf"))

"""An engine that loads a model notes it, in this process and in one of its own."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assistant.library.used import last_use
from assistant.llama.engine import LlamaEngine
from assistant.process.engine import EngineProcess


@pytest.mark.parametrize("kind", [LlamaEngine, EngineProcess])
def test_loading_is_noted(kind: type[LlamaEngine | EngineProcess], starter_gguf: Path) -> None:
    assert last_use(starter_gguf) is None
    with closing(kind(starter_gguf)) as engine:
        list(engine.load())
        used = last_use(starter_gguf)
        assert used is not None
        assert abs((datetime.now(UTC) - used).total_seconds()) < 60

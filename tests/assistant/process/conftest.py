"""One engine for the tests of a module; each ends with a child that answers, or with none."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from assistant.process.engine import EngineProcess
from tests.assistant.process.support import ONE


@pytest.fixture(scope="module")
def engine(starter_gguf: Path) -> Iterator[EngineProcess]:
    with closing(EngineProcess(starter_gguf, ONE)) as engine:
        yield engine

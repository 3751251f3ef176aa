"""The three engines: the fake one, llama.cpp in this process, and the child process."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from assistant.engine import Engine
from tests.contract.support import KINDS, Make, make_engine


@pytest.fixture(scope="module", params=KINDS)
def make(request: pytest.FixtureRequest, starter_gguf: Path) -> Make:
    """Makes an engine with at most so many tokens of context."""

    def engine(context: int | None) -> Engine:
        return make_engine(request.param, starter_gguf, context)

    return engine


@pytest.fixture(scope="module")
def engine(make: Make) -> Iterator[Engine]:
    """One engine for the tests that leave it as it was."""
    with closing(make(None)) as made:
        for _ in made.load():
            pass
        yield made

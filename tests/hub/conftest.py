"""One local hub for each module of tests; each test has its own repositories, faults and cache."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hub.server import Server, hub


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with hub(tmp_path) as found:
        yield found

"""What every test of the screen starts from: English, and a terminal that says nothing of its colours."""

from collections.abc import Generator

import pytest

from tests.tui.quick import hurry
from tui.language import use


@pytest.fixture(autouse=True, scope="session")
def no_idle_waiting() -> Generator[None, None, None]:
    """Keys take the time that their work takes."""
    with pytest.MonkeyPatch.context() as patch:
        hurry(patch)
        yield


@pytest.fixture(autouse=True)
def plain_surroundings(monkeypatch: pytest.MonkeyPatch) -> Generator[None, None, None]:
    """The language and the look do not come from whoever runs the tests."""
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    for name in ("NO_COLOR", "COLORFGBG"):
        monkeypatch.delenv(name, raising=False)
    use("en")
    yield
    use("en")

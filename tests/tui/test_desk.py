"""The queue in front of the engine, as far as a screen does not show it."""

from collections.abc import Generator, Iterator

import pytest
from textual.message import Message

from assistant import FakeEngine
from tui.desk import Desk
from tui.holder import EngineHolder
from tui.jobs import Job


class Room:
    """Takes what it is told."""

    def __init__(self) -> None:
        self.told: list[Message] = []

    def post_message(self, message: Message) -> bool:
        self.told.append(message)
        return True


@pytest.fixture
def desk() -> Iterator[Desk]:
    opened = Desk(EngineHolder(FakeEngine), lambda: 0.0)
    yield opened
    opened.close()


def phase(desk: Desk) -> str:
    return desk.activity.phase


def busy(desk: Desk) -> bool:
    return desk.busy


def nothing() -> Generator[None, None, None]:
    yield from ()


def test_a_quiet_job_is_not_shown_and_those_after_it_wait(desk: Desk) -> None:
    quiet, after = Job(Room(), nothing, quiet=True), Job(Room(), nothing)
    desk.activity.rest("ready")
    desk.submit(quiet)
    assert not busy(desk)
    assert phase(desk) == "ready"
    desk.submit(after)
    assert desk.waiting == (after,)
    desk.over(quiet, well=True)
    assert phase(desk) == "opening"
    assert busy(desk)
    desk.over(after, well=True)
    assert phase(desk) == "ready"


def test_a_quiet_job_that_lost_the_model_says_so(desk: Desk) -> None:
    quiet = Job(Room(), nothing, quiet=True)
    desk.activity.rest("ready")
    desk.submit(quiet)
    desk.over(quiet, well=False)
    assert phase(desk) == "absent"

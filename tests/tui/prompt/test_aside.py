"""Work beside the screen: in its order, or only the newest."""

from collections.abc import Callable, Iterator
from queue import SimpleQueue
from threading import Event as Flag

import pytest
from textual.message import Message

from tui.aside import Aside, Broken, Stopped, Work


class Said(Message):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class Inbox:
    def __init__(self) -> None:
        self.got: SimpleQueue[Message] = SimpleQueue()

    def post_message(self, message: Message) -> bool:
        self.got.put(message)
        return True

    def next(self) -> str:
        message = self.got.get(timeout=5)
        assert isinstance(message, Said)
        return message.text


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def aside(inbox: Inbox) -> Iterator[Aside]:
    opened = Aside(inbox, "test")
    yield opened
    opened.close()


def says(text: str, *, after: Flag | None = None, begun: Flag | None = None) -> Work:
    def work(_stopped: Stopped) -> Message | None:
        if begun is not None:
            begun.set()
        if after is not None:
            assert after.wait(5)
        return Said(text) if text else None

    return work


def test_one_after_the_other(aside: Aside, inbox: Inbox) -> None:
    for text in ("a", "", "b"):
        aside.do(says(text))
    assert [inbox.next(), inbox.next()] == ["a", "b"]


def test_only_the_newest_is_told(aside: Aside, inbox: Inbox) -> None:
    go, begun = Flag(), Flag()
    seen: list[Callable[[], bool]] = []

    def slow(stopped: Stopped) -> Message:
        seen.append(stopped)
        begun.set()
        assert go.wait(5)
        return Said("old")

    aside.only(slow)
    assert begun.wait(5)
    assert not seen[0]()
    aside.only(says("never begun"))
    aside.only(says("new"))
    assert seen[0]()
    go.set()
    assert inbox.next() == "new"
    assert inbox.got.empty()


def test_nothing_is_told_after_close(aside: Aside, inbox: Inbox) -> None:
    go, begun = Flag(), Flag()
    aside.do(says("a", after=go, begun=begun))
    assert begun.wait(5)
    aside.close()
    go.set()
    aside.do(says("b"))
    assert inbox.got.empty()


def test_a_fault_of_ours_is_seen(aside: Aside, inbox: Inbox) -> None:
    def fault(_stopped: Stopped) -> Message:
        raise RuntimeError("ours")

    aside.do(fault)
    assert isinstance(inbox.got.get(timeout=5), Broken)
    aside.do(says("goes on"))
    assert inbox.next() == "goes on"

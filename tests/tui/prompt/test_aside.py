"""Work beside the screen: in its order, or only the newest."""

from collections.abc import Callable, Iterator
from queue import SimpleQueue
from threading import Event as Flag
from threading import current_thread

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


def test_of_a_kind_only_the_last_is_done(aside: Aside, inbox: Inbox) -> None:
    go, begun = Flag(), Flag()
    aside.do(says("running", after=go, begun=begun), kind="search")
    assert begun.wait(5)
    aside.do(says("never"), kind="search")
    aside.do(says("other"))
    aside.do(says("last"), kind="search")
    go.set()
    assert [inbox.next() for _ in range(3)] == ["running", "other", "last"], "what has begun is told too"


def test_what_it_holds_is_let_go_of_in_its_thread(inbox: Inbox) -> None:
    left: SimpleQueue[str] = SimpleQueue()
    aside = Aside(inbox, "test", leave=lambda: left.put(current_thread().name))
    aside.do(says("a"))
    assert inbox.next() == "a"
    aside.close()
    assert left.get(timeout=5) == "test"

"""The ends of the pipes: order, limits, and nobody who waits for them."""

import os
from pathlib import Path
from time import perf_counter

from assistant.paths import engine_log
from assistant.process import pipes
from assistant.process.pipes import Inbox, LastWords, Outbox
from tests.assistant.process.support import wait_for


def pipe() -> tuple[int, int]:
    return os.pipe()


def test_lines_come_in_order_and_whole() -> None:
    theirs, ours = pipe()
    inbox = Inbox(os.fdopen(theirs, "rb", buffering=0))
    for piece in (b"one\ntw", b"o", b"\n", b".7\n\nthree\n.12\nlost"):
        os.write(ours, piece)
    os.close(ours)
    found = []
    while (line := inbox.take(5)) != b"":
        found.append(line)
    assert found == [b"one\n", b"two\n", b"\n", b"three\n"], "what is cut short is no line"
    assert (inbox.beats, inbox.advanced) == (2, 12)
    inbox.thread.join(5)


def test_nothing_within_the_time_is_none() -> None:
    theirs, ours = pipe()
    inbox = Inbox(os.fdopen(theirs, "rb", buffering=0))
    started = perf_counter()
    assert inbox.take(0.05) is None
    assert 0.04 < perf_counter() - started < 2
    os.close(ours)
    assert inbox.take(5) == b""


def test_a_child_that_says_more_than_anybody_takes_has_to_wait() -> None:
    theirs, ours = pipe()
    os.set_blocking(ours, False)
    inbox = Inbox(os.fdopen(theirs, "rb", buffering=0))
    line = b"x" * 999 + b"\n"
    sent = 0

    def full() -> bool:
        nonlocal sent
        try:
            while sent < 8 << 20:
                sent += os.write(ours, line[sent % 1000 :])
        except BlockingIOError:
            return False
        return True

    assert not wait_for(full, 0.5)
    assert 1 << 20 <= sent < 2 << 20
    taken = 0
    while taken < sent // 1000:
        assert inbox.take(5) == line
        taken += 1
    inbox.end()
    os.close(ours)
    inbox.thread.join(5)
    assert not inbox.thread.is_alive()


def test_one_that_ends_is_not_kept_waiting_either() -> None:
    theirs, ours = pipe()
    inbox = Inbox(os.fdopen(theirs, "rb", buffering=0))
    outbox = Outbox(os.fdopen(ours, "wb", buffering=0))
    outbox.put(b"x" * 999 + b"\n" + b"y\n" * (3 << 20))  # more than the inbox takes
    outbox.end()
    assert inbox.take(5)
    inbox.end()
    for thread in (inbox.thread, outbox.thread):
        thread.join(10)
        assert not thread.is_alive()


def test_what_nobody_reads_keeps_nobody_waiting() -> None:
    theirs, ours = pipe()
    outbox = Outbox(os.fdopen(ours, "wb", buffering=0))
    started = perf_counter()
    outbox.put(b"x" * (16 << 20))
    assert perf_counter() - started < 0.5
    outbox.end()
    os.close(theirs)
    outbox.thread.join(5)
    assert not outbox.thread.is_alive()


def test_last_words_and_the_log() -> None:
    theirs, ours = pipe()
    words = LastWords(os.fdopen(theirs, "rb", buffering=0))
    for number in range(500):
        os.write(ours, b"line %d\n" % number)
    os.write(ours, b"\xff and the end")
    os.close(ours)
    words.thread.join(5)
    assert words.lines()[-2:] == ["line 499", "\ufffd and the end"]
    assert len(words.lines()) == pipes._LAST_LINES
    assert engine_log().read_bytes().count(b"\n") == 501


def test_a_driver_that_prints_without_end_fills_no_disk(tmp_path: Path) -> None:
    theirs, ours = pipe()
    words = LastWords(os.fdopen(theirs, "rb", buffering=0))
    for _ in range(300):
        os.write(ours, b"progress without a line's end " * 500)
    os.close(ours)
    words.thread.join(20)
    sizes = [path.stat().st_size for path in engine_log().parent.iterdir()]
    assert sum(sizes) < 3 << 20

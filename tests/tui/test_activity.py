"""Figures of what the model does, with a clock that is set by hand."""

import pytest

from assistant import Finished, Loading, Reading, Text, Usage
from tui.activity import Activity, bill, sparkline
from tui.figures import duration, size, speed


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_loading_and_reading_tell_share_rate_and_time_left() -> None:
    clock = Clock()
    activity = Activity(clock)
    activity.begin()
    assert activity.words == "starting"
    activity.heard(Loading(0.42))
    assert (activity.words, activity.fraction) == ("loading 42 %", 0.42)
    activity.heard(Reading(1204, 12_000, 1204))
    assert activity.words == "reading 10 % · 1,204 reused"
    clock.now = 10.0
    activity.heard(Reading(3304, 12_000, 1204))  # 2,100 in ten seconds: what was reused does not count as speed
    assert activity.words == "reading 28 % · 210 tok/s · 41 s left · 1,204 reused"
    activity.heard(Reading(12_000, 12_000, 1204))
    assert activity.words == "reading 100 % · 1,080 tok/s · 1,204 reused"


def test_writing_tells_the_rate_since_the_first_word() -> None:
    clock = Clock()
    activity = Activity(clock)
    activity.heard(Text("a"), 1)
    assert (activity.words, activity.fraction) == ("writing", None)
    clock.now = 0.5
    activity.heard(Text("b"), 12)
    assert activity.words == "writing · 24 tok/s"
    activity.heard(Finished("stop", Usage()))
    assert activity.words == "ready"


def test_a_second_reading_starts_its_own_rate() -> None:
    clock = Clock()
    activity = Activity(clock)
    activity.heard(Reading(0, 100))
    clock.now = 1.0
    activity.heard(Reading(100, 100))
    activity.rest("ready")
    activity.begin()
    clock.now = 100.0
    activity.heard(Reading(0, 100))
    clock.now = 101.0
    activity.heard(Reading(50, 100))
    assert activity.words == "reading 50 % · 50 tok/s · 1 s left"


def test_what_comes_after_a_stop_does_not_look_like_work() -> None:
    activity = Activity(Clock())
    activity.heard(Reading(0, 100))
    activity.stop()
    activity.heard(Reading(50, 100))
    assert (activity.words, activity.fraction) == ("stopping", None)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "1 s"), (9.4, "9 s"), (59.6, "1 min 00 s"), (125, "2 min 05 s"), (3720, "1 h 02 min")],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(("rate", "text"), [(0.42, "0.4 tok/s"), (9.94, "9.9 tok/s"), (1234.5, "1,234 tok/s")])
def test_speeds(rate: float, text: str) -> None:
    assert speed(rate) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1 KiB"),
        (98 << 20, "98 MiB"),
        (3 << 29, "1.5 GiB"),
        (2 << 40, "2,048.0 GiB"),
    ],
)
def test_sizes(count: int, text: str) -> None:
    assert size(count) == text


def test_bill() -> None:
    assert bill(Usage(1310, 1204, 24, 8192, 0.0, 0.5, 0.75)) == "24 tokens · 32 tok/s · read 106 · 1,204 reused"
    assert bill(Usage(1310, 0, 1, 8192, 0.0, 6.2, 0.0)) == "1 token · read 1,310 in 6 s"


def test_the_last_speeds_are_kept_half_a_second_each_while_a_job_reads_or_writes() -> None:
    clock = Clock()
    activity = Activity(clock)
    activity.heard(Reading(100, 10_000, 100))
    for step in range(1, 41):
        clock.now = step / 4
        activity.heard(Reading(100 + 50 * step, 10_000, 100))
    assert activity.rates == (200.0,) * 16
    activity.heard(Text("a"), 1)
    assert activity.rates == ()
    clock.now += 0.4
    activity.heard(Text("b"), 4)
    assert activity.rates == ()  # too short to say anything
    clock.now += 0.1
    activity.heard(Text("c"), 6)
    assert activity.rates == (20.0,)
    activity.heard(Finished("stop", Usage()))
    assert activity.rates == ()


def test_a_sparkline_is_lowest_for_nothing_and_highest_for_the_most() -> None:
    assert sparkline((0.0, 5.0, 10.0)) == "▁▅█"
    assert sparkline((0.0, 0.0)) == "▁▁"
    assert sparkline(()) == ""

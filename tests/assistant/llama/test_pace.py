"""How many threads write, decided on made-up timings: quiet and noisy machines, busy ones, and those that change."""

from collections.abc import Callable, Mapping
from random import Random

import pytest

from assistant.llama.pace import Pace

Cost = Callable[[int, int], float]
"""Seconds of a step, by the threads and the number of the step."""

TWO = {1: 10.2e-3, 2: 5.7e-3}
"""Seconds by threads, as measured on an idle machine with two cores."""
FOUR = {1: 10.2e-3, 2: 5.7e-3, 3: 4.2e-3, 4: 3.5e-3}


def quiet(table: Mapping[int, float] = TWO, seed: int = 0) -> Cost:
    random = Random(seed)
    return lambda threads, _: table[threads] * random.uniform(1.0, 1.05)


def spiky(seed: int = 0) -> Cost:
    """One step in twenty takes four times as long."""
    random = Random(seed)
    return lambda threads, _: TWO[threads] * (4.0 if random.random() < 0.05 else 1.0)


def busy(seed: int = 0) -> Cost:
    """Beside one busy program on two cores, as measured there."""
    random = Random(seed)

    def cost(threads: int, _: int) -> float:
        one = random.gauss(12e-3, 1e-3) * (1.8 if random.random() < 0.05 else 1.0)
        return one if threads == 1 else max(8e-3, random.gauss(28e-3, 8e-3))

    return cost


def then(first: Cost, second: Cost, at: int) -> Cost:
    return lambda threads, step: (first if step < at else second)(threads, step)


def written(pace: Pace, cost: Cost, steps: int) -> list[int]:
    """The threads of each step."""
    used = []
    for step in range(steps):
        used.append(pace.threads)
        pace.took(cost(pace.threads, step))
    return used


@pytest.mark.parametrize("table", [TWO, FOUR])
@pytest.mark.parametrize("steps", [100, 500, 4000])
def test_an_idle_machine_loses_nothing_noticeable(table: dict[int, float], steps: int) -> None:
    most = max(table)
    used = written(Pace(most), quiet(table), steps)
    lost = sum(table[threads] - table[most] for threads in used) / (steps * table[most])
    assert 0 < lost < 0.01, "it looks, and it costs less than a hundredth"
    assert used[-1] == most


@pytest.mark.parametrize("seed", range(20))
def test_noise_alone_changes_little(seed: int) -> None:
    used = written(Pace(2), spiky(seed), 1000)
    assert used.count(1) < 150


@pytest.mark.parametrize("seed", range(20))
def test_beside_a_busy_program_one_thread_less_writes(seed: int) -> None:
    used = written(Pace(2), busy(seed), 300)
    assert used[0] == 2
    assert used.count(2) < 45
    assert used[20:].count(2) < 30


@pytest.mark.parametrize("seed", range(20))
def test_a_machine_that_becomes_busy_is_noticed_soon(seed: int) -> None:
    used = written(Pace(2), then(quiet(seed=seed), busy(seed), 200), 400)
    assert used[:200].count(1) <= 3
    assert used[300:].count(1) > 90


@pytest.mark.parametrize("seed", range(20))
def test_a_machine_that_becomes_idle_is_noticed(seed: int) -> None:
    pace = Pace(2)
    used = written(pace, then(busy(seed), quiet(seed=seed), 200), 1000)
    assert used[500:].count(1) < 20


def test_another_answer_looks_again_soon() -> None:
    """Minutes may lie between two answers, and the other program may have ended."""
    pace = Pace(2)
    written(pace, busy(), 300)
    assert pace.threads == 1
    pace.answer()
    assert written(pace, quiet(), 40)[10:] == [2] * 30


def test_another_answer_on_an_idle_machine_needs_no_look() -> None:
    pace = Pace(2)
    used = []
    for _ in range(10):
        pace.answer()
        used += written(pace, quiet(), 50)
    assert used.count(1) <= 3


def test_several_threads_go_down_and_come_back() -> None:
    """Two busy programs on four cores: two threads are left, one a step."""
    crowded = {1: 10.2e-3, 2: 5.7e-3, 3: 9.0e-3, 4: 15.0e-3}
    pace = Pace(4)
    used = written(pace, then(quiet(crowded), quiet(FOUR), 300), 1500)
    assert used[30:300].count(2) > 250
    assert used[900:].count(4) > 580


def test_a_long_text_grows_slower_without_alarm() -> None:
    """Each token makes the next one slower: that is no busy machine."""
    quick = quiet()
    used = written(Pace(2), lambda threads, step: quick(threads, step) * (1 + step / 1500), 4000)
    assert used.count(1) <= 10


@pytest.mark.parametrize(("most", "least"), [(1, 1), (2, 2), (8, 8)])
def test_what_is_fixed_stays(most: int, least: int) -> None:
    assert set(written(Pace(most, least), busy() if most == 2 else lambda threads, _: threads, 300)) == {most}


def test_never_below_the_least_nor_above_the_most() -> None:
    used = written(Pace(4, 3), lambda threads, step: threads if step < 500 else 1 / threads, 1000)
    assert set(used) == {3, 4}
    assert used[400] == 3
    assert used[-1] == 4

"""What is chosen, and why: properties over invented models and machines, and the sentences people read."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.plan.correction import Correction
from assistant.plan.machine import HOST, Free
from assistant.plan.plan import EXACTNESS, NEAR, PREFERRED, Candidate, Need, Plan, plan
from assistant.plan.setting import Setting, Sizes
from assistant.plan.speeds import BATCHES, Pace, Paces, Speeds, Way

MIB = 1 << 20
GIB = 1 << 30
BYTES = {"f16": 2.0, "q8_0": 34 / 32, "q4_0": 18 / 32}
WAYS = [(k, v, flash, batch) for k, v, flash in PREFERRED for batch in (BATCHES[:1] if flash else BATCHES)]


def candidates(
    contexts: Sequence[int], *, weights: int = 1200 * MIB, heads: int = 16, layers: int = 36, on: str = HOST
) -> list[Candidate]:
    """As an Index-like model would have them: heads of 128, none of them grouped."""
    found = []
    for context in contexts:
        for k, v, flash, batch in WAYS:
            kv = int(context * layers * heads * 128 * (BYTES[k] + BYTES[v]))
            scores = 0 if flash else batch * context * heads * 4
            gpu = 0 if on == HOST else layers + 1
            setting = Setting(context, k, v, flash, gpu, batch)
            found.append(Candidate(setting, Sizes({on: weights}, {on: kv}, {on: 30 * MIB + scores})))
    return found


def speeds(slopes: dict[tuple[str, str, bool, int], float], base: float = 1e-3, *, gpu: bool = False) -> Speeds:
    ways = {Way(*way, gpu): Paces(Pace(base, slope), Pace(10 * base, slope)) for way, slope in slopes.items()}
    return Speeds(ways, layers=1)


MEASURED = dict(zip(WAYS, (1e-6, 1.1e-6, 0.98e-6, 1e-6, 1.2e-6, 9e-6, 12e-6, 15e-6), strict=True))
"""Slopes in the order of WAYS, much as on two cores."""


def free(size: float) -> Free:
    return Free({HOST: int(size)}, {HOST: GIB})


def exactly(context: int, prompt: int = 0) -> Need:
    return Need(context, context, prompt or context - 400, 400)


sizes = st.sampled_from([part * GIB // 8 for part in range(1, 120)])
"""Spread evenly: left to itself Hypothesis takes machines on which nothing fits."""
near_ones = st.sampled_from([1.0, 1.02, 1.04, 1.06, 1.2, 1.6, 5.0])
paces = st.fixed_dictionaries({way: near_ones.map(lambda factor: factor * 1e-4) for way in WAYS})
"""So steep that the rest of the time hardly counts: the factors are those of the seconds, too."""
contexts = st.sampled_from([1024, 4096, 8192, 16384, 32768])


def is_q4(found: Plan) -> bool:
    assert found.chosen is not None
    return "q4_0" in (found.chosen.setting.k, found.chosen.setting.v)


@given(contexts, sizes, st.one_of(st.none(), paces), st.floats(0.8, 1.5))
def test_never_above_the_machine(context: int, size: int, slopes: dict | None, factor: float) -> None:
    measured = speeds(slopes) if slopes else None
    found = plan(exactly(context), candidates([context, context // 2]), measured, free(size), Correction(factor))
    fitting = [option for option in found.options if option.fits and option.setting.context == context]
    assert (found.chosen is None) == (not fitting)
    if found.chosen is not None:
        assert found.chosen.memory <= size
        assert found.chosen.setting.context == context
        assert found.chosen in found.options
        assert is_q4(found) == all("q4_0" in option.setting.kv for option in fitting)
        assert found.reason.isprintable()
        assert "\n" not in found.reason


@given(contexts, sizes, sizes, paces)
def test_more_memory_is_never_slower(context: int, one: int, other: int, slopes: dict) -> None:
    """Within the allowance that exactness has; only q4_0, taken for lack of memory, may be faster than its betters."""
    tight, wide = (
        plan(exactly(context), candidates([context]), speeds(slopes), free(size)) for size in sorted((one, other))
    )
    if tight.chosen is None:
        return
    assert wide.chosen is not None
    assert wide.chosen.seconds
    assert tight.chosen.seconds
    if is_q4(tight) == is_q4(wide):
        assert wide.chosen.seconds.total <= tight.chosen.seconds.total * NEAR * 1.000001
    assert not (is_q4(wide) and not is_q4(tight))


@given(contexts, contexts, st.sampled_from(WAYS))
def test_a_larger_context_never_needs_less(one: int, other: int, way: tuple[str, str, bool, int]) -> None:
    small, large = sorted((one, other))
    found = plan(exactly(large), candidates([small, large]), None, free(1))
    memory = {
        option.setting.context: option.memory
        for option in found.options
        if (option.setting.k, option.setting.v, option.setting.flash, option.setting.batch) == way
    }
    assert memory[small] <= memory[large]


@given(sizes, paces)
def test_the_fastest_wins_and_near_it_the_most_exact(size: int, slopes: dict) -> None:
    found = plan(exactly(8192), candidates([8192]), speeds(slopes), free(size))
    if found.chosen is None or is_q4(found):
        return
    able = [option for option in found.options if option.fits and option.seconds and "q4_0" not in option.setting.kv]
    fastest = min(option.seconds.total for option in able)
    assert found.chosen.seconds
    assert found.chosen.seconds.total <= fastest * NEAR
    for option in able:
        if option.seconds.total <= fastest * NEAR:
            assert EXACTNESS.index(option.setting.k) <= EXACTNESS.index(found.chosen.setting.k)


@given(sizes)
def test_a_refusal_names_what_fits(size: int) -> None:
    found = plan(exactly(32768), candidates([32768, 16384, 8192, 4096]), None, free(size))
    if found.chosen is not None:
        return
    fitting = [option for option in found.options if option.fits]
    if fitting:
        best = max(option.setting.context for option in fitting)
        assert f"--context {best} " in found.reason
        named = found.reason.rpartition("--kv ")[2]
        assert any(option.setting.kv_words == named and option.setting.context == best for option in fitting)
    else:
        assert "no context fits" in found.reason
    assert str(found.refusal) == found.reason


def test_without_a_document_the_largest_context_that_fits() -> None:
    need = Need(32768, 4096, 32368, 400)
    found = plan(need, candidates([32768, 16384, 8192]), speeds(MEASURED), free(5.3 * GIB))
    assert found.chosen is not None
    assert found.chosen.setting.context == 32768
    found = plan(need, candidates([32768, 16384, 8192]), speeds(MEASURED), free(3.0 * GIB))
    assert found.chosen is not None
    assert found.chosen.setting.context == 16384
    assert "32K would not fit" in found.reason


def test_the_sentence_of_the_issue() -> None:
    found = plan(exactly(32768), candidates([32768]), speeds(MEASURED), free(8.6 * GIB))
    assert found.chosen is not None
    assert found.chosen.setting.kv == "q8_0/f16"
    assert found.reason == ("32K with K in q8_0 and V in f16 needs 8.3 GiB, 8.6 GiB are free; f16 would need 10.2 GiB")


def test_a_slower_but_more_exact_one_is_mentioned() -> None:
    slow = MEASURED | {way: 20e-6 for way in WAYS if way[:2] == ("f16", "f16")}
    found = plan(exactly(8192), candidates([8192]), speeds(slow), free(20 * GIB))
    assert found.chosen is not None
    assert found.chosen.setting.kv == "q8_0/f16"
    assert "f16 fits too and is" in found.reason
    assert "times slower" in found.reason


def test_without_speeds_the_usual_order_and_it_is_said() -> None:
    found = plan(exactly(8192), candidates([8192]), None, free(20 * GIB))
    assert found.chosen is not None
    assert (found.chosen.setting.kv, found.chosen.setting.flash) == ("f16/f16", False)
    assert "speeds were not measured" in found.reason
    on_gpu = plan(exactly(8192), candidates([8192], on="CUDA0"), None, Free({HOST: GIB, "CUDA0": 20 * GIB}))
    assert on_gpu.chosen is not None
    assert (on_gpu.chosen.setting.kv, on_gpu.chosen.setting.flash) == ("f16/f16", True)


def test_what_was_not_measured_is_not_chosen_beside_what_was() -> None:
    some = {way: slope for way, slope in MEASURED.items() if way[0] == "q8_0"}
    measured = replace(speeds(some), complete=False)
    found = plan(exactly(8192), candidates([8192]), measured, free(20 * GIB))
    assert found.chosen is not None
    assert found.chosen.setting.kv == "q8_0/f16"
    assert found.reason.endswith("; not all ways were measured yet")


def test_each_device_has_its_own_memory() -> None:
    candidate = Candidate(
        Setting(4096, "f16", "f16", True, 37, 512),
        Sizes({HOST: 200 * MIB, "CUDA0": GIB}, {"CUDA0": GIB}, {HOST: 50 * MIB, "CUDA0": 100 * MIB}),
    )
    for usable, fits in (
        ({HOST: GIB, "CUDA0": 3 * GIB}, True),
        ({HOST: 100 * MIB, "CUDA0": 3 * GIB}, False),
        ({HOST: 30 * GIB, "CUDA0": 2 * GIB}, False),
        ({HOST: 30 * GIB}, False),
    ):
        found = plan(exactly(4096), [candidate], None, Free(usable))
        assert (found.chosen is not None) == fits
    assert "are free on CUDA0" in plan(exactly(4096), [candidate], None, Free({HOST: GIB, "CUDA0": 2 * GIB})).reason
    shared = Free({HOST: 2 * GIB, "CUDA0": 3 * GIB}, shared=frozenset({"CUDA0"}))
    assert plan(exactly(4096), [candidate], None, shared).chosen is None


def test_the_next_smaller_is_another_request_of_the_same_context() -> None:
    found = plan(exactly(32768), candidates([32768, 16384]), speeds(MEASURED), free(20 * GIB))
    chosen, smaller = found.chosen, found.next_smaller
    assert chosen is not None
    assert smaller is not None
    assert chosen.words == "--context 32768 --kv f16"
    assert smaller.words == "--context 32768 --kv q8_0/f16"
    assert smaller.sizes.working < 0.9 * chosen.sizes.working
    last = plan(exactly(32768), candidates([32768, 16384]), speeds(MEASURED), free(3.9 * GIB))
    assert last.chosen is not None
    assert last.chosen.setting.kv == "q4_0/q4_0"
    assert last.next_smaller is not None
    assert last.next_smaller.setting.context == 16384


def test_nothing_is_below_the_smallest() -> None:
    only = [candidate for candidate in candidates([4096]) if candidate.setting.k == "q4_0"]
    found = plan(exactly(4096), only, None, free(20 * GIB))
    assert found.chosen is not None
    assert found.next_smaller is None


@given(st.integers(1, 40000), st.integers(1, 4000), st.sampled_from([2048, 8192, 32768]))
def test_a_context_is_made_to_measure(prompt: int, answer: int, most: int) -> None:
    need = Need.of(prompt, answer, most=most)
    assert need.context == need.least <= most
    if prompt + answer <= most:
        assert prompt + answer <= need.context < prompt + answer + 256
    if need.context < most:
        assert need.context % 256 == 0


@pytest.mark.parametrize(("factor", "fits"), [(1.0, True), (1.3, False)])
def test_what_was_learned_of_memory_counts(factor: float, fits: bool) -> None:
    only = candidates([8192])[:1]
    size = only[0].sizes.total * 1.2
    found = plan(exactly(8192), only, None, free(size), Correction(factor))
    assert (found.chosen is not None) == fits

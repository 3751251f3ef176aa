"""Plans for a real file on this machine: what was fixed is kept, what does not fit is refused, readings teach."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.engine import EngineSettings
from assistant.gguf.file import read_header
from assistant.llama import planner as room
from assistant.llama.planner import Planner
from assistant.plan.correction import Correction
from assistant.plan.machine import HOST, Free
from assistant.plan.plan import Need, Plan
from assistant.plan.speeds import Pace, Paces, Speeds, Way
from assistant.plan.stored import (
    kind_mark,
    speeds_out,
    store_correction,
    store_speeds,
    stored_correction,
    stored_speeds,
)

MIB = 1 << 20
NEED = Need.of(1700, 300, most=8192)
MeasuredBy = Callable[[Path], list[str]]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Modules that were asked; the measurement gives no answer."""
    found: list[str] = []

    def ask(module: str, request: dict[str, object], **_: object) -> None:
        found.append(module)

    monkeypatch.setattr(room, "ask", ask)
    return found


def machine_with(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(room, "free_memory", lambda *_: Free({HOST: size}))


def planner(path: Path, **settings: object) -> Planner:
    return Planner(path, read_header(path), EngineSettings(**settings), threads=2)


def kinds(found: Plan) -> set[str]:
    return {option.setting.kv for option in found.options}


def test_a_short_question_is_planned_at_once(starter_gguf: Path, asked: list[str]) -> None:
    found = planner(starter_gguf).plan(NEED)
    assert asked == []
    assert found.chosen is not None
    assert found.chosen.setting.context == 2048
    assert found.chosen.setting.kv == "f16/f16"
    assert kinds(found) == {"f16/f16", "q8_0/f16", "q8_0/q8_0", "q8_0/q4_0", "q4_0/q4_0"}
    assert {option.setting.context for option in found.options} == {2048, 1024}
    assert found.next_smaller is not None
    assert "speeds were not measured" in found.reason


def test_a_long_reading_is_measured_first(
    starter_gguf: Path, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "_OPERATIONS_A_SECOND", 1e6)
    found = planner(starter_gguf).plan(NEED)
    assert asked == ["assistant.llama.speeds"]
    assert found.chosen is not None
    assert found.chosen.seconds is None
    planner(starter_gguf).plan(NEED, may_measure=False)
    assert len(asked) == 1


def test_whoever_asks_for_a_plan_waits_for_all_ways(starter_gguf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each round measures one way more; what came of it is kept, and told."""
    ways = [Way("f16", "f16", False, 512), Way("q8_0", "f16", False, 512)]
    asked: list[object] = []

    def ask(_: str, request: dict[str, object], **__: object) -> dict[str, object]:
        asked.append(request["known"])
        found = {way: Paces(Pace(1e-4, 0), Pace(1e-3, 0)) for way in ways[: len(asked)]}
        return speeds_out(Speeds(found, 30, complete=len(asked) == 2))

    monkeypatch.setattr(room, "ask", ask)
    monkeypatch.setattr(room, "_OPERATIONS_A_SECOND", 1e6)
    once = planner(starter_gguf).plan(NEED)
    assert asked == [None]
    assert once.reason.endswith("not all ways were measured yet")
    whole = planner(starter_gguf).plan(NEED, may_measure=True)
    assert len(asked) == 2
    assert asked[1] is not None
    assert "not all ways" not in whole.reason
    planner(starter_gguf).plan(NEED, may_measure=True)
    assert len(asked) == 2


def test_what_the_user_fixed_is_kept(starter_gguf: Path, asked: list[str]) -> None:
    found = planner(starter_gguf, kv=("q8_0", "q8_0")).plan(NEED)
    assert kinds(found) == {"q8_0/q8_0"}
    assert all(option.setting.flash for option in found.options)
    found = planner(starter_gguf, kv=("q4_0", "f16")).plan(NEED, sequences=3)
    assert kinds(found) == {"q4_0/f16"}
    assert {option.setting.flash for option in found.options} == {False, True}
    assert {option.setting.sequences for option in found.options} == {3}
    assert planner(starter_gguf, gpu_layers=5).gpu_layers() in {0, 5}  # this build may know no GPU


def test_a_full_machine_gets_less(starter_gguf: Path, asked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    need = Need.of(7000, 400, most=8192)
    chooser = planner(starter_gguf)
    machine_with(monkeypatch, 4096 * MIB)
    wanted = [option for option in chooser.plan(need).options if option.setting.context == need.context]
    machine_with(monkeypatch, min(option.memory for option in wanted if "q4_0" not in option.setting.kv) - MIB)
    found = chooser.plan(need)
    assert found.chosen is not None
    assert "q4_0" in found.chosen.setting.kv
    machine_with(monkeypatch, min(option.memory for option in wanted) - MIB)
    refused = chooser.plan(need)
    assert refused.chosen is None
    best = max(option.setting.context for option in refused.options if option.fits)
    assert f"--context {best} " in refused.reason
    assert best >= need.context - 1024
    more = chooser.plan(replace(need, context=best + 256, least=best + 256))
    assert more.chosen is None, "the context that is offered is the largest that fits"
    machine_with(monkeypatch, 50 * MIB)
    assert "no context fits" in chooser.plan(need).reason


def test_measured_speeds_decide(starter_gguf: Path, asked: list[str]) -> None:
    chooser = planner(starter_gguf)
    paces = {
        Way("f16", "f16", False, 512): Paces(Pace(3e-4, 0), Pace(1e-3, 0)),
        Way("q8_0", "f16", False, 512): Paces(Pace(1e-4, 0), Pace(1e-3, 0)),
    }
    kind = kind_mark(read_header(starter_gguf))
    store_speeds(kind, chooser.machine(), 2, Speeds(paces, 30))
    found = chooser.plan(NEED)
    assert found.chosen is not None
    assert found.chosen.setting.kv == "q8_0/f16"
    assert found.chosen.seconds is not None
    assert found.chosen.seconds.read == pytest.approx(30 * 1700 * 1e-4)
    assert stored_speeds(kind, chooser.machine(), 4) is None


def test_readings_teach(starter_gguf: Path, asked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    chooser = planner(starter_gguf)
    kind, machine = kind_mark(read_header(starter_gguf)), chooser.machine()
    way = Way("f16", "f16", False, 512)
    store_speeds(kind, machine, 2, Speeds({way: Paces(Pace(1e-4, 0), Pace(1e-3, 0))}, 30))
    found = chooser.plan(NEED)
    assert found.chosen is not None
    assert found.chosen.seconds is not None
    taken = found.chosen.sizes.on(HOST) * 1.2
    monkeypatch.setattr(Planner, "taken_bytes", lambda _: int(taken))
    for _ in range(8):
        chooser.learn(found.chosen, read=1700, depth=2000, seconds=2 * found.chosen.seconds.read)
    learned = stored_correction(kind, machine)
    assert learned.memory == pytest.approx(1.2, abs=0.01)
    assert learned.seconds == pytest.approx(2.0, abs=0.02)
    again = planner(starter_gguf).plan(NEED)
    assert again.chosen is not None
    assert again.chosen.memory == pytest.approx(1.2 * found.chosen.memory, rel=0.02)
    assert again.chosen.seconds is not None
    assert again.chosen.seconds.read == pytest.approx(2 * found.chosen.seconds.read, rel=0.02)
    chooser.learn(found.chosen, read=100, depth=2000, seconds=900)
    assert stored_correction(kind, machine).seconds == pytest.approx(learned.seconds), "too short to teach of speed"


def test_nothing_to_learn_is_not_written(starter_gguf: Path, asked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    chooser = planner(starter_gguf)
    found = chooser.plan(NEED)
    assert found.chosen is not None
    monkeypatch.setattr(Planner, "taken_bytes", lambda _: 1)
    chooser.learn(found.chosen, read=100, depth=200, seconds=1.0)
    assert stored_correction(kind_mark(read_header(starter_gguf)), chooser.machine()) == Correction()


def test_what_is_held_already_counts_as_free(
    starter_gguf: Path, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def free(devices: object, held: dict[str, int]) -> Free:
        seen.append(held[HOST])
        return Free({HOST: 4096 * MIB})

    monkeypatch.setattr(room, "free_memory", free)
    chooser = planner(starter_gguf)
    chooser.plan(NEED)
    weight = bytearray(200 * MIB)
    weight[::4096] = b"x" * len(weight[::4096])
    chooser.plan(NEED)
    assert seen[1] - seen[0] > 150 * MIB


@pytest.mark.parametrize("memory", [1.0, 1.3])
def test_the_largest_context_is_what_a_plan_finds_room_for(
    memory: float, starter_gguf: Path, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where earlier readings took more than was predicted."""
    chooser = planner(starter_gguf)
    store_correction(kind_mark(read_header(starter_gguf)), chooser.machine(), Correction(memory))
    machine_with(monkeypatch, 4096 * MIB)
    assert chooser.largest_context(8192) == 8192
    assert chooser.largest_context(7000) == 7000, "no more than is asked for"
    seen = set()
    for size in (160, 180):
        machine_with(monkeypatch, round(size * memory) * MIB)
        largest = chooser.largest_context(8192)
        seen.add(largest)
        for context in (largest, largest + 256):
            found = chooser.plan(Need(min(8192, 2 * context), context, context - 64, 64))
            assert (found.chosen is not None) == (context <= largest), (size, context, largest)
    assert len(seen) == 2, "memory decides"
    assert max(seen) < 8192
    machine_with(monkeypatch, 50 * MIB)
    assert chooser.largest_context(8192) == 0

"""Speeds and corrections on disk: round trips, and files that nobody should trust."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.gguf.header import Header, TensorInfo
from assistant.hardware import Device, LlamaBuild
from assistant.paths import folder
from assistant.plan.correction import LARGEST_FACTORS, Correction
from assistant.plan.setting import Setting
from assistant.plan.speeds import Pace, Paces, Speeds, Way
from assistant.plan.stored import (
    kind_mark,
    machine_mark,
    speeds_in,
    speeds_out,
    store_correction,
    store_speeds,
    stored_correction,
    stored_speeds,
)

SPEEDS = Speeds(
    {
        Way("f16", "f16", False, 512): Paces(Pace(1e-4, 1e-8), Pace(1e-3, 2e-8)),
        Way("q8_0", "q4_0", True, 512, gpu=True): Paces(Pace(1e-5, 1e-9), Pace(1e-4, 2e-9)),
    },
    layers=10,
    output=0.002,
)


def file(name: str) -> Path:
    return folder("cache") / "plan" / f"{name}.json"


def test_speeds_come_back() -> None:
    assert stored_speeds("kind", "machine", 2) is None
    store_speeds("kind", "machine", 2, SPEEDS)
    assert stored_speeds("kind", "machine", 2) == SPEEDS
    for other in (("kind", "machine", 4), ("kind", "other", 2), ("other", "machine", 2)):
        assert stored_speeds(*other) is None
    store_speeds("kind", "machine", 2, replace(SPEEDS, complete=False))
    assert stored_speeds("kind", "machine", 2) == replace(SPEEDS, complete=False)
    assert not list(file("speeds").parent.glob("*.partial"))


DAMAGES = [
    b"", b"{", b"\xff\xfe\x00", b"[]", b"null", b'{"version": 1}', b'{"version": 1, "entries": []}',
    b'{"version": 2, "entries": {"kind-machine-2": {}, "kind-machine": {"memory": 1.2, "seconds": 1.2}}}',
    b'{"version": 1, "entries": {"kind-machine-2": null, "kind-machine": null}}',
    b'{"version": 1, "entries": {"kind-machine-2": {"ways": [[1]]}, "kind-machine": {"memory": "1", "seconds": 1}}}',
    b'{"version": 1, "entries": {"kind-machine": {"memory": NaN, "seconds": 1}}}',
    b"[" * 100000,
]  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES, ids=range(len(DAMAGES)))
def test_a_damaged_file_is_none_and_is_replaced(damage: bytes) -> None:
    for name in ("speeds", "corrections"):
        file(name).parent.mkdir(exist_ok=True)
        file(name).write_bytes(damage)
    assert stored_speeds("kind", "machine", 2) is None
    assert stored_correction("kind", "machine") == Correction()
    store_speeds("kind", "machine", 2, SPEEDS)
    store_correction("kind", "machine", Correction(1.1, 2.0))
    assert stored_speeds("kind", "machine", 2) == SPEEDS
    assert stored_correction("kind", "machine") == Correction(1.1, 2.0)


@pytest.mark.parametrize(
    "change",
    [
        {"layers": 0}, {"layers": True}, {"layers": None}, {"output": -1.0}, {"output": None}, {"ways": []},
        {"ways": {}}, {"ways": [["f16", "f16", False, 512, False, 1, 1, 1]]},
        {"ways": [["f16", "f16", False, 512, False, 1, 1, 1, float("inf")]]},
        {"ways": [["f16", "f16", False, 512, False, 1, 1, 1, -1]]},
        {"ways": [["f16", "f16", 0, 512, False, 1, 1, 1, 1]]},
        {"ways": [[8, "f16", False, 512, False, 1, 1, 1, 1]]},
        {"ways": [["f16", "f16", False, 1.5, False, 1, 1, 1, 1]]},
    ],
)  # fmt: skip
def test_nonsense_is_no_speed(change: dict[str, object]) -> None:
    assert speeds_in(speeds_out(SPEEDS)) == SPEEDS
    assert speeds_in(speeds_out(SPEEDS) | change) is None


def test_the_oldest_entries_go() -> None:
    for number in range(105):
        store_correction(str(number), "machine", Correction(1.25))
    assert stored_correction("0", "machine") == Correction()
    assert stored_correction("104", "machine") == Correction(1.25)
    assert len(json.loads(file("corrections").read_text(encoding="utf-8"))["entries"]) == 100


def test_a_folder_that_cannot_be_written_is_no_error(luciole_home: Path) -> None:
    (luciole_home / "cache").mkdir(exist_ok=True)
    (luciole_home / "cache" / "plan").write_text("a file is in the way", encoding="ascii")
    store_speeds("kind", "machine", 2, SPEEDS)
    assert stored_speeds("kind", "machine", 2) is None


def test_a_correction_from_elsewhere_stays_within_bounds() -> None:
    store_correction("kind", "machine", Correction(40.0, 1000.0))
    assert stored_correction("kind", "machine") == Correction(
        LARGEST_FACTORS["memory"][1], LARGEST_FACTORS["seconds"][1]
    )


@given(st.integers(1, 1 << 40), st.integers(0, 1 << 42), st.floats(0, 1), st.floats(0.8, 1.5))
def test_a_correction_moves_towards_what_was_seen(predicted: int, taken: int, filled: float, before: float) -> None:
    old = Correction(before)
    new = old.after_memory(predicted, taken, filled)
    least, most = LARGEST_FACTORS["memory"]
    assert least <= new.memory <= most
    target = taken / predicted
    if taken and target > before:
        assert new.memory >= before
    elif filled < 0.75:
        assert new == old
    else:
        assert new.memory <= before


def test_corrections_settle() -> None:
    correction = Correction()
    for _ in range(12):
        correction = correction.after_memory(1000, 1100, 1.0).after_seconds(10.0, 25.0)
    assert correction.memory == pytest.approx(1.1, abs=1e-3)
    assert correction.seconds == pytest.approx(2.5, abs=2e-3)
    assert correction.after_seconds(0.0, 5.0) == correction.after_seconds(5.0, 0.0) == correction


def test_seconds_of_a_setting() -> None:
    setting = Setting(8192, "f16", "f16", False, 0, 512)
    found = SPEEDS.seconds(setting, 1000, 100)
    assert found is not None
    assert found.read == pytest.approx(10 * (1000 * 1e-4 + 1e-8 * 1000 * 500) + 0.002)
    assert found.write == pytest.approx(10 * (100 * 1e-3 + 2e-8 * 100 * 1050) + 0.2)
    assert SPEEDS.seconds(replace(setting, batch=128), 1000, 100) is None
    # five layers and the output on the GPU: the rest is computed on the processor, in a way that was not measured
    assert SPEEDS.seconds(Setting(8192, "q8_0", "q4_0", True, 6, 512), 1000, 100) is None
    all_there = SPEEDS.seconds(Setting(8192, "q8_0", "q4_0", True, 11, 512), 1000, 0)
    assert all_there is not None
    assert all_there.read == pytest.approx(10 * (1000 * 1e-5 + 1e-9 * 1000 * 500) + 0.002)


def header(*, context: int = 4096, heads: int = 4, kind: int = 12) -> Header:
    tensors = tuple(TensorInfo(f"blk.{layer}.attn_q.weight", (256, 256), kind, "", 0, 36864) for layer in range(3))
    keys = {"general.architecture": "llama", "llama.context_length": context, "llama.attention.head_count": heads}
    return Header(3, 32, keys | {"general.name": str(context)}, tensors, 0, 0)


def test_kinds_of_models() -> None:
    assert kind_mark(header()) == kind_mark(header(context=32768))
    assert len({kind_mark(found) for found in (header(), header(heads=8), header(kind=2))}) == 3


def test_kinds_of_machines() -> None:
    build = LlamaBuild("0.3.36", "0.9", ("AVX2 = 1",), False, (Device("CPU", "a processor", "cpu", 5, 9),))
    changed = [
        replace(build, version="0.3.37"),
        replace(build, features=("AVX512 = 1",)),
        replace(build, devices=(Device("CPU", "another", "cpu", 5, 9),)),
    ]
    assert len({machine_mark(found) for found in [build, *changed]}) == 4
    assert machine_mark(replace(build, devices=(Device("CPU", "a processor", "cpu", 1, 9),))) == machine_mark(build)

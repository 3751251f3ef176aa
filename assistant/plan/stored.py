"""Speeds and corrections kept in the cache folder, as JSON by kind of model and machine.

What is damaged, foreign or of another version counts as not there: it is measured or learned anew, and replaced. Two
programs that write at the same moment lose one entry, never the file.
"""

import hashlib
import json
import os
import platform
import re
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from math import isfinite
from pathlib import Path
from typing import Any, Literal, TypeGuard

from assistant.gguf.header import Header
from assistant.hardware import LlamaBuild
from assistant.paths import folder
from assistant.plan.correction import Correction
from assistant.plan.speeds import Pace, Paces, Speeds, Way

VERSION = 1
_MOST_ENTRIES = 100
_MOST_BYTES = 1 << 22
_NUMBER = re.compile(r"(?<=blk\.)\d+")
_UNLIKE = ("context_length", "rope.")
"""Keys in which models differ without costing another time."""


def machine_mark(build: LlamaBuild) -> str:
    """Stands for this machine and build: with another one of either, nothing measured here holds."""
    devices = [(device.name, device.description) for device in build.devices]
    return _mark([build.version, build.ggml, build.features, devices, os.cpu_count(), platform.machine()])


def kind_mark(header: Header) -> str:
    """Stands for models that cost the same time: architecture, sizes, shapes and types."""
    of = f"{header.architecture}."
    keys = {
        key: value
        for key, value in header.metadata.items()
        if key.startswith(of) and not key.removeprefix(of).startswith(_UNLIKE)
    }
    tensors = Counter((_NUMBER.sub("", tensor.name), tensor.shape, tensor.type_id) for tensor in header.tensors)
    return _mark([header.architecture, sorted(keys.items()), sorted(tensors.items())])


def stored_speeds(kind: str, machine: str, threads: int) -> Speeds | None:
    """What was measured before; None where nothing was."""
    return speeds_in(_entries("speeds").get(f"{kind}-{machine}-{threads}"))


def store_speeds(kind: str, machine: str, threads: int, speeds: Speeds) -> None:
    """Keep them; where the disk refuses, the next plan measures anew."""
    _store("speeds", f"{kind}-{machine}-{threads}", speeds_out(speeds))


def stored_correction(kind: str, machine: str) -> Correction:
    """What was learned before; no correction where nothing was."""
    found = _entries("corrections").get(f"{kind}-{machine}")
    if not isinstance(found, dict):
        return Correction()
    memory, seconds = found.get("memory"), found.get("seconds")
    return Correction(memory, seconds).bounded() if _is_number(memory) and _is_number(seconds) else Correction()


def store_correction(kind: str, machine: str, correction: Correction) -> None:
    """Keep it."""
    _store("corrections", f"{kind}-{machine}", {"memory": correction.memory, "seconds": correction.seconds})


def speeds_out(speeds: Speeds) -> dict[str, object]:
    """Of plain types, for `speeds_in`."""
    ways = [
        [
            way.k,
            way.v,
            way.flash,
            way.batch,
            way.gpu,
            paces.read.base,
            paces.read.slope,
            paces.write.base,
            paces.write.slope,
        ]
        for way, paces in speeds.ways.items()
    ]
    return {"layers": speeds.layers, "output": speeds.output, "complete": speeds.complete, "ways": ways}


def speeds_in(value: object) -> Speeds | None:
    """None where the value is not what `speeds_out` makes."""
    if not isinstance(value, dict) or not isinstance(value.get("ways"), list):
        return None
    ways: dict[Way, Paces] = {}
    for row in value["ways"]:
        if not isinstance(row, list) or len(row) != 9:
            return None
        k, v, flash, batch, gpu, *numbers = row
        texts = isinstance(k, str) and isinstance(v, str) and isinstance(flash, bool) and isinstance(gpu, bool)
        if not texts or type(batch) is not int or not all(_is_number(number) for number in numbers):
            return None
        ways[Way(k, v, flash, batch, gpu)] = Paces(Pace(*numbers[:2]), Pace(*numbers[2:]))
    layers, output = value.get("layers"), value.get("output")
    if type(layers) is not int or layers < 1 or not _is_number(output) or not ways:
        return None
    return Speeds(ways, layers, float(output), complete=value.get("complete") is True)


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value) and value >= 0


def _file(name: Literal["speeds", "corrections"]) -> Path:
    return folder("cache") / "plan" / f"{name}.json"


def _entries(name: Literal["speeds", "corrections"]) -> dict[str, Any]:
    try:
        with _file(name).open("rb") as file:
            found = json.loads(file.read(_MOST_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(found, dict) or found.get("version") != VERSION or not isinstance(found.get("entries"), dict):
        return {}
    entries: dict[str, Any] = found["entries"]
    return entries


def _store(name: Literal["speeds", "corrections"], key: str, value: Mapping[str, object]) -> None:
    """A file beside it, then a rename; the oldest entries go where there are many."""
    entries = _entries(name)
    entries.pop(key, None)
    entries[key] = value
    kept = dict(list(entries.items())[-_MOST_ENTRIES:])
    target = _file(name)
    partial = target.with_name(f"{target.name}.{os.getpid()}.partial")
    try:
        target.parent.mkdir(exist_ok=True)
        partial.write_text(json.dumps({"version": VERSION, "entries": kept}), encoding="utf-8")
        partial.replace(target)
    except OSError:  # the disk is full or not ours: it is only a cache
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def _mark(value: object) -> str:
    return hashlib.sha256(json.dumps(value, default=str).encode()).hexdigest()[:24]

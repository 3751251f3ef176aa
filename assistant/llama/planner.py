"""Plans for one model in the process that runs it, and `python -P -m assistant.llama.planner` for those that must not.

It brings together what `plan.plan` weighs: sizes by llama.cpp's dry run, the memory that is free now, speeds measured
once per kind of model (in a process of their own), and what earlier readings taught. How an engine uses it, `plan.plan`
shows.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import llama_cpp
import psutil

from assistant.engine import EngineSettings
from assistant.errors import EngineFailed, PromptTooLong
from assistant.gguf.file import read_header
from assistant.gguf.header import Header
from assistant.hardware import Device, LlamaBuild
from assistant.llama.build import build
from assistant.llama.candidates import Candidates
from assistant.llama.log import llama_log
from assistant.llama.sizes import private_bytes
from assistant.plan.asking import ask, serve
from assistant.plan.machine import HOST, Free, free_memory
from assistant.plan.output import plan_out
from assistant.plan.plan import LEAST_CONTEXT, Need, Option, Plan, plan
from assistant.plan.speeds import Speeds
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

_MEASURE_SECONDS = 180.0
"""The measurement itself stops after 20; a machine that is busy or swaps has the rest."""
_ROUNDS = 3
"""Whoever asks for a plan waits longer: on a busy machine one measurement gets through half of the ways."""
_WORTH_SECONDS = 90.0
"""An engine measures before it reads for longer than this; a short question is answered at once instead."""
_OPERATIONS_A_SECOND = 2e10
"""Of one core, roughly; only to tell a long reading from a short one."""
_TEMPLATE_TOKENS = 256
"""Room for the words around a document: the instruction, and what the template adds."""
_LEAST_TOKENS = 512
"""A shorter reading teaches nothing of speed."""


class Planner:
    """Plans contexts of one model. Make it before the model is loaded: it remembers what the process took then."""

    def __init__(self, path: Path, header: Header, settings: EngineSettings, *, threads: int) -> None:
        llama_log()
        self._path = path
        self._header = header
        self._settings = settings
        self.threads = threads
        self.threads_are_fixed = settings.threads is not None
        self._private_before = private_bytes()
        self._before = _resident()
        self._build: LlamaBuild | None = None
        self._kind = kind_mark(header)
        self._measured = False
        """Once is enough for a process, also where the time was not enough for all ways."""

    def gpu_layers(self) -> int:
        """How many layers to load onto the GPUs, the output counting as one; before the prompt is known.

        As asked, or all that leave room for a usual context. Raises EngineFailed.
        """
        if not llama_cpp.llama_supports_gpu_offload():
            return 0
        if self._settings.gpu_layers is not None:
            return self._settings.gpu_layers
        most = self._settings.context or self._header.context or LEAST_CONTEXT
        context = min(most, LEAST_CONTEXT)
        found = self.plan(Need(context, context, context // 2, 0), may_measure=False)
        return found.chosen.setting.gpu_layers if found.chosen else 0

    def plan(
        self,
        need: Need,
        *,
        sequences: int = 1,
        apart: bool = False,
        gpu_layers: int | None = None,
        running: Option | None = None,
        may_measure: bool | None = None,
        interrupted: Callable[[], bool] = lambda: False,
    ) -> Plan:
        """The plan for a need. `gpu_layers`: of the model that is loaded already; `running`: the context in its place,
        which is given up for the new one. Speeds that were never measured are measured where the reading is long enough
        to be worth 20 seconds (`may_measure` decides otherwise). Raises EngineFailed.
        """
        machine = self.machine()
        correction = stored_correction(self._kind, machine)
        with Candidates(self._path, self._header, self._settings) as candidates:
            free = self._free(running, candidates.model(gpu_layers).weights if gpu_layers else {})
            believed = free.over(correction.memory)
            found = candidates.all_for(need, believed, sequences=sequences, apart=apart, gpu_layers=gpu_layers)
        speeds = stored_speeds(self._kind, machine, self.threads)
        if may_measure is None:
            may_measure = self._worth_measuring(need)
        if may_measure and not self._measured and (speeds is None or not speeds.complete):
            self._measured = True
            speeds = self._measure(speeds, interrupted) or speeds
        return plan(need, found, speeds, free, correction)

    def largest_context(self, most: int, *, gpu_layers: int = 0, running: Option | None = None) -> int:
        """Tokens of the largest context up to `most` that `plan` finds room for now, with the layers that are loaded on
        GPUs, or with fewer; 0: none. `running`: as for `plan`. Raises EngineFailed.
        """
        factor = stored_correction(self._kind, self.machine()).memory
        with Candidates(self._path, self._header, self._settings) as candidates:
            free = self._free(running, candidates.model(gpu_layers).weights if gpu_layers else {})
            largest = candidates.largest(most, free.over(factor), gpu_layers)
            if gpu_layers and largest < most:
                largest = max(largest, candidates.largest(most, self._free(None, {}).over(factor)))
        return largest

    def learn(self, option: Option, *, read: int, depth: int, seconds: float) -> None:
        """After a reading: of `depth` tokens in memory now, `read` were read in so many seconds.

        What the process took and how long it read is held against the plan's figures, and improves the next one.
        """
        machine = self.machine()
        before = correction = stored_correction(self._kind, machine)
        correction = correction.after_memory(option.sizes.on(HOST), self.taken_bytes(), depth / option.setting.context)
        speeds = stored_speeds(self._kind, machine, self.threads)
        if speeds is not None and read >= _LEAST_TOKENS:
            whole, rest = (speeds.seconds(option.setting, count, 0) for count in (depth, depth - read))
            if whole is not None and rest is not None:
                correction = correction.after_seconds(whole.read - rest.read, seconds)
        if correction != before:
            store_correction(self._kind, machine, correction)

    def taken_bytes(self) -> int:
        """Memory of the host that this process has taken since the planner was made: its own, and the pages of the
        model's file. What llama.cpp copied out of the file counts once: the file's pages of it can go."""
        return max(0, _resident() - self._before - llama_log().copied)

    def machine(self) -> str:
        """Stands for this machine and this build of llama.cpp."""
        if self._build is None:
            self._build = _build()
        return machine_mark(self._build)

    def devices(self) -> tuple[Device, ...]:
        """What llama.cpp can compute on here."""
        if self._build is None:
            self._build = _build()
        return self._build.devices

    def _free(self, running: Option | None, loaded: Mapping[str, int]) -> Free:
        """Free for the whole model: what this process holds already is free for it."""
        held = dict({name: running.sizes.on(name) for name in running.sizes.devices} if running else loaded)
        held[HOST] = max(0, private_bytes() - self._private_before)
        return free_memory(_build().devices, held)

    def _worth_measuring(self, need: Need) -> bool:
        return 2 * self._header.parameters * need.unread / (_OPERATIONS_A_SECOND * self.threads) > _WORTH_SECONDS

    def _measure(self, known: Speeds | None, interrupted: Callable[[], bool]) -> Speeds | None:
        """Speeds from a process of their own; None where they cannot be measured."""
        speeds, complete = known, True
        for gpu in (False, True) if _has_gpu() else (False,):
            request = {
                "path": str(self._path.absolute()),
                "threads": self.threads,
                "gpu": gpu,
                "known": speeds_out(speeds) if speeds else None,
            }
            try:
                found = ask("assistant.llama.speeds", request, seconds=_MEASURE_SECONDS, interrupted=interrupted)
            except EngineFailed:
                continue  # the plan says that they were not measured
            speeds = speeds_in(found) or speeds
            complete = complete and speeds is not None and speeds.complete
        if speeds is not None and speeds is not known:
            speeds = replace(speeds, complete=complete)
            store_speeds(self._kind, self.machine(), self.threads, speeds)
        return speeds


def cores() -> int:
    """Cores this process may use. Two threads on one core wait for each other: hyper-threads are not counted."""
    physical = psutil.cpu_count(logical=False) or 1
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else physical
    return max(1, min(physical, allowed))


def main() -> None:
    """One request from stdin, one answer on stdout."""
    serve(_planned)


def _planned(wanted: Mapping[str, Any]) -> dict[str, object]:
    """{path, context, text, answer, gpu_layers, kv, threads} to the fields of `luciole plan --json`.

    Without a text and a context it is the largest context that fits, of all the model was trained for. With a true
    `export`, nothing is measured for it, and what llama.cpp takes the vocabulary for comes too.
    """
    path = Path(wanted["path"])
    header = read_header(path)
    kv = tuple(wanted["kv"]) if wanted["kv"] else None
    settings = EngineSettings(wanted["context"], wanted["gpu_layers"], wanted["threads"], kv)
    planner = Planner(path, header, settings, threads=wanted["threads"] or cores())
    trained = header.context or LEAST_CONTEXT
    answer: int = wanted["answer"]
    tokens = None
    if wanted["text"] is not None:
        with Candidates(path, header, settings) as candidates:
            tokens = len(candidates.model().model.encode_text(wanted["text"]))
        prompt = tokens + _TEMPLATE_TOKENS
        need = Need.of(prompt, answer, most=max(trained, prompt + answer))
        if wanted["context"] is not None:
            need = replace(need, context=wanted["context"], least=wanted["context"])
        limit = min(trained, wanted["context"] or trained)
        if prompt + answer > limit:
            raise PromptTooLong(
                f"the document has {tokens:,} tokens; at most {max(0, limit - answer - _TEMPLATE_TOKENS):,} fit the "
                f"context of {limit:,} beside instruction and answer; shorten it, or use a model with a longer context",
                tokens=prompt,
                limit=limit - answer,
            )
    elif wanted["context"] is not None:
        need = Need(wanted["context"], wanted["context"], max(1, wanted["context"] - answer), answer)
    else:
        need = Need(trained, min(trained, LEAST_CONTEXT), max(1, trained - answer), answer)
    if need.context > trained:
        raise EngineFailed(
            f"a context of {need.context:,} tokens was asked for; {path.name} was trained for {trained:,}; "
            "ask for at most that"
        )
    export = bool(wanted.get("export"))
    found = planner.plan(need, may_measure=not export)
    more: dict[str, object] = {"tokens": tokens, "threads": planner.threads}
    if export:
        with Candidates(path, header, settings) as candidates:
            more["vocabulary"] = candidates.model().model.habits
    return plan_out(found) | more


def _build() -> LlamaBuild:
    found: dict[str, Any] = build()
    devices = tuple(Device(**device) for device in found.pop("devices"))
    return LlamaBuild(features=tuple(found.pop("features")), devices=devices, **found)


def _has_gpu() -> bool:
    return bool(llama_cpp.llama_supports_gpu_offload())


def _resident() -> int:
    resident: int = psutil.Process().memory_info().rss
    return resident


if __name__ == "__main__":
    main()

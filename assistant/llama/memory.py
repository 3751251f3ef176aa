"""What a model takes of the memory in each context and each way to keep it, counted by llama.cpp; nothing is loaded.

`python -P -m assistant.llama.memory` answers one question in a process of its own (`assistant.library.memory` asks it).
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from assistant.engine import EngineSettings
from assistant.gguf.file import read_header
from assistant.llama.candidates import Candidates
from assistant.llama.planner import Planner, cores
from assistant.plan.asking import serve
from assistant.plan.machine import HOST, Free, free_memory
from assistant.plan.plan import LEAST_CONTEXT, Need, Option, plan
from assistant.plan.stored import kind_mark, stored_correction, stored_speeds

_ANSWER = 512
"""Tokens of an answer at the end of a full context, for the seconds."""
_MOST_CONTEXTS = 12


def contexts(trained: int) -> list[int]:
    """4K, and its doubles up to what the model was trained for, and that."""
    found = [trained]
    context = LEAST_CONTEXT
    while context < trained:
        found.append(context)
        context *= 2
    return sorted(found)[:_MOST_CONTEXTS]


def best_of_each_kind(options: Iterable[Option], chosen: Option | None) -> list[Option]:
    """For each way to keep keys and values the best option: the chosen one, else one that fits, else the smallest."""
    kinds: dict[str, Option] = {}
    for option in sorted(options, key=lambda option: (option != chosen, not option.fits, option.memory)):
        kinds.setdefault(option.setting.kv, option)
    return sorted(kinds.values(), key=lambda option: -option.memory)


def main() -> None:
    """One request from stdin, one answer on stdout."""
    serve(_counted)


def _counted(wanted: Mapping[str, Any]) -> dict[str, object]:
    """{path, held} to {"rows": [...]}, each row with the fields of `library.memory.MemoryRow`.

    `held`: bytes of the host's memory that a running engine would give back.
    """
    path = Path(wanted["path"])
    header = read_header(path)
    settings = EngineSettings()
    planner = Planner(path, header, settings, threads=cores())
    machine, kind = planner.machine(), kind_mark(header)
    correction, speeds = stored_correction(kind, machine), stored_speeds(kind, machine, planner.threads)
    rows: list[dict[str, object]] = []
    with Candidates(path, header, settings) as candidates:
        free = free_memory(planner.devices(), {HOST: int(wanted["held"])})
        for context in contexts(header.context or LEAST_CONTEXT):
            need = Need(context, context, max(1, context - _ANSWER), _ANSWER)
            found = plan(need, candidates.of(context, free.over(correction.memory)), speeds, free, correction)
            rows += _rows(best_of_each_kind(found.options, found.chosen), found.chosen, free)
    return {"rows": rows}


def _rows(options: Sequence[Option], chosen: Option | None, free: Free) -> list[dict[str, object]]:
    return [
        {
            "context": option.setting.context,
            "kv": option.setting.kv_words,
            "bytes": option.memory,
            "weights": sum(option.sizes.weights.values()),
            "free": _free_for(option, free),
            "fits": option.fits,
            "chosen": option == chosen,
            "gpu_layers": option.setting.gpu_layers,
            "first_word": option.seconds.read if option.seconds else None,
        }
        for option in options
    ]


def _free_for(option: Option, free: Free) -> int:
    """Of all devices that it would lie on; memory that is the host's too counts once."""
    devices = option.sizes.devices | {HOST}
    return sum(free.usable.get(device, 0) for device in devices if device not in free.shared)


if __name__ == "__main__":
    main()

"""`python -m bench.filling MODEL CONTEXT K V MEASURE`: one plan held against what its context really took.

A process of its own, since memory that was given back once cannot be counted. The context is filled to the last batch
with tokens of no meaning. One JSON object: bytes and seconds, predicted and taken.
"""

import json
import random
import sys
from pathlib import Path
from time import perf_counter

from assistant.engine import EngineSettings
from assistant.gguf.file import read_header
from assistant.llama.context import LlamaContext
from assistant.llama.model import load_model
from assistant.llama.planner import Planner, cores
from assistant.plan.plan import Need

_BATCH = 512
_ANSWER = 64


def main(model: str, context: str, k: str, v: str, measure: str) -> None:
    """Plan, load, fill, and say what it took."""
    path, size = Path(model), int(context)
    header = read_header(path)
    settings = EngineSettings(context=size, kv=(k, v))
    planner = Planner(path, header, settings, threads=cores())
    prompt = size - _ANSWER
    found = planner.plan(Need(size, size, prompt, _ANSWER), may_measure=measure == "yes")
    option = found.chosen
    if option is None:
        raise found.refusal
    loading = load_model(path, option.setting.gpu_layers)
    while True:
        try:
            next(loading)
        except StopIteration as end:
            loaded = end.value
            break
    opened = LlamaContext(loaded, option.setting, threads=planner.threads, interrupted=lambda: False)
    rng = random.Random(1)
    tokens = [rng.randrange(loaded.vocabulary) for _ in range(prompt)]
    started = perf_counter()
    for at in range(0, prompt, _BATCH):
        opened.decode(tokens[at : at + _BATCH])
    seconds = perf_counter() - started
    print(
        json.dumps(
            {
                "flash": option.setting.flash,
                "batch": option.setting.batch,
                "predicted": option.memory,
                "taken": planner.taken_bytes(),
                "predicted_seconds": option.seconds.read if option.seconds else None,
                "seconds": seconds,
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:6])

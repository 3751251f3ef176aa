"""How much memory a model takes in each setting, for people to choose by; llama.cpp is asked in a child process."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import EngineFailed
from assistant.plan.asking import ask

_PATIENCE_SECONDS = 120
"""It takes one or two; on a machine that swaps, many times that."""


@dataclass(frozen=True, slots=True)
class MemoryRow:
    """One setting. Sizes in bytes."""

    context: int
    """Tokens."""
    kv: str
    """Types of keys and values as `--kv` takes them: `q8_0`, `q8_0/f16`."""
    bytes: int
    """What it takes: weights, keys and values, buffers; corrected by what earlier readings really took."""
    weights: int
    free: int
    """What may be taken now of the devices it would lie on, a reserve left aside."""
    fits: bool
    chosen: bool
    """What an engine takes for this context where nobody says otherwise."""
    gpu_layers: int = 0
    first_word: float | None = None
    """Seconds to read a context full of text, where speeds were measured."""


def memory_rows(
    path: Path, *, held: int = 0, interrupted: Callable[[], bool] = lambda: False
) -> tuple[MemoryRow, ...] | None:
    """For each context from 4K to what the model was trained for, each way to keep keys and values, the largest first.

    `held`: bytes of the host's memory that would be given back before (those of a running model, without its weights,
    which the system gives back anyway). Takes a second or two; None where `interrupted` said so meanwhile. Raises
    InvalidModelFile for a file that is no model, EngineFailed.
    """
    request = {"path": str(path.absolute()), "held": held}
    found = ask("assistant.llama.memory", request, seconds=_PATIENCE_SECONDS, interrupted=interrupted)
    if found is None:
        return None
    try:
        return tuple(MemoryRow(**row) for row in found["rows"])
    except (KeyError, TypeError) as error:
        raise EngineFailed("llama.cpp gave no sizes; a row for each setting was expected; try again") from error

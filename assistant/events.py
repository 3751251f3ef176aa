"""What an engine says while it works: frozen values, in this order: `Loading* Settled? Reading* Text* Finished`.

`Loading` comes only when the model was not in memory, `Settled` only when room for the reading had to be made. A stream
that is closed early ends without `Finished`; one that fails ends with an exception from `assistant.errors`. The module
knows nothing of models, processes or screens.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from time import monotonic
from typing import Literal, TypeVar

FinishReason = Literal["stop", "length", "repetition"]
"""`stop`: the model ended its answer (or a stop text came); `length`: the answer reached its limit of tokens;
`repetition`: it had begun to say the same thing without end."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What one answer took. Tokens are the model's own; seconds are wall-clock."""

    prompt_tokens: int = 0
    reused_tokens: int = 0
    """Part of `prompt_tokens` that was already in memory and was not read again."""
    answer_tokens: int = 0
    context: int = 0
    """Size of the context in use, in tokens."""
    load_seconds: float = 0.0
    read_seconds: float = 0.0
    write_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Loading:
    """The model is being loaded; `fraction` goes from 0 to 1."""

    fraction: float


@dataclass(frozen=True, slots=True)
class Settled:
    """Room was made for what is to be read: how much, and why in this way."""

    context: int
    """In tokens."""
    kv: str
    """Types of keys and values, as `q8_0/f16`."""
    gpu_layers: int
    memory: int
    """Bytes by the plan: weights, keys and values, buffers."""
    reason: str
    """One sentence with the figures it rests on."""
    stepped_down: bool = False
    """A better setting was tried first and failed; `reason` says so."""

    @property
    def is_worth_saying(self) -> bool:
        """The user loses something by it: exactness, or the setting that should have been."""
        return self.stepped_down or self.kv != "f16/f16"


@dataclass(frozen=True, slots=True)
class Reading:
    """`done` of `total` prompt tokens are in memory; `reused` of them were there before and were not read again."""

    done: int
    total: int
    reused: int = 0


@dataclass(frozen=True, slots=True)
class Text:
    """The next piece of the answer; pieces concatenated are the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The answer is complete."""

    reason: FinishReason
    usage: Usage


Event = Loading | Settled | Reading | Text | Finished

Item = TypeVar("Item")


def coalesce(events: Iterable[Item], *, hz: float = 20.0) -> Iterator[Item | Text]:
    """The same events with neighbouring `Text`s joined to at most `hz` a second; everything else passes at once.

    A screen that redraws on every token takes the processor from the model that writes them.
    """
    pending: list[str] = []
    last = 0.0
    for event in events:
        if isinstance(event, Text):
            pending.append(event.text)
            if monotonic() - last < 1.0 / hz:
                continue
        if pending:
            yield Text("".join(pending))
            pending.clear()
            last = monotonic()
        if not isinstance(event, Text):
            yield event
    if pending:
        yield Text("".join(pending))

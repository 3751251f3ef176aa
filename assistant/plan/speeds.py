"""Seconds that reading and writing take on this machine, by how keys and values are kept."""

from collections.abc import Mapping
from dataclasses import dataclass

from assistant.plan.setting import Setting

BATCHES = (512, 128)
"""Tokens computed at once: the usual number, and where attention scores would fill the memory. With flash attention
there are none, and the usual number serves."""


@dataclass(frozen=True, slots=True)
class Seconds:
    """Predicted: until the first word, and from there to the last one of the answer."""

    read: float
    write: float

    @property
    def total(self) -> float:
        return self.read + self.write


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds a token: at the beginning, and what each token before it adds."""

    base: float
    slope: float

    def of(self, first: int, count: int) -> float:
        """Seconds for `count` tokens after `first` others."""
        return count * (self.base + self.slope * (first + count / 2))


@dataclass(frozen=True, slots=True)
class Way:
    """How attention is computed, and where: `gpu` or not."""

    k: str
    v: str
    flash: bool
    batch: int
    gpu: bool = False


@dataclass(frozen=True, slots=True)
class Paces:
    """Of one layer, in one way."""

    read: Pace
    write: Pace


@dataclass(frozen=True, slots=True)
class Speeds:
    """Measured on this machine with layers like the model's."""

    ways: Mapping[Way, Paces]
    layers: int
    """Of the whole model."""
    output: float = 0.0
    """Seconds that the choice of one token takes beyond the layers."""
    complete: bool = True
    """All ways were tried; otherwise the time was up before."""

    def seconds(self, setting: Setting, prompt: int, answer: int) -> Seconds | None:
        """To read `prompt` tokens and write `answer` more; None where that way was not measured."""
        offloaded = min(max(0, setting.gpu_layers - 1), self.layers)  # the output counts as one
        read = write = 0.0
        for gpu, layers in ((False, self.layers - offloaded), (True, offloaded)):
            if layers:
                paces = self.ways.get(Way(setting.k, setting.v, setting.flash, setting.batch, gpu))
                if paces is None:
                    return None
                read += layers * paces.read.of(0, prompt)
                write += layers * paces.write.of(prompt, answer)
        return Seconds(read + self.output, write + answer * self.output)

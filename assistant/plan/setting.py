"""How a context is made, and what it takes: frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass

MemoryKind = tuple[str, str, bool]
"""Types of keys and values, and flash attention, which lays values out in another way."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One way to make a context of a model."""

    context: int
    """In tokens, of all sequences together."""
    k: str
    """Type of the keys: `f16`, `q8_0` or `q4_0`."""
    v: str
    """Type of the values; other than `f16` only with flash attention."""
    flash: bool
    """Flash attention."""
    gpu_layers: int
    """Layers to offload, the output counting as one."""
    batch: int
    """Tokens computed at once."""
    sequences: int = 1
    apart: bool = False
    """Each sequence has an equal part of the context to itself. Otherwise they share it, and what they begin with
    alike; but then each token also looks over what is the others', only to leave it out, which takes as long."""

    @property
    def room(self) -> int:
        """Tokens of the context that one sequence may have."""
        return self.context // self.sequences if self.apart else self.context

    @property
    def memory_kind(self) -> "MemoryKind":
        """What the memory is like: another context can take it over only where this is the same."""
        return self.k, self.v, self.flash

    @property
    def same_with_any_threads(self) -> bool:
        """The processor computes the same to the bit with any number of threads. Flash attention over f16 shares out
        what was read before a token among them, and adds up their parts (ggml-cpu's ops.cpp)."""
        return not (self.flash and self.k == self.v == "f16")

    @property
    def kv(self) -> str:
        """Types of keys and values, as `q8_0/f16`."""
        return f"{self.k}/{self.v}"

    @property
    def kv_words(self) -> str:
        """The same as `--kv` takes it, `q8_0` where both are alike."""
        return self.k if self.k == self.v else self.kv


@dataclass(frozen=True, slots=True)
class Sizes:
    """Bytes by the name of the device."""

    weights: Mapping[str, int]
    kv: Mapping[str, int]
    compute: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(sum(part.values()) for part in (self.weights, self.kv, self.compute))

    @property
    def devices(self) -> frozenset[str]:
        """Those on which anything lies."""
        return frozenset(name for part in (self.weights, self.kv, self.compute) for name in part)

    def on(self, device: str) -> int:
        return sum(part.get(device, 0) for part in (self.weights, self.kv, self.compute))

    @property
    def working(self) -> int:
        """What comes on top of the weights."""
        return self.total - sum(self.weights.values())

"""What a conversion says while it works and when it is done: frozen values, no behaviour."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Step:
    """`done` of `total` bytes of the output are written; `name` says what is being done."""

    name: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Fact:
    """A value in the file and the place it was taken from."""

    name: str
    value: str
    source: str


@dataclass(frozen=True, slots=True)
class RopeReport:
    """Kind (`none`, `default`, `linear`, `yarn`, …), base frequency (None: no rotation) and where it was found."""

    kind: str
    base: float | None
    source: str


@dataclass(frozen=True, slots=True)
class TemplateReport:
    """Name of the prompt format (None: the checkpoint carries none) and where it was found."""

    name: str | None
    source: str


@dataclass(frozen=True, slots=True)
class Report:
    """The finished file. The fields named in the command's JSON keep their names."""

    output: Path
    bytes: int
    seconds: float
    quantization: str
    rope: RopeReport
    context: int
    template: TemplateReport
    tokens_checked: int
    """Texts whose token ids are equal in llama.cpp (with this file) and in the `tokenizers` library."""
    warnings: tuple[str, ...]
    facts: tuple[Fact, ...]
    unread: tuple[str, ...]
    """Keys of config.json that nothing asked for and that are not known to change the maths."""
    quantizer_seconds: float
    """Time inside llama.cpp's quantizer, added up over all threads."""
    threads: int


@dataclass(frozen=True, slots=True)
class PlannedTensor:
    """A tensor that would be written: shape outermost dimension first, ggml's name of its type, bytes."""

    name: str
    shape: tuple[int, ...]
    type: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Preview:
    """The last event of a dry run: what would be written, nothing of which was. Fields as in `Report`."""

    output: Path
    bytes: int
    free_bytes: int
    """Room on the target's disk."""
    peak_memory_bytes: int
    """Private memory at the worst moment; an estimate from above."""
    seconds: float
    """Expected time for the numbers, measured on samples; reading and writing add what the disk takes for it."""
    source_bytes: int
    """Weights to be read."""
    quantization: str
    rope: RopeReport
    context: int
    template: TemplateReport
    tokens_checked: int
    warnings: tuple[str, ...]
    facts: tuple[Fact, ...]
    unread: tuple[str, ...]
    tensors: tuple[PlannedTensor, ...]


@dataclass(frozen=True, slots=True)
class Converted:
    """The last event: the file is complete, synced and under its final name."""

    report: Report


@dataclass(frozen=True, slots=True)
class Recognised:
    """The family of a checkpoint is one that can be converted."""

    architecture: str
    """As config.json names it."""


Event = Step | Converted | Preview | Recognised

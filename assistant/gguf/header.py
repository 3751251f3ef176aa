"""What a GGUF says about itself, as frozen values, with the facts people ask for by name.

It holds what the file claims, checked against the file's own size by `gguf.file`; it knows nothing of llama.cpp.
Source of the keys: the GGUF specification (`ggml/docs/gguf.md`).
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import prod

from assistant.gguf.types import FILE_TYPES

Value = int | float | bool | str | tuple[int, ...] | tuple[float, ...] | tuple[bool, ...] | tuple[str, ...]
"""One value of the metadata; arrays are tuples of one kind."""

SPECIAL_TOKENS = ("bos", "eos", "eot", "eom", "unknown", "seperator", "padding", "mask")
"""Middle part of the keys `tokenizer.ggml.*_token_id`; `seperator` is spelled so in the format."""


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """One tensor: `shape` has the fastest dimension first, `offset` is from the start of the data, `size` in bytes."""

    name: str
    shape: tuple[int, ...]
    type_id: int
    type_name: str
    offset: int
    size: int

    @property
    def elements(self) -> int:
        return prod(self.shape)


@dataclass(frozen=True, slots=True)
class Rope:
    """The rotary embedding as the file states it; None: the file is silent and llama.cpp takes its default."""

    base: float | None
    dimensions: int | None
    scaling: str
    """`none`, `linear`, `yarn`, `longrope`, or `llama3` where the factors are a tensor of the file."""
    factor: float | None
    original_context: int | None


@dataclass(frozen=True, slots=True)
class SpecialToken:
    """`role` is `bos`, `eos`, ...; `text` is empty where the id has no token."""

    role: str
    id: int
    text: str


@dataclass(frozen=True)
class Header:
    """Everything in a GGUF but the weights. `data_offset` and `file_bytes` in bytes from the start of the file."""

    version: int
    alignment: int
    metadata: Mapping[str, Value] = field(repr=False)
    tensors: tuple[TensorInfo, ...] = field(repr=False)
    data_offset: int
    file_bytes: int

    def text(self, key: str) -> str | None:
        """The value of a key, if it is there and a string."""
        value = self.metadata.get(key)
        return value if isinstance(value, str) else None

    def number(self, key: str) -> int | None:
        """The value of a key, if it is there and a whole number."""
        value = self.metadata.get(key)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def real(self, key: str) -> float | None:
        """The value of a key, if it is there and any number."""
        value = self.metadata.get(key)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None

    @property
    def architecture(self) -> str:
        """`general.architecture`, or `unknown`."""
        return self.text("general.architecture") or "unknown"

    @property
    def name(self) -> str | None:
        return self.text("general.name")

    @cached_property
    def parameters(self) -> int:
        """Elements of all tensors."""
        return sum(tensor.elements for tensor in self.tensors)

    @cached_property
    def tensor_types(self) -> dict[str, int]:
        """Tensors of each type, the most frequent first."""
        return dict(Counter(tensor.type_name for tensor in self.tensors).most_common())

    @cached_property
    def quantization(self) -> str:
        """The name of `general.file_type`; where that is missing or unknown, the type that holds most bytes."""
        named = FILE_TYPES.get(self.number("general.file_type") or 0)
        if named and "general.file_type" in self.metadata:
            return named
        weights: Counter[str] = Counter()
        for tensor in self.tensors:
            weights[tensor.type_name] += tensor.size
        return weights.most_common(1)[0][0] if weights else "none"

    @property
    def context(self) -> int | None:
        """The context the model was trained for, in tokens."""
        return self.number(f"{self.architecture}.context_length")

    @property
    def layers(self) -> int | None:
        return self.number(f"{self.architecture}.block_count")

    @property
    def rope(self) -> Rope:
        of = f"{self.architecture}.rope."
        scaling = self.text(f"{of}scaling.type") or "none"
        if scaling == "none" and any(tensor.name == "rope_freqs.weight" for tensor in self.tensors):
            scaling = "llama3"
        factor = self.real(f"{of}scaling.factor")
        return Rope(
            base=self.real(f"{of}freq_base"),
            dimensions=self.number(f"{of}dimension_count"),
            scaling=scaling,
            factor=factor if factor is not None else self.real(f"{of}scale_linear"),
            original_context=self.number(f"{of}scaling.original_context_length"),
        )

    @property
    def tokenizer(self) -> str | None:
        """Kind of tokenizer: `gpt2` (byte-level BPE), `llama` (SentencePiece), `bert`, ..."""
        return self.text("tokenizer.ggml.model")

    @property
    def tokens(self) -> tuple[str, ...]:
        """The vocabulary in order of ids; empty where the file has none."""
        value = self.metadata.get("tokenizer.ggml.tokens")
        return value if isinstance(value, tuple) and value and isinstance(value[0], str) else ()

    @property
    def chat_template(self) -> str | None:
        return self.text("tokenizer.chat_template")

    @property
    def special_tokens(self) -> tuple[SpecialToken, ...]:
        """The tokens with a role, in the order of `SPECIAL_TOKENS`."""
        tokens = self.tokens
        found = []
        for role in SPECIAL_TOKENS:
            number = self.number(f"tokenizer.ggml.{role}_token_id")
            if number is not None:
                text = tokens[number] if 0 <= number < len(tokens) else ""
                found.append(SpecialToken("separator" if role == "seperator" else role, number, text))
        return tuple(found)

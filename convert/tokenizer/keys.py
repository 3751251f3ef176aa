"""A vocabulary to GGUF keys; pure. Flags are always written, never left to a default of the loader."""

from collections.abc import Sequence
from typing import Any

from convert.errors import UnsupportedTokenizer
from convert.tokenizer.entries import Variant, Vocabulary

_ROLES = {"bos": "bos", "eos": "eos", "unk": "unknown", "pad": "padding", "sep": "seperator", "mask": "mask"}
"""Role -> llama.cpp's word for it, its spelling included. (cls it does not read: it is written as bos.)"""

_ENDS = ("eot", "eom", "fim_pad", "fim_rep", "fim_sep")
"""Roles beside eos whose token ends an answer in llama.cpp (src/llama-vocab.cpp): the last three are borrowed."""


def vocabulary_metadata(vocabulary: Vocabulary, variant: Variant, *, add_bos: bool, add_eos: bool) -> dict[str, Any]:
    """`tokenizer.ggml.*`, and whatever else the variant sets."""
    keys: dict[str, Any] = {
        "tokenizer.ggml.model": vocabulary.model,
        "tokenizer.ggml.tokens": vocabulary.tokens,
        "tokenizer.ggml.token_type": tuple(int(kind) for kind in vocabulary.kinds),
        "tokenizer.ggml.add_bos_token": add_bos,
        "tokenizer.ggml.add_eos_token": add_eos,
    }
    if vocabulary.scores:
        keys["tokenizer.ggml.scores"] = vocabulary.scores
    if vocabulary.model == "gpt2":
        keys["tokenizer.ggml.merges"] = vocabulary.merges
    keys |= {
        f"tokenizer.ggml.{_ROLES[role]}_token_id": token.id
        for role, token in vocabulary.special.items()
        if role in _ROLES
    }
    if "eos" not in vocabulary.special and vocabulary.ends:
        keys["tokenizer.ggml.eos_token_id"] = next(iter(vocabulary.ends))  # llama.cpp would take a number of its own
    return keys | dict(vocabulary.keys) | dict(variant.keys)


def end_keys(further: Sequence[int], unknown: int | None) -> tuple[dict[str, int], tuple[str, ...]]:
    """Keys for end tokens that llama.cpp does not know by their text, and a warning where a key is borrowed.

    Raises UnsupportedTokenizer where GGUF has no place left.
    """
    if len(further) > len(_ENDS):
        raise UnsupportedTokenizer(
            f"{len(further)} end tokens beside eos ({', '.join(map(str, further))}); GGUF holds {len(_ENDS)}; "
            "no file was written because answers would not end at all of them"
        )
    last = sorted(further, key=lambda number: number == unknown)  # the least likely to be written gets what is left
    keys = {f"tokenizer.ggml.{role}_token_id": number for role, number in zip(_ENDS, last, strict=False)}
    borrowed = [f"{number} as {role}" for role, number in list(zip(_ENDS, last, strict=False))[2:]]
    warnings = (f"more end tokens than GGUF has names for: {', '.join(borrowed)}, which llama.cpp ends at as well",)
    return keys, warnings if borrowed else ()

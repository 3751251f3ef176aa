"""Byte-level BPE: tokenizer.json, or the older vocab.json with merges.txt."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from convert.errors import IncompleteCheckpoint, InvalidCheckpoint, UnsupportedTokenizer
from convert.tokenizer.entries import Variant, Vocabulary, checked_ids, entries, merge_texts
from convert.tokenizer.files import TokenizerFiles
from convert.tokenizer.pretokenizers import NAMES, QWEN2, likely_names
from convert.tokenizer.source_tokenizer import JsonSource, normalizer_steps
from convert.tokenizer.special_tokens import AddedToken, added_in_json, joined

_BYTES_ONLY = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}

_WORDS: Mapping[str, Mapping[str, Any]] = {
    # the classes of transformers that fix their way of cutting in code: gpt2, qwen2
    "GPT2Tokenizer": {"pre_tokenizer": _BYTES_ONLY | {"use_regex": True}},
    "Qwen2Tokenizer": {
        "normalizer": {"type": "NFC"},
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [
                {"type": "Split", "pattern": {"Regex": QWEN2}, "behavior": "Isolated", "invert": False},
                _BYTES_ONLY,
            ],
        },
    },
}


def _byte_letters() -> dict[str, int]:
    """The letter that stands for each byte in byte-level vocabularies: printable Latin-1, the rest from U+0100."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in plain]
    return {chr(byte): byte for byte in plain} | {chr(0x100 + index): byte for index, byte in enumerate(others)}


BYTES = _byte_letters()
"""Letter -> byte, as GPT-2's tokenizer wrote them and all byte-level tokenizers since."""


def read_byte_level(
    files: TokenizerFiles, tokenizer: Mapping[str, Any], text: Callable[[], str], file: Path
) -> Vocabulary:
    """The vocabulary of a tokenizer.json whose model is BPE; `text` gives the JSON for the library, `file` its origin.

    Raises UnsupportedTokenizer, InvalidCheckpoint.
    """
    model = tokenizer["model"]
    if not isinstance(model.get("vocab"), dict) or not isinstance(model.get("merges"), list):
        raise InvalidCheckpoint(f"the BPE model of {file.name} lacks its vocabulary or merges; download the file again")
    for key in ("byte_fallback", "dropout", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk"):
        if model.get(key):
            raise UnsupportedTokenizer(
                f"{key} is {model[key]!r} in {file.name}; byte-level BPE without it was expected"
            )
    added = joined(added_in_json(tokenizer), files.further)
    made = entries(checked_ids(model["vocab"], file.name), added, files.rows, file=file.name)
    special = files.special(made.ids)
    steps = normalizer_steps(tokenizer.get("normalizer"))
    known = likely_names(tokenizer.get("pre_tokenizer"))
    return Vocabulary(
        file=file,
        model="gpt2",
        description="byte-level BPE",
        tokens=made.tokens,
        kinds=made.kinds,
        merges=merge_texts(model["merges"], file.name),
        keys={},
        variants=tuple(Variant(name, {"tokenizer.ggml.pre": name}) for name in dict.fromkeys((*known, *NAMES))),
        likely=len(known),
        added=added,
        special=special,
        ends=files.ends(special),
        padding=made.padding,
        source=partial(_source, text, files.further, " + ".join(str(step.get("type")) for step in steps)),
        chats=files.chats,
    )


def read_vocab_and_merges(files: TokenizerFiles) -> Vocabulary:
    """vocab.json and merges.txt of GPT-2 and its kin, cut into words as the class in tokenizer_config.json says.

    Raises IncompleteCheckpoint without merges.txt, UnsupportedTokenizer for classes whose way of cutting no file tells.
    """
    folder = files.checkpoint.folder
    vocab, merges = files.checkpoint.json("vocab.json"), files.checkpoint.text("merges.txt")
    if merges is None or vocab is None:
        raise IncompleteCheckpoint(f"{folder} has vocab.json but no merges.txt; both were expected; download it too")
    steps = _WORDS.get(files.tokenizer_class)
    if steps is None:
        raise UnsupportedTokenizer(
            f"{folder} has vocab.json and merges.txt of the class {files.tokenizer_class or 'that no file names'}; "
            f"tokenizer.json or one of {', '.join(_WORDS)} was expected; save the tokenizer with transformers as a "
            "fast tokenizer"
        )
    lines = [line for line in merges.split("\n") if line.strip() and not line.startswith("#version")]
    ids = checked_ids(vocab, "vocab.json")
    ends = {files.settings.get(f"{role}_token") for role in ("bos", "eos", "unk", "pad")}
    added = [
        {"id": number, "content": text, "special": True, "normalized": False}
        | {"single_word": False, "lstrip": False, "rstrip": False}
        for number, text in ids.items()
        if text in ends
    ]
    values = {
        "version": "1.0",
        "added_tokens": added,
        "model": {"type": "BPE", "vocab": vocab, "merges": [line.rstrip("\r") for line in lines]},
        **steps,
    }
    return read_byte_level(files, values, partial(json.dumps, values), folder / "vocab.json")


def _source(text: Callable[[], str], further: Mapping[int, AddedToken], normalization: str) -> JsonSource:
    return JsonSource(text(), added=further, normalization=normalization)

"""Tokenizer files to one frozen vocabulary: texts, kinds, merges, special ids, each with where it was found.

Here: byte-level BPE as `tokenizer.json` holds it. Whether llama.cpp cuts texts the same way is measured by `tokens.py`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any

from convert.checkpoint import Checkpoint
from convert.errors import IncompleteCheckpoint, InvalidCheckpoint, UnsupportedTokenizer
from convert.pretokenizers import candidates

_SPECIAL = ("bos", "eos", "unk", "pad")


def _byte_letters() -> dict[str, int]:
    """The letter that stands for each byte in byte-level vocabularies: printable Latin-1, the rest from U+0100."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in plain]
    return {chr(byte): byte for byte in plain} | {chr(0x100 + index): byte for index, byte in enumerate(others)}


BYTES = _byte_letters()
"""Letter -> byte, as GPT-2's tokenizer wrote them and all byte-level tokenizers since."""


class Kind(IntEnum):
    """llama.cpp's token types (llama.h, enum llama_token_type)."""

    NORMAL = 1
    CONTROL = 3
    USER_DEFINED = 4
    UNUSED = 5


@dataclass(frozen=True, slots=True)
class SpecialToken:
    """The id of a token with a role, and where it was found."""

    id: int
    source: str


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """`tokens[id]` for each row of the embedding; rows without a token are `[PADid]` of kind UNUSED."""

    file: Path
    """tokenizer.json, for the comparison."""
    tokens: tuple[str, ...]
    kinds: tuple[Kind, ...]
    merges: tuple[str, ...]
    pre_tokenizers: tuple[str, ...]
    """llama.cpp's names that may fit, the likeliest first."""
    special: Mapping[str, SpecialToken]
    """By role: bos, eos, unk, pad."""
    ends: Mapping[int, str]
    """Every id that ends an answer, eos among them, with the file that says so."""
    padding: int
    """Rows without a token."""


def read_vocabulary(checkpoint: Checkpoint, rows: int) -> Vocabulary:
    """The vocabulary for an embedding of `rows` rows.

    Raises IncompleteCheckpoint (no tokenizer.json), UnsupportedTokenizer (another kind), InvalidCheckpoint.
    """
    tokenizer = checkpoint.json("tokenizer.json")
    if tokenizer is None:
        found = [name for name in ("tokenizer.model", "vocab.json") if (checkpoint.folder / name).is_file()]
        raise IncompleteCheckpoint(
            f"{checkpoint.folder} has {found[0] if found else 'no tokenizer file'}; tokenizer.json was expected; "
            "download it, or save the tokenizer with transformers as a fast tokenizer"
        )
    model = _byte_level_model(tokenizer)
    settings = checkpoint.json("tokenizer_config.json") or {}
    added = _added_tokens(tokenizer, settings)
    texts = _texts(model["vocab"], added, rows)
    tokens = tuple(texts.get(number, f"[PAD{number}]") for number in range(rows))
    if len(set(tokens)) != rows:
        twice = next(text for text, count in Counter(tokens).items() if count > 1)
        raise UnsupportedTokenizer(f"the token {twice!r} has two ids in tokenizer.json; each text was expected once")
    special = dict(_special_tokens(checkpoint, settings, {text: number for number, text in texts.items()}))
    return Vocabulary(
        file=checkpoint.folder / "tokenizer.json",
        tokens=tokens,
        kinds=tuple(_kind(number, texts, added) for number in range(rows)),
        merges=_merges(model["merges"]),
        pre_tokenizers=candidates(tokenizer.get("pre_tokenizer")),
        special=special,
        ends=_ends(checkpoint, special, rows),
        padding=rows - len(texts),
    )


def _byte_level_model(tokenizer: Mapping[str, Any]) -> Mapping[str, Any]:
    model = tokenizer.get("model")
    if not isinstance(model, dict) or not isinstance(model.get("vocab"), dict | list):
        raise InvalidCheckpoint("tokenizer.json has no model with a vocabulary; download the file again")
    kind = model.get("type", "BPE" if "merges" in model else None)
    if kind != "BPE" or not isinstance(model.get("merges"), list) or not isinstance(model["vocab"], dict):
        raise UnsupportedTokenizer(f"tokenizer.json holds a {kind} model; byte-level BPE was expected")
    for key in ("byte_fallback", "dropout", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk"):
        if model.get(key):
            raise UnsupportedTokenizer(
                f"{key} is {model[key]!r} in tokenizer.json; byte-level BPE without it was expected"
            )
    normalizer = tokenizer.get("normalizer")
    if normalizer is not None:
        kind = normalizer.get("type") if isinstance(normalizer, dict) else normalizer
        raise UnsupportedTokenizer(
            f"tokenizer.json normalizes texts ({kind}); llama.cpp would not; "
            "no file was written because its tokens would differ"
        )
    return model


def _added_tokens(tokenizer: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[int, tuple[str, bool]]:
    """Id -> (text, special), from tokenizer.json and from `added_tokens_decoder` of tokenizer_config.json."""
    try:
        added = {item["id"]: (item["content"], bool(item["special"])) for item in tokenizer.get("added_tokens", [])}
        further = {
            int(number): (item["content"], bool(item.get("special", False)))
            for number, item in settings.get("added_tokens_decoder", {}).items()
        }
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidCheckpoint(f"the added tokens cannot be read ({error!r}); restore the tokenizer files") from error
    if not all(isinstance(text, str) and type(number) is int for number, (text, _) in (added | further).items()):
        raise InvalidCheckpoint("an added token has no proper text or no proper id; restore the tokenizer files")
    for number, (text, special) in further.items():
        if number in added and added[number][0] != text:
            raise InvalidCheckpoint(
                f"token {number} is {added[number][0]!r} in tokenizer.json and {text!r} in tokenizer_config.json; "
                "the same was expected; download both files again"
            )
        added[number] = (text, special or added.get(number, ("", False))[1])
    return added


def _texts(vocab: Mapping[str, Any], added: Mapping[int, tuple[str, bool]], rows: int) -> dict[int, str]:
    """Id -> text. An added token's text wins over the model's piece at that id."""
    for text, number in (*vocab.items(), *((text, number) for number, (text, _) in added.items())):
        if type(number) is not int or not 0 <= number < rows:
            raise InvalidCheckpoint(
                f"token {text!r} has the id {number!r}; the embedding has {rows} rows; "
                "tokenizer and weights of one model were expected"
            )
        if "\0" in text:
            raise UnsupportedTokenizer(f"token {number} is {text!r}; llama.cpp cannot hold a text with a NUL in it")
    texts = {number: text for text, number in vocab.items()}
    return texts | {number: text for number, (text, _) in added.items()}


def _kind(number: int, texts: Mapping[int, str], added: Mapping[int, tuple[str, bool]]) -> Kind:
    if number in added:
        return Kind.CONTROL if added[number][1] else Kind.USER_DEFINED
    return Kind.NORMAL if number in texts else Kind.UNUSED


def _merges(merges: list[Any]) -> tuple[str, ...]:
    """`"a b"` from either spelling: texts, or pairs (tokenizers 0.20 and newer)."""
    texts = tuple(merge if isinstance(merge, str) else _joined(merge) for merge in merges)
    wrong = next((text for text in texts if text.count(" ") != 1), None)
    if wrong is not None:
        raise UnsupportedTokenizer(f"the merge {wrong!r} in tokenizer.json is not two parts; llama.cpp cannot store it")
    return texts


def _joined(pair: Any) -> str:
    try:
        left, right = pair
        return str(left + " " + right)
    except (TypeError, ValueError) as error:
        raise InvalidCheckpoint(f"the merge {pair!r:.60} in tokenizer.json is no pair; restore the file") from error


def _special_tokens(
    checkpoint: Checkpoint, settings: Mapping[str, Any], ids: Mapping[str, int]
) -> Iterable[tuple[str, SpecialToken]]:
    """bos, eos, unk and pad: by text from tokenizer_config.json, else by id from the other two files."""
    for role in _SPECIAL:
        value = settings.get(f"{role}_token")
        text = value.get("content") if isinstance(value, dict) else value
        if isinstance(text, str):
            if text not in ids:
                raise InvalidCheckpoint(f"{role}_token {text!r} of tokenizer_config.json is no token of tokenizer.json")
            yield role, SpecialToken(ids[text], f"tokenizer_config.json: {role}_token")
            continue
        for file, values in (("generation_config.json", checkpoint.generation), ("config.json", checkpoint.config)):
            number = values.get(f"{role}_token_id")
            number = number[0] if isinstance(number, list) and number else number
            if isinstance(number, int) and not isinstance(number, bool) and number in ids.values():
                yield role, SpecialToken(number, f"{file}: {role}_token_id")
                break


def _ends(checkpoint: Checkpoint, special: Mapping[str, SpecialToken], rows: int) -> dict[int, str]:
    ends = {special["eos"].id: special["eos"].source} if "eos" in special else {}
    for file, values in (("generation_config.json", checkpoint.generation), ("config.json", checkpoint.config)):
        named = values.get("eos_token_id")
        for number in named if isinstance(named, list) else [named]:
            if number is None:
                continue
            if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < rows:
                raise InvalidCheckpoint(f"eos_token_id is {named!r} in {file}; ids below {rows} were expected")
            ends.setdefault(number, f"{file}: eos_token_id")
    if not ends:
        raise InvalidCheckpoint(
            "no file of the checkpoint names an end token; eos_token in tokenizer_config.json or eos_token_id in "
            "config.json was expected, since answers would never end; add it from the model's card"
        )
    return ends

"""Unigram as tokenizer.json holds it (XLM-RoBERTa, BGE-M3, T5): pieces with log probabilities and a character map."""

from base64 import b64decode
from collections.abc import Mapping
from functools import partial
from math import isfinite
from typing import Any

from convert.errors import InvalidCheckpoint, UnsupportedTokenizer
from convert.tokenizer.charsmap import check_charsmap
from convert.tokenizer.entries import Kind, Variant, Vocabulary, entries
from convert.tokenizer.files import TokenizerFiles
from convert.tokenizer.source_tokenizer import normalizer_steps
from convert.tokenizer.special_tokens import added_in_json, joined
from convert.tokenizer.spm import CHARSMAP, PREFIX, STRIPS, json_source


def read_unigram_json(files: TokenizerFiles, tokenizer: Mapping[str, Any]) -> Vocabulary:
    """The vocabulary of a tokenizer.json whose model is Unigram. Raises InvalidCheckpoint, UnsupportedTokenizer."""
    model = tokenizer["model"]
    pieces, scores = _pieces(model.get("vocab"))
    unknown = model.get("unk_id")
    if type(unknown) is not int or unknown not in pieces:
        raise UnsupportedTokenizer(
            f"unk_id is {unknown!r:.40} in tokenizer.json; the id of a piece for unknown characters was expected"
        )
    if model.get("byte_fallback"):
        raise UnsupportedTokenizer(
            "tokenizer.json is a unigram model with byte fallback; llama.cpp has no bytes for unigram models"
        )
    added = joined(added_in_json(tokenizer), files.further)
    made = entries(pieces, added, files.rows, kinds={unknown: Kind.UNKNOWN}, scores=scores, file="tokenizer.json")
    special = files.special(made.ids)
    charsmap = precompiled_charsmap(tokenizer)
    keys: dict[str, Any] = {"tokenizer.ggml.pre": "default", "tokenizer.ggml.unknown_token_id": unknown}
    keys |= {CHARSMAP: charsmap} if charsmap else {}
    return Vocabulary(
        file=files.checkpoint.folder / "tokenizer.json",
        model="t5",
        description="SentencePiece unigram",
        tokens=made.tokens,
        kinds=made.kinds,
        scores=made.scores,
        keys=keys,
        variants=tuple(
            Variant("default", {PREFIX: prefix, STRIPS: strips})
            for prefix, strips in ((True, True), (True, False), (False, False), (False, True))
        ),
        added=added,
        special=special,
        ends=files.ends(special),
        padding=made.padding,
        source=partial(json_source, files, files.further),
        normalizes=True,
        chats=files.chats,
    )


def precompiled_charsmap(tokenizer: Mapping[str, Any]) -> bytes:
    """SentencePiece's compiled character map among the normalizers, checked; empty where there is none.

    Raises InvalidCheckpoint.
    """
    for step in normalizer_steps(tokenizer.get("normalizer")):
        if step.get("type") == "Precompiled":
            try:
                data = b64decode(step.get("precompiled_charsmap") or "", validate=True)
            except (ValueError, TypeError) as error:
                raise InvalidCheckpoint(
                    f"the character map of tokenizer.json is no base64 ({error}); download the file again"
                ) from error
            check_charsmap(data, "tokenizer.json")
            return data
    return b""


def _pieces(vocab: Any) -> tuple[dict[int, str], dict[int, float]]:
    """Id -> text and id -> score of the pairs."""
    pieces, scores = {}, {}
    for number, pair in enumerate(vocab if isinstance(vocab, list) else []):
        match pair:
            case [str() as text, int() | float() as score] if isfinite(score) and abs(score) < 1e30:
                pieces[number], scores[number] = text, float(score)
            case _:
                raise InvalidCheckpoint(
                    f"piece {number} of tokenizer.json is {pair!r:.60}; a text and a finite score were expected; "
                    "download the file again"
                )
    if not pieces:
        raise InvalidCheckpoint("the unigram model of tokenizer.json has no pieces; download the file again")
    return pieces, scores

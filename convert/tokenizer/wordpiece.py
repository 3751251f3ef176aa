"""WordPiece (BERT and BGE): tokenizer.json, or vocab.txt as its classes read it.

llama.cpp writes ▁ before each word and looks for pieces from there: a piece that begins a word gets the ▁, one that
goes on inside a word loses its ##.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from convert.errors import IncompleteCheckpoint, InvalidCheckpoint, UnsupportedTokenizer
from convert.tokenizer.entries import Kind, Variant, Vocabulary, checked_ids, entries
from convert.tokenizer.files import TokenizerFiles
from convert.tokenizer.source_tokenizer import JsonSource, normalizer_steps
from convert.tokenizer.special_tokens import AddedToken, SpecialToken, added_in_json, joined

_INSIDE = "##"
_FRAME = {"bos": "cls", "eos": "sep"}
"""llama.cpp puts its begin token and its separator around a text; BERT calls them by other names."""


def read_wordpiece(files: TokenizerFiles, tokenizer: Mapping[str, Any], text: Callable[[], str]) -> Vocabulary:
    """The vocabulary of a tokenizer.json whose model is WordPiece; `text` gives the JSON for the library.

    Raises InvalidCheckpoint, UnsupportedTokenizer.
    """
    model = tokenizer["model"]
    vocab = model.get("vocab")
    if not isinstance(vocab, dict):
        raise InvalidCheckpoint("the WordPiece model of tokenizer.json lacks its vocabulary; download the file again")
    if model.get("continuing_subword_prefix", _INSIDE) != _INSIDE:
        raise UnsupportedTokenizer(
            f"pieces inside words begin with {model['continuing_subword_prefix']!r:.20} in tokenizer.json; "
            f"{_INSIDE} was expected"
        )
    pieces = checked_ids(vocab, "tokenizer.json")
    added = joined(added_in_json(tokenizer), files.further)
    kinds = {number: Kind.UNKNOWN for number, piece in pieces.items() if piece == model.get("unk_token")}
    made = entries(pieces, added, files.rows, kinds=kinds, file="tokenizer.json")
    named = {token.text: number for number, token in added.items()}
    special = {
        role: SpecialToken(named[name], f"tokenizer.json: {name}, the name that BertTokenizer has in code")
        for role in ("unk", "cls", "sep", "pad", "mask")
        if (name := f"[{role.upper()}]") in named
    } | files.special(made.ids)
    for role in ("unk", *_FRAME.values()):
        if role not in special:
            raise IncompleteCheckpoint(
                f"neither tokenizer.json nor tokenizer_config.json names the {role} token; "
                f"{role}_token was expected in the second; download it"
            )
    special |= {role: special[other] for role, other in _FRAME.items()}
    names = tuple(
        _name(token) if kind is Kind.NORMAL else token for token, kind in zip(made.tokens, made.kinds, strict=True)
    )
    if len(set(names)) < len(names):
        raise UnsupportedTokenizer(
            "a piece inside words and another token of tokenizer.json have the same text for llama.cpp; no file was "
            "written because its tokens would differ"
        )
    lowercase, accents = _letters(tokenizer)
    return Vocabulary(
        file=files.checkpoint.folder / "tokenizer.json",
        model="bert",
        description="WordPiece",
        tokens=names,
        kinds=made.kinds,
        keys={
            "tokenizer.ggml.pre": "default",
            "tokenizer.ggml.normalizer.lowercase": lowercase,
            "tokenizer.ggml.normalizer.strip_accents": accents,
            "tokenizer.ggml.bos_token_id": special["cls"].id,
            "tokenizer.ggml.add_sep_token": True,
        },
        variants=(Variant("default", {}),),
        added=added,
        special=special,
        ends={},
        padding=made.padding,
        source=partial(_source, text, files.further),
        normalizes=True,
    )


def read_vocab_txt(files: TokenizerFiles) -> Vocabulary:
    """vocab.txt and the settings of tokenizer_config.json. Raises as `read_wordpiece` does."""
    lines = (files.checkpoint.text("vocab.txt") or "").replace("\r\n", "\n").removesuffix("\n").split("\n")
    settings = files.settings
    vocab = {text: number for number, text in enumerate(lines)}
    named = {role: settings.get(f"{role}_token", f"[{role.upper()}]") for role in ("unk", "cls", "sep", "pad", "mask")}
    roles = {role: text for role, text in named.items() if isinstance(text, str) and text in vocab}
    if not {"unk", "cls", "sep"} <= roles.keys():
        raise InvalidCheckpoint("vocab.txt lacks [UNK], [CLS] or [SEP]; a vocabulary of BERT was expected; download it")
    values = {
        "version": "1.0",
        "added_tokens": [
            {"id": vocab[text], "content": text, "special": True, "normalized": False}
            | {"single_word": False, "lstrip": False, "rstrip": False}
            for text in roles.values()
        ],
        "normalizer": {
            "type": "BertNormalizer",
            "clean_text": True,
            "handle_chinese_chars": settings.get("tokenize_chinese_chars", True) is not False,
            "strip_accents": settings.get("strip_accents") if isinstance(settings.get("strip_accents"), bool) else None,
            "lowercase": settings.get("do_lower_case", True) is not False,
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "BertProcessing",
            "sep": [roles["sep"], vocab[roles["sep"]]],
            "cls": [roles["cls"], vocab[roles["cls"]]],
        },
        "model": {
            "type": "WordPiece",
            "unk_token": roles["unk"],
            "continuing_subword_prefix": _INSIDE,
            "max_input_chars_per_word": 100,
            "vocab": vocab,
        },
    }
    told = replace(files, settings={f"{role}_token": text for role, text in roles.items()} | dict(settings))
    found = read_wordpiece(told, values, partial(json.dumps, values))
    return replace(found, file=files.checkpoint.folder / "vocab.txt")


def _name(piece: str) -> str:
    return piece.removeprefix(_INSIDE) if piece.startswith(_INSIDE) and piece != _INSIDE else f"▁{piece}"


def _letters(tokenizer: Mapping[str, Any]) -> tuple[bool, bool]:
    """Whether letters are made small, and their accents dropped."""
    for step in normalizer_steps(tokenizer.get("normalizer")):
        if step.get("type") == "BertNormalizer":
            lowercase = step.get("lowercase", True) is True
            accents = step.get("strip_accents")
            return lowercase, accents if isinstance(accents, bool) else lowercase
    return False, False


def _source(text: Callable[[], str], further: Mapping[int, AddedToken]) -> JsonSource:
    return JsonSource(text(), added=further)

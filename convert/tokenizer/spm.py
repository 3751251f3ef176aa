"""SentencePiece models: tokenizer.model of either kind, or the tokenizer.json that transformers makes of a BPE one.

llama.cpp merges by the score of the merged text, and puts, where told to, a space before a text and behind each control
token, as the slow tokenizers of Llama did. Unigram models it follows more closely, with their character map.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from convert.errors import InvalidCheckpoint, UnsupportedTokenizer
from convert.tokenizer.entries import Entries, Kind, Variant, Vocabulary, checked_ids, entries, merge_texts
from convert.tokenizer.files import TokenizerFiles
from convert.tokenizer.sentencepiece_model import BYTE_PIECES, SentencePieceModel
from convert.tokenizer.source_tokenizer import JsonSource, SentencePieceSource, normalizer_steps
from convert.tokenizer.special_tokens import AddedToken, SpecialToken, added_in_json, joined, special_texts

SPACE = "▁"
PREFIX, STRIPS, CHARSMAP = (
    f"tokenizer.ggml.{key}" for key in ("add_space_prefix", "remove_extra_whitespaces", "precompiled_charsmap")
)

_ADDS_BOS = {
    # tokenizer classes and what they do where tokenizer_config.json has no add_bos_token: those of transformers, and
    # the code that the families' repositories ship
    "LlamaTokenizer": True,
    "CodeLlamaTokenizer": True,
    "GemmaTokenizer": True,
    "BaichuanTokenizer": True,
    "InternLMTokenizer": True,
    "InternLM2Tokenizer": True,
    "IndexTokenizer": False,
    "ChatGLMTokenizer": False,
}

_CHATGLM = (
    # behind the pieces, in the order of tokenization_chatglm.py of chatglm3-6b
    "[MASK]", "[gMASK]", "[sMASK]", "sop", "eop", "<|system|>", "<|user|>", "<|assistant|>", "<|observation|>",
)  # fmt: skip

_UNREACHABLE = -float(1 << 24)
"""Below every rank, and exact in float32."""


def read_spm_model(files: TokenizerFiles, model: SentencePieceModel, name: str) -> Vocabulary:
    """The vocabulary of a SentencePiece model file called `name`. Raises InvalidCheckpoint, UnsupportedTokenizer."""
    added = _added(files, model)
    made = entries(
        dict(enumerate(model.pieces)),
        added,
        files.rows,
        kinds={number: Kind(kind) for number, kind in enumerate(model.kinds)},
        scores=dict(enumerate(model.scores)),
        file=name,
    )
    if not model.unigram:
        refuse_missing_bytes(made, name)
    special = _with_own(files.special(made.ids), model, name)
    adds_bos, adds_eos, warnings = _frame(files, special)
    space_first = model.dummy_prefix and files.settings.get("legacy") is False
    keys: dict[str, Any] = {PREFIX: model.dummy_prefix and not (space_first and files.chats)}
    if model.unigram:
        keys |= {STRIPS: model.strips_spaces} | ({CHARSMAP: model.charsmap} if model.charsmap else {})
    apart = {
        number: added.get(number, AddedToken(made.tokens[number], kind is not Kind.USER_DEFINED))
        for number, kind in enumerate(made.kinds)
        if kind in {Kind.CONTROL, Kind.UNKNOWN} or (kind is Kind.USER_DEFINED and made.tokens[number].strip(SPACE))
    }  # runs of spaces the model itself finds
    changes = model.charsmap or model.strips_spaces
    return Vocabulary(
        file=files.checkpoint.folder / name,
        model="t5" if model.unigram else "llama",
        description="SentencePiece unigram" if model.unigram else "SentencePiece BPE",
        tokens=made.tokens,
        kinds=made.kinds,
        scores=made.scores,
        keys=keys,
        variants=spaced_variants(made, {}),
        added=apart,
        special=special,
        ends=files.ends(special),
        padding=made.padding,
        source=partial(
            SentencePieceSource,
            model.data,
            apart=apart,
            begin=[special["bos"].id] if adds_bos else [],
            end=[special["eos"].id] if adds_eos else [],
            space_first=space_first,
            normalization=f"SentencePiece's rule {model.charsmap_name}" if changes and not model.unigram else "",
            file=name,
        ),
        normalizes=model.unigram,
        space_first=space_first,
        chats=files.chats,
        warnings=warnings,
    )


def read_spm_json(files: TokenizerFiles, tokenizer: Mapping[str, Any]) -> Vocabulary:
    """The vocabulary of a tokenizer.json whose BPE works on characters, with ▁ for spaces.

    Raises InvalidCheckpoint, UnsupportedTokenizer.
    """
    model = tokenizer["model"]
    if not isinstance(model.get("vocab"), dict) or not isinstance(model.get("merges"), list):
        raise InvalidCheckpoint("the BPE model of tokenizer.json lacks its vocabulary or merges; download it again")
    for key in ("dropout", "continuing_subword_prefix", "end_of_word_suffix"):
        if model.get(key):
            raise UnsupportedTokenizer(f"{key} is {model[key]!r} in tokenizer.json; BPE without it was expected")
    pieces = checked_ids(model["vocab"], "tokenizer.json")
    merges = merge_texts(model["merges"], "tokenizer.json")
    added = joined(added_in_json(tokenizer), files.further)
    kinds = {number: Kind.BYTE for number, text in pieces.items() if text in BYTE_PIECES}
    kinds |= {number: Kind.UNKNOWN for number, text in pieces.items() if text == model.get("unk_token")}
    made = entries(
        pieces, added, files.rows, kinds=kinds, scores=_scores(model["vocab"], merges), file="tokenizer.json"
    )
    refuse_missing_bytes(made, "tokenizer.json")
    special = files.special(made.ids)
    prefix, space_first, spares_spaces = _prefix(tokenizer)
    flags = [not files.chats] if space_first else [prefix, not prefix]
    exact = {"tokenizer.ggml.model": "gpt2", "tokenizer.ggml.pre": "sarvam-moe", "tokenizer.ggml.merges": merges}
    return Vocabulary(
        file=files.checkpoint.folder / "tokenizer.json",
        model="llama",
        description="SentencePiece BPE",
        tokens=made.tokens,
        kinds=made.kinds,
        scores=made.scores,
        merges=merges,
        keys={},
        variants=(
            *(variant for flag in flags for variant in spaced_variants(made, {PREFIX: flag})),
            Variant("sarvam-moe", exact),  # the one name under which llama.cpp takes merges of characters as they are
        ),
        added=added,
        special=special,
        ends=files.ends(special),
        padding=made.padding,
        source=partial(
            json_source, files, files.further, next((token.text for token in added.values() if token.special), "")
        ),
        space_first=space_first,
        spares_spaces=spares_spaces,
        chats=files.chats,
    )


def json_source(files: TokenizerFiles, further: Mapping[int, AddedToken], opener: str = "") -> JsonSource:
    """tokenizer.json of the folder, opened."""
    return JsonSource(files.checkpoint.text("tokenizer.json") or "", added=further, opener=opener)


def spaced_variants(made: Entries, keys: Mapping[str, Any]) -> tuple[Variant, ...]:
    """User-defined pieces with plain spaces first: llama.cpp looks for them before it writes ▁ for spaces."""
    spaced = tuple(
        text.replace(SPACE, " ") if kind is Kind.USER_DEFINED else text
        for text, kind in zip(made.tokens, made.kinds, strict=True)
    )
    settings: dict[str, Any] = {"tokenizer.ggml.pre": "default", **keys}
    asis = Variant("default", settings)
    if spaced == made.tokens or len(set(spaced)) < len(spaced):
        return (asis,)
    return (Variant("default", settings | {"tokenizer.ggml.tokens": spaced}), asis)


def refuse_missing_bytes(made: Entries, file: str) -> None:
    """Raises UnsupportedTokenizer: llama.cpp ends the process at a character that has neither piece nor bytes."""
    missing = len(BYTE_PIECES.keys() - set(made.tokens))
    if missing:
        raise UnsupportedTokenizer(
            f"{file} lacks {missing} of the 256 pieces for single bytes (byte fallback is off); all were expected, "
            "since llama.cpp ends the program at a character it does not know; no file was written"
        )


def _added(files: TokenizerFiles, model: SentencePieceModel) -> dict[int, AddedToken]:
    """Tokens that stand apart beside the model's own: added by files, named as special, or by ChatGLM's code."""
    added = dict(files.further)
    ids = {text: number for number, text in enumerate(model.pieces)}
    for text in special_texts(files.checkpoint, files.settings):
        if text in ids:
            added.setdefault(ids[text], AddedToken(text, special=True))
    if files.tokenizer_class == "ChatGLMTokenizer":
        for number, text in enumerate(_CHATGLM, len(model.pieces)):
            if number < files.rows:
                added.setdefault(number, AddedToken(text, special=True))
    return added


def _with_own(special: dict[str, SpecialToken], model: SentencePieceModel, name: str) -> dict[str, SpecialToken]:
    """The roles that no settings file names, from the model itself."""
    own = {"unk": model.unknown, "bos": model.begin, "eos": model.end}
    return special | {
        role: SpecialToken(number, f"{name}: {role}_id")
        for role, number in own.items()
        if role not in special and number is not None
    }


def _frame(files: TokenizerFiles, special: Mapping[str, SpecialToken]) -> tuple[bool, bool, tuple[str, ...]]:
    """Whether bos and eos are put around a text, and a warning where no file says so."""
    said = files.settings.get("add_bos_token")
    known = _ADDS_BOS.get(files.tokenizer_class)
    warnings: tuple[str, ...] = ()
    if not isinstance(said, bool) and known is None and "bos" in special:
        name = files.tokenizer_class or "no class"
        warnings = (
            f"no file says whether a begin token is put before a text (tokenizer_config.json names {name}): none is",
        )
    adds_bos = said if isinstance(said, bool) else bool(known)
    return adds_bos and "bos" in special, files.settings.get("add_eos_token") is True and "eos" in special, warnings


def _scores(vocab: Mapping[str, int], merges: tuple[str, ...]) -> dict[int, float]:
    """Piece -> score: the rank of the first merge that makes it, negated; nothing makes the others."""
    scores = dict.fromkeys(vocab.values(), _UNREACHABLE)
    for rank, merge in reversed(tuple(enumerate(merges))):
        number = vocab.get(merge.replace(" ", "", 1))
        if number is not None:
            scores[number] = -float(rank)
    return scores


def _prefix(tokenizer: Mapping[str, Any]) -> tuple[bool, bool, bool]:
    """Whether ▁ is put before texts, whether only before the very first, whether only where none stands there yet.

    By the forms that transformers writes.
    """
    words = tokenizer.get("pre_tokenizer")
    parts = words.get("pretokenizers", [words]) if isinstance(words, dict) else []
    for step in parts if isinstance(parts, list) else []:
        if isinstance(step, dict) and step.get("type") == "Metaspace":
            scheme = step.get("prepend_scheme", "always" if step.get("add_prefix_space", True) else "never")
            return scheme != "never", scheme == "first", scheme != "never"
    return any(step.get("type") == "Prepend" for step in normalizer_steps(tokenizer.get("normalizer"))), False, False

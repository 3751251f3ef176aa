"""Tokenizer files to one frozen vocabulary: texts, kinds, scores or merges, special ids, each with where it was found.

Here it is decided which file is read; `bpe.py`, `spm.py`, `unigram.py` and `wordpiece.py` read one kind each. Whether
llama.cpp cuts texts the same way is measured by `tokens.py`.

tokenizer.json is the reference where there is one, as for transformers; tokenizer.model is, where tokenizer_config.json
asks for the slow tokenizer (`use_fast` false, or an `auto_map` that has no fast one), as Yi's authors do. Where both
lie there, texts on which they part are reported.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from convert.checkpoint import Checkpoint
from convert.errors import IncompleteCheckpoint, InvalidCheckpoint, UnsupportedTokenizer
from convert.tokenizer.bpe import BYTES, read_byte_level, read_vocab_and_merges
from convert.tokenizer.entries import Kind, Variant, Vocabulary
from convert.tokenizer.files import TokenizerFiles, tokenizer_files
from convert.tokenizer.pretokenizers import is_byte_level
from convert.tokenizer.sentencepiece_model import BYTE_PIECES, read_sentencepiece
from convert.tokenizer.special_tokens import SpecialToken
from convert.tokenizer.spm import SPACE, read_spm_json, read_spm_model
from convert.tokenizer.unigram import read_unigram_json
from convert.tokenizer.wordpiece import read_vocab_txt, read_wordpiece
from convert.weights.stored import SourceFile

__all__ = ["BYTES", "Kind", "SpecialToken", "Variant", "Vocabulary", "read_vocabulary"]

_MODEL, _JSON = "tokenizer.model", "tokenizer.json"
_MAX_MODEL_BYTES = 256 * 1024 * 1024

_SAVE = "save the tokenizer with transformers as a fast tokenizer (tokenizer.json)"


def read_vocabulary(checkpoint: Checkpoint, rows: int, *, ends: Iterable[int] = ()) -> Vocabulary:
    """The vocabulary for an embedding of `rows` rows. `ends`: ids that end an answer of this family anyway.

    Raises IncompleteCheckpoint (no tokenizer file), UnsupportedTokenizer (a kind llama.cpp lacks), InvalidCheckpoint.
    """
    files = tokenizer_files(checkpoint, rows, tuple(ends))
    tokenizer = checkpoint.json(_JSON)
    has_model = (checkpoint.folder / _MODEL).is_file()
    if tokenizer is not None and has_model:
        return _read_both(files, tokenizer)
    if tokenizer is not None:
        return _read_json(files, tokenizer)
    if has_model:
        return _read_model(files)
    return _read_older(files)


def _read_both(files: TokenizerFiles, tokenizer: Mapping[str, Any]) -> Vocabulary:
    """The one that tokenizer_config.json asks for, the other as its twin."""
    if wants_slow(files.settings):
        vocabulary = _read_model(files)
        return replace(vocabulary, twin=lambda: _read_json(files, tokenizer).source())
    vocabulary = _read_json(files, tokenizer)
    if vocabulary.model == "gpt2":
        return vocabulary  # the other is tiktoken's list of the same tokens, as Llama 3 and GLM-4 have it
    return replace(vocabulary, twin=lambda: _read_model(files).source())


def wants_slow(settings: Mapping[str, Any]) -> bool:
    """tokenizer_config.json asks for the tokenizer that reads tokenizer.model."""
    mapped = settings.get("auto_map")
    classes = mapped.get("AutoTokenizer") if isinstance(mapped, dict) else None
    only_slow = isinstance(classes, list) and len(classes) == 2 and bool(classes[0]) and not classes[1]
    return settings.get("use_fast") is False or only_slow


def _read_json(files: TokenizerFiles, tokenizer: Mapping[str, Any]) -> Vocabulary:
    model = tokenizer.get("model")
    if not isinstance(model, dict) or not isinstance(model.get("vocab"), dict | list):
        raise InvalidCheckpoint("tokenizer.json has no model with a vocabulary; download the file again")
    text = partial(_text, files, tokenizer)
    match model.get("type", "BPE" if "merges" in model else None):
        case "BPE" if not is_byte_level(tokenizer) and (model.get("byte_fallback") or _is_spaced(model)):
            return read_spm_json(files, tokenizer)
        case "BPE":
            return read_byte_level(files, tokenizer, text, files.checkpoint.folder / _JSON)
        case "Unigram":
            return read_unigram_json(files, tokenizer)
        case "WordPiece":
            return read_wordpiece(files, tokenizer, text)
        case kind:
            raise UnsupportedTokenizer(
                f"tokenizer.json holds a {kind!s:.40} model; BPE, Unigram or WordPiece was expected; llama.cpp knows "
                "no other"
            )


def _text(files: TokenizerFiles, tokenizer: Mapping[str, Any]) -> str:
    return files.checkpoint.text(_JSON) or json.dumps(tokenizer)


def _is_spaced(model: Mapping[str, Any]) -> bool:
    """The pieces write spaces as SentencePiece does, or bytes."""
    vocab = model["vocab"]
    return SPACE in vocab or any(text in vocab for text in BYTE_PIECES)


def _read_model(files: TokenizerFiles) -> Vocabulary:
    file = SourceFile(files.checkpoint.folder / _MODEL)
    if file.size > _MAX_MODEL_BYTES:
        raise InvalidCheckpoint(f"{_MODEL} has {file.size:,} bytes; a SentencePiece model was expected")
    data = file.read(0, file.size).tobytes()
    file.check_unchanged()
    file.close()
    first = data[:200].split(b"\n")[0].split(b" ")
    if len(first) == 2 and first[1].strip().isdigit() and first[0].isascii():
        raise UnsupportedTokenizer(
            f"{_MODEL} is a list of ranks as tiktoken writes it; a SentencePiece model or tokenizer.json was expected, "
            f"since the list does not say how texts are cut; {_SAVE}, or use the repository whose name ends in -hf"
        )
    return read_spm_model(files, read_sentencepiece(data, _MODEL), _MODEL)


def _read_older(files: TokenizerFiles) -> Vocabulary:
    """Checkpoints without either file."""
    folder = files.checkpoint.folder
    if (folder / "vocab.json").is_file():
        return read_vocab_and_merges(files)
    if (folder / "vocab.txt").is_file():
        return read_vocab_txt(files)
    others = ("*.tiktoken", "sentencepiece.bpe.model", "spiece.model", "tekken.json", "ice_text.model")
    found = sorted(path.name for pattern in others for path in folder.glob(pattern))
    raise IncompleteCheckpoint(
        f"{folder} has {found[0] if found else 'no tokenizer file'}; {_JSON} or {_MODEL} was expected; "
        f"download it, or {_SAVE}"
    )

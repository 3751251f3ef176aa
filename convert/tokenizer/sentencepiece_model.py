"""The bytes of a `tokenizer.model` to a frozen description: pieces, scores, kinds, and how texts are prepared.

Read here field by field (sentencepiece_model.proto of https://github.com/google/sentencepiece) and checked, so that
the sentencepiece library, which afterwards is the witness of the ids, is only ever given bytes it can hold. Knows
nothing of tokens that other files add.
"""

import struct
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite

from convert.errors import InvalidCheckpoint, UnsupportedTokenizer
from convert.tokenizer.charsmap import check_charsmap
from convert.tokenizer.protobuf import BYTES, FIXED32, VARINT, fields

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = range(1, 7)
UNIGRAM, BPE = 1, 2

MAX_PIECE_BYTES = 1024
"""Far beyond any published piece; C++ code recurses once a byte."""

BYTE_PIECES = {f"<0x{byte:02X}>": byte for byte in range(256)}
"""The pieces that stand for single bytes, with the byte."""

_MAX_PIECES = 4_000_000


@dataclass(frozen=True, slots=True)
class SentencePieceModel:
    """One model. `pieces`, `scores` and `kinds` run over the ids."""

    data: bytes
    """The file, for the sentencepiece library."""
    pieces: tuple[str, ...]
    scores: tuple[float, ...]
    kinds: tuple[int, ...]
    """NORMAL to BYTE, the numbers of the proto, which are also llama.cpp's."""
    unigram: bool
    """Unigram, else BPE."""
    dummy_prefix: bool
    """A space is put in front of each text."""
    strips_spaces: bool
    """Spaces at the ends are dropped and runs of them made one."""
    charsmap: bytes
    """The compiled character map; empty: texts stay as they are."""
    charsmap_name: str
    unknown: int
    begin: int | None
    end: int | None


def read_sentencepiece(data: bytes, file: str) -> SentencePieceModel:
    """Take a model apart. `file` is its name for errors.

    Raises InvalidCheckpoint for what is no sound model, UnsupportedTokenizer for kinds that llama.cpp does not have.
    """
    pieces: list[bytes] = []
    trainer = normalizer = denormalizer = b""
    for number, wire, value in fields(data, file):
        if wire != BYTES or not isinstance(value, bytes):
            continue
        match number:
            case 1:
                pieces.append(value)
            case 2:  # messages that occur twice are merged, which is what joining their bytes does
                trainer += value
            case 3:
                normalizer += value
            case 5:
                denormalizer += value
    if not pieces or len(pieces) > _MAX_PIECES:
        raise InvalidCheckpoint(
            f"{file} has {len(pieces):,} pieces; a SentencePiece model was expected; download it again"
        )
    texts, scores, kinds = zip(*(_piece(piece, number, file) for number, piece in enumerate(pieces)), strict=True)
    _check_pieces(texts, kinds, file)
    trained, prepared = _scalars(trainer, file), _scalars(normalizer, file)
    _refuse_what_llama_has_not(trained, prepared, file)
    charsmap = prepared.get(2, b"")
    charsmap = charsmap if isinstance(charsmap, bytes) else b""
    name = prepared.get(1, b"")
    check_charsmap(charsmap, file)
    other = _scalars(denormalizer, file).get(2, b"")
    check_charsmap(other if isinstance(other, bytes) else b"", file)
    return SentencePieceModel(
        data=data,
        pieces=texts,
        scores=scores,
        kinds=kinds,
        unigram=trained.get(3, UNIGRAM) == UNIGRAM,
        dummy_prefix=bool(prepared.get(3, 1)),
        strips_spaces=bool(prepared.get(4, 1)),
        charsmap=charsmap,
        charsmap_name=name.decode("utf-8", errors="replace") if isinstance(name, bytes) else "",
        unknown=kinds.index(UNKNOWN),
        begin=_control(trained, 46, b"<s>", texts, kinds),
        end=_control(trained, 47, b"</s>", texts, kinds),
    )


def _piece(data: bytes, number: int, file: str) -> tuple[str, float, int]:
    """Text, score, kind of one piece."""
    text: bytes = b""
    score, kind = 0.0, NORMAL
    length = data[1] if len(data) > 6 else 0
    if data[:1] == b"\x0a" and length < 0x80 and len(data) == length + 7 and data[length + 2] == 0x15:
        text = data[2 : length + 2]  # the form all trainers write: text, score
        score = struct.unpack_from("<f", data, length + 3)[0]
    else:
        for field, wire, value in fields(data, file):
            match field, wire, value:
                case 1, 2, bytes():
                    text = value
                case 2, 5, bytes():
                    score = struct.unpack("<f", value)[0]
                case 3, 0, int():
                    kind = value
    try:
        decoded = text.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidCheckpoint(f"piece {number} of {file} is not UTF-8 ({error}); download the file again") from error
    if not decoded or "\0" in decoded or len(text) > MAX_PIECE_BYTES or not isfinite(score) or kind not in range(1, 7):
        raise InvalidCheckpoint(
            f"piece {number} of {file} has the text {decoded[:40]!r}, the score {score} and the kind {kind}; "
            "a text, a finite score and a kind from 1 to 6 were expected; download the file again"
        )
    return decoded, score, kind


def _check_pieces(texts: tuple[str, ...], kinds: tuple[int, ...], file: str) -> None:
    if len(set(texts)) != len(texts):
        twice = next(text for text, count in Counter(texts).items() if count > 1)
        raise InvalidCheckpoint(f"the piece {twice!r} has two ids in {file}; each was expected once; download it again")
    if kinds.count(UNKNOWN) != 1:
        raise InvalidCheckpoint(
            f"{file} has {kinds.count(UNKNOWN)} pieces for the unknown; one was expected; download the file again"
        )
    wrong = next((t for t, kind in zip(texts, kinds, strict=True) if kind == BYTE and t not in BYTE_PIECES), None)
    if wrong is not None:
        raise InvalidCheckpoint(f"{wrong!r} stands for a byte in {file}; a text like <0x0A> was expected")


def _control(
    trained: Mapping[int, int | bytes], field: int, default: bytes, texts: tuple[str, ...], kinds: tuple[int, ...]
) -> int | None:
    """The id of the control piece that a field of the trainer's settings names."""
    name = trained.get(field, default)
    text = name.decode("utf-8", errors="replace") if isinstance(name, bytes) else ""
    number = texts.index(text) if text in texts else None
    return number if number is not None and kinds[number] == CONTROL else None


def _scalars(data: bytes, file: str) -> dict[int, int | bytes]:
    """The last value of each field, as protobuf reads a field that should stand once."""
    return {number: value for number, wire, value in fields(data, file) if wire in {VARINT, BYTES, FIXED32}}


def _refuse_what_llama_has_not(trained: dict[int, int | bytes], prepared: dict[int, int | bytes], file: str) -> None:
    kind = trained.get(3, UNIGRAM)
    if kind not in {UNIGRAM, BPE}:
        names = {3: "word", 4: "character"}
        raise UnsupportedTokenizer(
            f"{file} is a SentencePiece model of whole {names.get(kind if isinstance(kind, int) else 0, 'unknown')}s; "
            "BPE or unigram was expected; llama.cpp knows no other"
        )
    if trained.get(24):
        raise UnsupportedTokenizer(f"{file} puts spaces behind words; llama.cpp puts them in front")
    if not prepared.get(5, 1):
        raise UnsupportedTokenizer(f"{file} keeps plain spaces in its pieces; llama.cpp expects ▁ in their place")

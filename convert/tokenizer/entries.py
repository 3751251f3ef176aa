"""A vocabulary as frozen values, and how the readers of the several file kinds put one together. Opens no file."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any

from convert.errors import InvalidCheckpoint, UnsupportedTokenizer
from convert.tokenizer.sentencepiece_model import MAX_PIECE_BYTES
from convert.tokenizer.source_tokenizer import SourceTokenizer
from convert.tokenizer.special_tokens import AddedToken, SpecialToken


class Kind(IntEnum):
    """llama.cpp's token types (llama.h, enum llama_token_type), which are SentencePiece's."""

    NORMAL = 1
    UNKNOWN = 2
    CONTROL = 3
    USER_DEFINED = 4
    UNUSED = 5
    BYTE = 6


@dataclass(frozen=True, slots=True)
class Variant:
    """Settings of llama.cpp that may make the source's ids."""

    name: str
    """For people and for reports: llama.cpp's pre-tokenizer, or what is particular."""
    keys: Mapping[str, Any]
    """Full names of GGUF keys; they win over the vocabulary's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """`tokens[id]` for each row of the embedding; rows without a token are `[PADid]` of kind UNUSED."""

    file: Path
    """The file that was read."""
    model: str
    """llama.cpp's name for the kind: gpt2, llama, t5 or bert."""
    description: str
    """The kind in words, for reports."""
    tokens: tuple[str, ...]
    kinds: tuple[Kind, ...]
    scores: tuple[float, ...] = ()
    merges: tuple[str, ...] = ()
    """`"a b"`, best first. Written for byte-level BPE; llama.cpp takes SentencePiece's from the scores."""
    keys: Mapping[str, Any]
    """Further GGUF keys, by full name."""
    variants: tuple[Variant, ...]
    """Settings to try, the likeliest first."""
    likely: int = 0
    """How many of them, at the front, belong to a form that is known; the others take long with a large vocabulary."""
    added: Mapping[int, AddedToken]
    """Tokens that are cut out of a text before it is encoded, by id."""
    special: Mapping[str, SpecialToken]
    """By role: bos, eos, unk, pad, cls, sep, mask."""
    ends: Mapping[int, str]
    """Every id that ends an answer, eos first, with the file that says so."""
    padding: int
    """Rows without a token."""
    source: Callable[[], SourceTokenizer]
    """Opens the reference. Raises InvalidCheckpoint."""
    twin: Callable[[], SourceTokenizer] | None = None
    """Opens the other tokenizer file of the folder, which is only compared."""
    normalizes: bool = False
    """llama.cpp prepares texts as the source does (unigram and WordPiece); else it takes them as they are."""
    space_first: bool = False
    """The source puts a space before a text and not after control tokens, which llama.cpp cannot tell apart."""
    spares_spaces: bool = False
    """The source puts that space only before texts that begin without one."""
    chats: bool = False
    """The checkpoint has a chat template: its prompts begin with a control token."""
    warnings: tuple[str, ...] = ()

    @property
    def bytes_missing(self) -> int:
        """How many of the 256 `<0xNN>` tokens the vocabulary lacks."""
        texts = set(self.tokens)
        return sum(f"<0x{byte:02X}>" not in texts for byte in range(256))


@dataclass(frozen=True, slots=True)
class Entries:
    """Texts, kinds and scores over the rows, checked."""

    tokens: tuple[str, ...]
    kinds: tuple[Kind, ...]
    scores: tuple[float, ...]
    padding: int

    @property
    def ids(self) -> dict[str, int]:
        """Text -> id, padding left out."""
        return {
            text: number
            for number, (text, kind) in enumerate(zip(self.tokens, self.kinds, strict=True))
            if kind is not Kind.UNUSED or text != f"[PAD{number}]"
        }


def entries(
    pieces: Mapping[int, str],
    added: Mapping[int, AddedToken],
    rows: int,
    *,
    kinds: Mapping[int, Kind] | None = None,
    scores: Mapping[int, float] | None = None,
    file: str,
) -> Entries:
    """The rows of the embedding from the model's pieces and the added tokens, whose texts win.

    Raises InvalidCheckpoint for ids without a row, UnsupportedTokenizer for texts that llama.cpp cannot hold.
    """
    texts = dict(pieces) | {number: token.text for number, token in added.items()}
    for number, text in texts.items():
        if not 0 <= number < rows:
            raise InvalidCheckpoint(
                f"token {text!r:.60} has the id {number}; the embedding has {rows} rows; "
                "tokenizer and weights of one model were expected"
            )
        if "\0" in text:
            raise UnsupportedTokenizer(f"token {number} is {text!r:.60}; llama.cpp cannot hold a text with a NUL in it")
        if len(text) > MAX_PIECE_BYTES:
            raise InvalidCheckpoint(f"token {number} has {len(text):,} letters; {file} is damaged; download it again")
    tokens = tuple(texts.get(number, f"[PAD{number}]") or f"[EMPTY_{number}]" for number in range(rows))
    if len(set(tokens)) != rows:
        twice = next(text for text, count in Counter(tokens).items() if count > 1)
        raise UnsupportedTokenizer(
            f"the token {twice!r:.60} has two ids in {file}; each text was expected once, since llama.cpp finds "
            "tokens by their text"
        )
    known = kinds or {}
    return Entries(
        tokens=tokens,
        kinds=tuple(_kind(number, texts, added, known) for number in range(rows)),
        scores=tuple(float((scores or {}).get(number, 0.0)) for number in range(rows)) if scores is not None else (),
        padding=rows - len(texts),
    )


def _kind(number: int, texts: Mapping[int, str], added: Mapping[int, AddedToken], kinds: Mapping[int, Kind]) -> Kind:
    known = kinds.get(number, Kind.NORMAL)
    if number in added and known is not Kind.UNKNOWN:
        return Kind.CONTROL if added[number].special else Kind.USER_DEFINED
    return known if number in texts else Kind.UNUSED


def checked_ids(vocab: Mapping[str, Any], file: str) -> dict[int, str]:
    """Id -> text of a JSON object text -> id. Raises InvalidCheckpoint where an id is none, or two texts share one."""
    for text, number in vocab.items():
        if type(number) is not int:
            raise InvalidCheckpoint(
                f"token {text!r:.60} has the id {number!r:.40} in {file}; a whole number was expected; "
                "download the file again"
            )
    return {number: text for text, number in vocab.items()}


def merge_texts(merges: Sequence[Any], file: str) -> tuple[str, ...]:
    """`"a b"` from either spelling: texts, or pairs (tokenizers 0.20 and newer). Raises as `entries` does."""
    texts = tuple(merge if isinstance(merge, str) else _pair(merge, file) for merge in merges)
    wrong = next((text for text in texts if text.count(" ") != 1), None)
    if wrong is not None:
        raise UnsupportedTokenizer(f"the merge {wrong!r:.60} in {file} is not two parts; llama.cpp cannot store it")
    return texts


def _pair(pair: Any, file: str) -> str:
    try:
        left, right = pair
        return str(left + " " + right)
    except (TypeError, ValueError) as error:
        raise InvalidCheckpoint(f"the merge {pair!r:.60} in {file} is no pair; restore the file") from error

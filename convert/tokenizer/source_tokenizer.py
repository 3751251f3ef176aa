"""The source's own tokenizer, as an independent library runs it: the witness for every id that is compared.

`tokenizers` for tokenizer.json, `sentencepiece` for tokenizer.model. For the latter, tokens that stand apart are cut
out first and what lies between them is encoded on its own, as the slow tokenizers of transformers 4 did.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from sentencepiece import SentencePieceProcessor
from tokenizers import AddedToken as LibraryToken
from tokenizers import Tokenizer

from convert.errors import InvalidCheckpoint, UnsupportedTokenizer
from convert.tokenizer.special_tokens import AddedToken

_WITHOUT_PREFIX = b"\x1a\x02\x18\x00"
"""normalizer_spec { add_dummy_prefix: false }: protobuf merges it into what stands before."""


class SourceTokenizer(Protocol):
    """What the reference makes of texts."""

    normalization: str
    """Its character normalization in words; empty: texts stay as they are."""

    def ids(self, text: str, *, plain: bool = False) -> list[int]:
        """Ids of a text; `plain`: what spells a control token stays text. No begin or end token."""
        ...

    def following(self, text: str) -> list[int]:
        """Ids of a text that follows a control token."""
        ...

    def framed(self, text: str) -> list[int]:
        """Ids with the tokens that the source puts around a text."""
        ...

    def normalized(self, text: str) -> str:
        """The text after the character normalization."""
        ...


class JsonSource:
    """tokenizer.json in the `tokenizers` library."""

    def __init__(
        self, text: str, *, added: Mapping[int, AddedToken], normalization: str = "", opener: str = ""
    ) -> None:
        """`added`: tokens that other files add. `opener`: the text of a control token. Raises InvalidCheckpoint."""
        self.normalization = normalization
        self._opener = opener
        self._tokenizer = _guarded(lambda: Tokenizer.from_str(text), "tokenizer.json cannot be loaded")
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        for number, token in sorted(added.items()):
            self._add(number, token)

    def _add(self, number: int, token: AddedToken) -> None:
        if self._tokenizer.token_to_id(token.text) == number:
            return
        library = LibraryToken(
            token.text, special=token.special, lstrip=token.lstrip, rstrip=token.rstrip,
            normalized=token.normalized, single_word=token.single_word,
        )  # fmt: skip
        (self._tokenizer.add_special_tokens if token.special else self._tokenizer.add_tokens)([library])
        if self._tokenizer.token_to_id(token.text) != number:
            raise UnsupportedTokenizer(
                f"tokenizer_config.json gives the token {token.text!r:.60} the id {number}, which tokenizer.json has "
                "no place for; files of one model were expected; download them again"
            )

    def ids(self, text: str, *, plain: bool = False) -> list[int]:
        if not plain:
            return self._encode(text, add_special_tokens=False)
        self._tokenizer.encode_special_tokens = True
        try:
            return self._encode(text, add_special_tokens=False)
        finally:
            self._tokenizer.encode_special_tokens = False

    def following(self, text: str) -> list[int]:
        return self._encode(self._opener + text, add_special_tokens=False)[1:]

    def framed(self, text: str) -> list[int]:
        return self._encode(text, add_special_tokens=True)

    def normalized(self, text: str) -> str:
        if not self.normalization:
            return text
        normalizer: Any = self._tokenizer.normalizer
        return str(normalizer.normalize_str(text))

    def _encode(self, text: str, *, add_special_tokens: bool) -> list[int]:
        found: list[int] = _guarded(
            lambda: self._tokenizer.encode(text, add_special_tokens=add_special_tokens).ids,
            f"tokenizer.json cannot encode {text[:20]!r}",
        )
        return found


def _guarded(step: Any, problem: str) -> Any:
    """Run a step of the library, which raises nothing more precise than Exception, and panics beside it."""
    try:
        return step()
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit | MemoryError):
            raise
        said = " ".join(str(error).split())[:200]
        raise InvalidCheckpoint(f"{problem} ({said}); download the file again") from error


class SentencePieceSource:
    """tokenizer.model in the `sentencepiece` library, and the tokens that stand apart."""

    def __init__(
        self,
        data: bytes,
        *,
        apart: Mapping[int, AddedToken],
        begin: Sequence[int] = (),
        end: Sequence[int] = (),
        space_first: bool = False,
        normalization: str = "",
        file: str = "tokenizer.model",
    ) -> None:
        """`data` has been checked. `apart`: tokens that are cut out, by id. `begin`, `end`: ids put around a text.
        `space_first`: the dummy prefix comes at the start of a text only. Raises InvalidCheckpoint."""
        self.normalization = normalization
        self._model = _loaded(data, file)
        self._bare = _loaded(data + _WITHOUT_PREFIX, file) if space_first or normalization else self._model
        self._next = self._bare if space_first else self._model
        self._begin, self._end = list(begin), list(end)
        self._numbers = {token.text: number for number, token in apart.items()}
        self._tokens = apart
        self._any = _pattern(token.text for token in apart.values())
        self._ordinary = _pattern(token.text for token in apart.values() if not token.special)

    def ids(self, text: str, *, plain: bool = False) -> list[int]:
        return list(self._ids(text, self._ordinary if plain else self._any, self._model))

    def following(self, text: str) -> list[int]:
        return list(self._ids(text, self._any, self._next))

    def framed(self, text: str) -> list[int]:
        return self._begin + self.ids(text) + self._end

    def normalized(self, text: str) -> str:
        if not self.normalization:
            return text
        return str(self._bare.normalize(text)).replace("▁", " ")

    def _ids(self, text: str, pattern: re.Pattern[str] | None, first: SentencePieceProcessor) -> Iterator[int]:
        parts = pattern.split(text) if pattern else [text]
        model = first
        for index, part in enumerate(parts):
            if index % 2:
                yield self._numbers[part]
                model = self._next
                continue
            left = self._tokens[self._numbers[parts[index - 1]]].rstrip if index else False
            right = self._tokens[self._numbers[parts[index + 1]]].lstrip if index + 1 < len(parts) else False
            rest = part.lstrip() if left else part
            rest = rest.rstrip() if right else rest
            if rest:
                yield from model.encode(rest)


def _pattern(texts: Iterator[str]) -> re.Pattern[str] | None:
    """Splits at the leftmost, there the longest of the texts."""
    longest = sorted(set(texts), key=len, reverse=True)
    return re.compile(f"({'|'.join(map(re.escape, longest))})") if longest else None


def _loaded(data: bytes, file: str) -> SentencePieceProcessor:
    try:
        return SentencePieceProcessor(model_proto=data)
    except (RuntimeError, OSError, ValueError) as error:
        said = " ".join(str(error).split())[:200]
        raise InvalidCheckpoint(
            f"{file} cannot be loaded ({said}); a SentencePiece model was expected; download the file again"
        ) from error


def normalizer_steps(normalizer: Any) -> list[dict[str, Any]]:
    """The steps of a `normalizer` object of tokenizer.json, sequences taken apart. Raises InvalidCheckpoint."""
    if normalizer is None:
        return []
    if not isinstance(normalizer, dict):
        raise InvalidCheckpoint(
            f"the normalizer of tokenizer.json is {json.dumps(normalizer)[:60]}; an object was expected; "
            "download the file again"
        )
    if normalizer.get("type") != "Sequence":
        return [normalizer]
    parts = normalizer.get("normalizers")
    return [step for part in (parts if isinstance(parts, list) else []) for step in normalizer_steps(part)]

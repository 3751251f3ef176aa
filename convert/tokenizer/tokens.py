"""Whether llama.cpp, given our vocabulary, makes the same token ids as the source's own tokenizer, measured on texts.

The comparison also finds the settings: the first variant (a pre-tokenizer's name, a flag) with which every text agrees.
Without one the conversion stops; a file whose tokens differ would answer, only worse.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from unicodedata import category

from convert.choices import Choices
from convert.errors import QuantizerFailed, UnsupportedTokenizer
from convert.gguf.header import TensorInfo, header
from convert.gguf.llama import LoadedVocabulary
from convert.gguf.scratch import scratch_file
from convert.tokenizer.entries import Variant, Vocabulary
from convert.tokenizer.expected_tokens import FRAMED, ExpectedTokens, expected_tokens
from convert.tokenizer.keys import end_keys, vocabulary_metadata
from convert.tokenizer.pretokenizers import NAMES
from convert.tokenizer.source_tokenizer import SourceTokenizer

_NAME = "general.name"
_SWALLOWS = re.compile(r"(phi|modern)-?(?=3|bert)", re.IGNORECASE)
"""In names of models for which llama.cpp drops white space beside control tokens (src/llama-vocab.cpp)."""

_ENOUGH = 24
"""Differing texts after which a variant is not looked at further."""

_USUAL_SPACES = " \t\n\r\u00a0\u3000"

_AS_FOUND = Choices()
_NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Agreement:
    """The pre-tokenizer that agrees, how many texts were compared, and the flags that were measured with them."""

    pre_tokenizer: str
    texts: int
    add_bos: bool
    add_eos: bool
    header: bytes
    """The finished header of the file: llama.cpp read this very vocabulary."""
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Trial:
    """One variant, and what came of it."""

    variant: Variant
    differing: tuple[str, ...]
    """Texts that become other tokens."""
    first: str
    """What comes of the first of them."""
    refused: bool = False
    """llama.cpp does not load it at all."""


def agree(
    vocabulary: Vocabulary, keys: Mapping[str, Any], tensors: Sequence[TensorInfo], choices: Choices = _AS_FOUND
) -> Agreement:
    """Find the settings with which llama.cpp makes the source's ids on every text, and the header that holds them.

    `keys`: the header's other keys. `choices.pretokenizer` is used even where texts differ, which a warning then says.
    Raises UnsupportedTokenizer with the first text that differs, InvalidCheckpoint for an unreadable tokenizer file.
    """
    source = vocabulary.source()
    expected = expected_tokens(vocabulary, source)
    with scratch_file() as path, _Bench(vocabulary, expected, keys, tensors, path) as bench:
        rare = bench.rare_letters(source)
        if rare:
            bench.expected = expected.without(rare, "rare characters are prepared")
        trial = bench.forced(choices.pretokenizer) if choices.pretokenizer else bench.found()
        expected = bench.expected
        data, warnings = bench.finished(trial)
    warnings = (*vocabulary.warnings, *expected.warnings, *warnings)
    if vocabulary.twin is not None:
        warnings += _twin_warnings(vocabulary, expected)
    return Agreement(trial.variant.name, expected.count, expected.add_bos, expected.add_eos, data, warnings)


class _Bench:
    """Lays headers down for llama.cpp to read, and compares. A context manager: it holds the vocabulary read last."""

    def __init__(
        self, vocabulary: Vocabulary, expected: ExpectedTokens, keys: Mapping[str, Any], tensors: Sequence[TensorInfo],
        path: Path,
    ) -> None:  # fmt: skip
        self.vocabulary, self.expected, self.keys, self.tensors, self.path = vocabulary, expected, keys, tensors, path
        self.header = b""
        self._settings: tuple[Mapping[str, Any], Mapping[str, Any]] | None = None
        self._held = ExitStack()
        self._vocab: LoadedVocabulary

    def __enter__(self) -> "_Bench":
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()

    def loaded(self, variant: Variant, further: Mapping[str, Any] = _NOTHING) -> LoadedVocabulary:
        """What llama.cpp makes of the variant's header, which `header` then is. Raises QuantizerFailed."""
        if self._settings == (variant.keys, further):
            return self._vocab
        self._held.close()
        self._settings = None
        made = vocabulary_metadata(
            self.vocabulary, variant, add_bos=self.expected.add_bos, add_eos=self.expected.add_eos
        )
        self.header = header({**self.keys, **made, **further}, self.tensors)
        self.path.write_bytes(self.header)
        # as much of nothing behind it as the tensors take, since llama.cpp looks for their places
        os.truncate(self.path, len(self.header) + sum(tensor.padded for tensor in self.tensors))
        self._vocab = self._held.enter_context(LoadedVocabulary(self.path))
        self._settings = (variant.keys, further)
        return self._vocab

    def rare_letters(self, source: SourceTokenizer) -> frozenset[str]:
        """▁ itself, and, where llama.cpp prepares texts itself, controls, marks and odd spaces that it takes otherwise.

        Letters, digits, punctuation and usual spaces are never among them: these must agree.
        """
        if self.vocabulary.model == "gpt2":
            return frozenset()
        letters = {letter for text in self.expected.ids for letter in text} if self.vocabulary.normalizes else set()
        rare = [letter for letter in letters if letter not in _USUAL_SPACES and category(letter)[0] in "CMZ"]
        loaded = self.loaded(self.vocabulary.variants[0])
        around = ("{0}", "a{0}b", "a {0} b", "{0} {0}{0}a")
        return frozenset(
            letter
            for letter in (*rare, "▁")
            if any(loaded.ids(text) != source.ids(text) for text in (form.format(letter) for form in around))
        )

    def found(self) -> _Trial:
        """The first variant with which every text agrees. Raises UnsupportedTokenizer, naming the nearest."""
        marks = frozenset(letter for text in self.expected.ids for letter in text if category(letter)[0] == "M")
        trials: list[_Trial] = []
        for index, variant in enumerate(self._variants()):
            trial = self._tried(variant)
            if not trial.differing:
                return trial
            trials.append(trial)
            if index + 1 == self.vocabulary.likely and (found := self._only_in(marks, trials)):
                return found
        if self.vocabulary.model == "gpt2" and (found := self._only_in(marks, trials)):
            return found
        best = min(trials, key=lambda trial: len(trial.differing))
        parts = f"parts on {_count(best)} of {self.expected.count} texts"
        raise UnsupportedTokenizer(
            f"llama.cpp makes other tokens than {self.vocabulary.file.name} with each of {len(trials)} settings: the "
            f"nearest, {best.variant.name}, {parts}: {best.first}; "
            "no file was written because its tokens would differ"
        )

    def _only_in(self, marks: frozenset[str], trials: Sequence[_Trial]) -> _Trial | None:
        """The first that differs in nothing but texts with combining marks, which are then left out and named."""
        for trial in trials:
            if trial.first and all(marks.intersection(text) for text in trial.differing):
                self.expected = self.expected.without(marks, "combining marks (as in Hindi or Thai) are cut")
                return _Trial(trial.variant, (), "")
        return None

    def forced(self, name: str) -> _Trial:
        """The variant that the user named. Raises UnsupportedTokenizer where there is none of that name."""
        if self.vocabulary.model != "gpt2":
            raise UnsupportedTokenizer(
                f"--pretokenizer {name} was given; {self.vocabulary.description} in {self.vocabulary.file.name} has no "
                "pre-tokenizer; leave the option out"
            )
        trial = self._tried(Variant(name, {"tokenizer.ggml.pre": name}))
        if trial.refused:
            raise UnsupportedTokenizer(
                f"--pretokenizer {name} was given, which llama.cpp does not know; one of {', '.join(NAMES)} or another "
                "of its names was expected"
            )
        return trial

    def finished(self, trial: _Trial) -> tuple[bytes, tuple[str, ...]]:
        """The header with the end tokens' keys, and what is to be said about it. Raises UnsupportedTokenizer."""
        warnings: tuple[str, ...] = ()
        if trial.first:
            warnings += (
                f"--pretokenizer {trial.variant.name}: {_count(trial)} of {self.expected.count} texts become "
                f"other tokens than in the source: {trial.first}",
            )
        variant, swallowed = self._swallowing(trial.variant)
        if _NAME in variant.keys:
            warnings += (
                f"general.name is written as {variant.keys[_NAME]!r}, since llama.cpp decides by the name "
                "whether white space behind control tokens is dropped",
            )
        loaded = self.loaded(variant)
        self._check_framed(loaded)
        further = [token for token in self.vocabulary.ends if not loaded.ends_answer(token)]
        if further:
            unknown = self.vocabulary.special.get("unk")
            keys, borrowed = end_keys(further, unknown.id if unknown else None)
            warnings += borrowed
            loaded = self.loaded(variant, keys)
            further = [token for token in further if not loaded.ends_answer(token)]
        if further:
            raise UnsupportedTokenizer(f"llama.cpp does not end answers at the tokens {further}, which the model does")
        return self.header, warnings + swallowed

    def _variants(self) -> Iterator[Variant]:
        """All of the vocabulary's; then the same under a name of which llama.cpp takes, or does not take, white space.

        llama.cpp drops white space behind control tokens for models whose name says phi-3, and for no others.
        """
        yield from self.vocabulary.variants
        name = str(self.keys.get(_NAME, ""))
        if _SWALLOWS.search(name):
            yield from (self._named(variant, _SWALLOWS.sub(r"\1_", name)) for variant in self.vocabulary.variants)
        elif any(token.rstrip for token in self.vocabulary.added.values()):
            yield from (self._named(variant, f"{name} (phi-3 tokens)") for variant in self.vocabulary.variants)

    def _named(self, variant: Variant, name: str) -> Variant:
        return Variant(variant.name, {**variant.keys, _NAME: name.strip()})

    def _swallowing(self, variant: Variant) -> tuple[Variant, tuple[str, ...]]:
        """The variant, or the same under a name that makes llama.cpp drop white space as the source does."""
        if self._keeps_doubtful(variant):
            return variant, ()
        swallow = [token.text for token in self.vocabulary.added.values() if token.lstrip or token.rstrip]
        named = self._named(variant, f"{self.keys.get(_NAME, '')} (phi-3 tokens)")
        if _NAME in variant.keys or not swallow:
            return variant, ()
        if not self._tried(named).differing and self._keeps_doubtful(named):
            return named, ()
        return variant, (
            f"the source drops white space beside {', '.join(swallow[:4])}{' …' if len(swallow) > 4 else ''} and "
            "llama.cpp keeps it; prompts that put none there are exact",
        )

    def _keeps_doubtful(self, variant: Variant) -> bool:
        """What need not agree agrees all the same."""
        if not self.expected.doubtful:
            return True
        loaded = self.loaded(variant)
        return all(loaded.ids(text) == ids for text, ids in self.expected.doubtful.items())

    def _tried(self, variant: Variant) -> _Trial:
        """Compare, until enough is known: some of llama.cpp's patterns take a millisecond a text."""
        try:
            differences = dict(islice(self._differences(self.loaded(variant)), _ENOUGH))
        except QuantizerFailed as error:
            return _Trial(variant, tuple(self.expected.ids), str(error), refused=True)
        return _Trial(variant, tuple(differences), next(iter(differences.values()), ""))

    def _differences(self, loaded: LoadedVocabulary) -> Iterator[tuple[str, str]]:
        """(text, what comes of it) for each text that becomes other tokens."""
        for text, ids in self.expected.ids.items():
            found = loaded.ids(text)
            if found != ids:
                yield text, _parting(text, found, ids)
        for text, (number, ids) in self.expected.plain.items():
            found = loaded.ids(text, plain=True)
            if number in found:
                yield text, f"the text {text[:40]!r} becomes the control token {number} where it should stay text"
            elif found != ids and not any(loaded.is_control(token) for token in ids):
                yield text, f"as plain content, {_parting(text, found, ids)}"

    def _check_framed(self, loaded: LoadedVocabulary) -> None:
        found = loaded.ids(FRAMED, add_special=True)
        if found != self.expected.framed:
            raise UnsupportedTokenizer(
                f"with begin and end tokens {FRAMED!r} becomes {found} instead of {self.expected.framed}"
            )


def _count(trial: _Trial) -> str:
    return f"{len(trial.differing)}{' or more' if len(trial.differing) >= _ENOUGH else ''}"


def _parting(text: str, found: list[int], ids: list[int]) -> str:
    place = next((i for i, pair in enumerate(zip(found, ids, strict=False)) if pair[0] != pair[1]), 0)
    start = max(0, place - 2)
    return f"the text {text[:40]!r} becomes {found[start : start + 8]} instead of {ids[start : start + 8]}"


def _twin_warnings(vocabulary: Vocabulary, expected: ExpectedTokens) -> tuple[str, ...]:
    """What the folder's other tokenizer file makes of the same texts."""
    if vocabulary.twin is None:
        return ()
    twin = vocabulary.twin()
    differing = [text for text, ids in expected.ids.items() if twin.ids(text) != ids]
    if not differing:
        return ()
    return (
        f"tokenizer.json and tokenizer.model part on {len(differing)} of {len(expected.ids)} texts, first "
        f"{differing[0][:40]!r}; {vocabulary.file.name} was followed",
    )

"""Every probe text once more, through the finished file itself: its ids against those of the source's own tokenizer."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from convert.errors import QuantizerFailed
from convert.gguf.check import wrong_keys
from convert.gguf.llama import LoadedVocabulary
from convert.proof_report import Rung
from convert.tokenizer.entries import Vocabulary
from convert.tokenizer.expected_tokens import FRAMED, expected_tokens

TOKENIZER = "tokenizer.ggml."
"""Keys that hold the vocabulary."""


def compare_tokens(path: Path, vocabulary: Vocabulary, found: Mapping[str, Any], expected: Mapping[str, Any]) -> Rung:
    """The rung. `found`, `expected`: the keys of the file, and those that its source gives now.

    Raises UnsupportedTokenizer, InvalidCheckpoint for a source that could not be converted.
    """
    wanted = expected_tokens(vocabulary, vocabulary.source())
    problems: list[str] = []
    try:
        with LoadedVocabulary(path) as loaded:
            pairs = [(text, loaded.ids(text), ids) for text, ids in wanted.ids.items()]
            pairs += [(text, loaded.ids(text, plain=True), ids) for text, (_, ids) in wanted.plain.items()]
            pairs.append((FRAMED, loaded.ids(FRAMED, add_special=True), wanted.framed))
            silent = [token for token in vocabulary.ends if not loaded.ends_answer(token)]
            spoken = {text for text, (_, ids) in wanted.plain.items() if any(map(loaded.is_control, ids))}
    except QuantizerFailed as error:
        return Rung("failed", str(error), {"texts": wanted.count})
    for text, ids, right in pairs:
        if ids != right and text not in spoken:
            problems.append(f"the text {text[:40]!r} becomes {_short(ids)} instead of {_short(right)}")
    problems += [f"the token {token} does not end an answer" for token in silent]
    differing = len(problems)
    problems = _wrong_pieces(found, expected) + problems
    figures = {"texts": wanted.count, "differing": differing, "problems": problems[:20]}
    if problems:
        return Rung("failed", f"{problems[0]}; {differing:,} of {wanted.count:,} texts differ", figures)
    return Rung("passed", f"equal ids on {wanted.count:,} texts, {len(vocabulary.tokens):,} pieces equal", figures)


def _wrong_pieces(found: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """Keys of the vocabulary that differ; for lists, where they do."""
    lines = []
    for line in wrong_keys(found, {key: value for key, value in expected.items() if key.startswith(TOKENIZER)}):
        key = line.removeprefix("the key ").split(" ")[0]
        mine, theirs = found.get(key), expected.get(key)
        if isinstance(mine, tuple) and isinstance(theirs, tuple) and len(mine) == len(theirs):
            at = next(i for i, pair in enumerate(zip(mine, theirs, strict=True)) if pair[0] != pair[1])
            lines.append(f"{key} has {mine[at]!r:.40} at {at} instead of {theirs[at]!r:.40}")
        else:
            lines.append(line)
    return lines


def _short(ids: list[int]) -> str:
    return str(ids[:8]) if len(ids) <= 8 else f"{str(ids[:8])[:-1]}, …]"

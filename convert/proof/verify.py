"""A file held against the checkpoint it was made of, rung by rung, as a ladder that says how far it was climbed.

The plan of the conversion is made again from the source, with the choices that the file records; nothing of the file is
believed. Each rung that fails is named with the place where it does; the others are climbed all the same where they can
be, so that a report shows what a defect does and does not touch.
"""

import os
from collections.abc import Generator
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

from convert.errors import InvalidCheckpoint, VerificationFailed
from convert.gguf.bounds import quantizer
from convert.gguf.check import wrong_keys, wrong_tensors
from convert.gguf.llama_model import opened
from convert.gguf.reader import GgufFile, read_gguf
from convert.gguf.scratch import scratch_file
from convert.pipeline import Layout, Model, lay_out, read_model
from convert.proof.logits import DEFAULT_REACH, bundled_text, climb
from convert.proof.tensors import compare_tensors
from convert.proof.tokens import TOKENIZER, compare_tokens
from convert.proof_report import RUNGS, Climbing, Proof, Rung
from convert.recorded import CHOICES, FROM_FILE, QUANTIZER, choices_of, in_words

_MADE_HERE = "luciole.version"
_TEMPLATE_SOURCE = "luciole.template.source"
_MAX_TEXT = 16 * 2**20


@dataclass(frozen=True, slots=True)
class Verified:
    """The last event."""

    proof: Proof


def verify(
    file: Path, against: Path, *, text: Path | None = None, reach: int | None = None
) -> Generator[Climbing | Verified, None, None]:
    """Climb all rungs; the last event is `Verified`, whatever the verdict.

    `text`: a UTF-8 file for the comparison of distributions, instead of the bundled one. `reach`: positions up to which
    logits are compared; at most the file's context. Raises ConversionError where there is nothing to compare.
    """
    started = perf_counter()
    words = bundled_text() if text is None else _read_text(text)
    yield Climbing("header", 0, 0)
    try:
        found = read_gguf(file)
    except VerificationFailed as error:
        below = Rung("not climbed", "the header is damaged")
        rungs = {"header": Rung("failed", str(error)), **dict.fromkeys(RUNGS[1:], below)}
        yield Verified(Proof(file, against.name, rungs, perf_counter() - started))
        return
    try:
        choices = choices_of(found.keys)
        if choices.template == FROM_FILE:
            choices = replace(choices, template=None)
        overridden = in_words(choices_of(found.keys))
        model = read_model(against, choices)
        rungs = yield from _climb(found, model, words, reach or DEFAULT_REACH)
    finally:
        found.file.close()
    warnings = (*model.hyper.rope.warnings, *model.hyper.warnings)
    yield Verified(Proof(file, model.checkpoint.name + overridden, rungs, perf_counter() - started, warnings))


def _climb(found: GgufFile, model: Model, words: str, reach: int) -> Generator[Climbing, None, dict[str, Rung]]:
    expected = yield from _planned(found, model)
    rungs = {"header": _header(found, expected, model)}
    rungs["tensors"] = yield from compare_tensors(
        found, model.tensors, model.hyper.rope.tensors, strict=found.keys.get(QUANTIZER) == quantizer()
    )
    yield Climbing("tokens", 0, 0)
    wanted = (
        expected.keys if _MADE_HERE in found.keys else {key: expected.keys[key] for key in _common(found, expected)}
    )
    rungs["tokens"] = compare_tokens(found.file.path, model.vocabulary, found.keys, wanted)
    fit = {tensor.name: tensor.shape for tensor in model.tensors}
    if any(name not in found.tensors or found.tensors[name].shape != shape for name, shape in fit.items()):
        return rungs | dict.fromkeys(("logits", "kl"), Rung("not climbed", "tensors are missing or have other shapes"))
    error = float(rungs["tensors"].figures["relative_error"])
    last = yield from climb(found, model, relative_error=error, text=words, reach=reach)
    return {**rungs, **last}


def _planned(found: GgufFile, model: Model) -> Generator[Climbing, None, GgufFile]:
    """The header that the source gives now, read as one on disk is. Raises ConversionError."""
    recipe = found.keys.get("general.file_type", 0)
    layout: Layout | None = None
    steps = lay_out(model, recipe if type(recipe) is int else 0)
    while layout is None:
        try:
            next(steps)
            yield Climbing("header", 0, 0)
        except StopIteration as end:
            layout = end.value
    with scratch_file() as path:
        path.write_bytes(layout.agreement.header)
        os.truncate(path, len(layout.agreement.header) + layout.data_bytes)
        planned = read_gguf(path)
        planned.file.close()
    return planned


def _header(found: GgufFile, expected: GgufFile, model: Model) -> Rung:
    """Keys, tensors and places as planned, and the whole file sound for llama.cpp, which looks at every block."""
    here = _MADE_HERE in found.keys
    wanted = {key: value for key, value in expected.keys.items() if _is_compared(key, found, model)}
    if not here:
        wanted = {key: wanted[key] for key in _common(found, expected) & wanted.keys()}
    problems = wrong_keys(found.keys, wanted)
    if here:
        problems += wrong_tensors(found, expected.infos())
    try:
        with opened(found.file.path, every_value=True):
            pass
    except VerificationFailed as error:
        problems.append(str(error))
    figures = {"keys": len(wanted), "tensors": len(found.tensors), "problems": problems[:20]}
    if problems:
        more = f", and {len(problems) - 1} more" if len(problems) > 1 else ""
        return Rung("failed", f"{problems[0]}{more}", figures)
    return Rung("passed", f"{len(wanted):,} keys and {len(found.tensors):,} tensors as the source gives them", figures)


def _common(found: GgufFile, expected: GgufFile) -> set[str]:
    """Keys that both have: other converters leave some out that llama.cpp can do without."""
    return found.keys.keys() & expected.keys.keys()


def _is_compared(key: str, found: GgufFile, model: Model) -> bool:
    """Tokens have their own rung; names and versions may be others; a template from a file is not in the source."""
    if key.startswith((TOKENIZER, "general.name")) or key in {_MADE_HERE, QUANTIZER, CHOICES}:
        return False
    if choices_of(found.keys).template == FROM_FILE and ("chat_template" in key or key == _TEMPLATE_SOURCE):
        return False
    return _MADE_HERE in found.keys or key.startswith(f"{model.architecture.name}.")


def _read_text(path: Path) -> str:
    try:
        if path.stat().st_size > _MAX_TEXT:
            raise InvalidCheckpoint(
                f"{path} has {path.stat().st_size:,} bytes; a text of up to {_MAX_TEXT:,} was expected"
            )
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise InvalidCheckpoint(f"{path} cannot be read ({reason}); a UTF-8 text was expected; give another") from error
    if not text.strip():
        raise InvalidCheckpoint(f"{path} holds no words; a UTF-8 text of some pages was expected; give another")
    return text

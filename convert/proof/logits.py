"""What llama.cpp computes with a file, held against what transformers computes with the checkpoint.

Two rungs. *logits*: the file in llama.cpp against the reference with the file's own numbers, so that what quantization
cost is left out and everything else shows: RoPE at the first and at far positions, permutations, epsilons, scales.
*kl*: the file against the source as it is, over a text, which is what quantization cost.

What two sound programs differ by is rounding: llama.cpp rounds activations to the type of the weights (for blocks, to 8
bits). The bounds below are two to ten times the largest seen with SmolLM2-135M (30 layers) and random models of nine
families, over all recipes; distances are root mean squares of the differences of a position's logits, as a share of
their standard deviation. Wrong bases, scalings and permutations move them by 0.1 to 1.4.
"""

from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from gguf import GGMLQuantizationType as Type

from convert.errors import VerificationFailed
from convert.gguf.bounds import PLAIN, dequantize
from convert.gguf.ggml import widen
from convert.gguf.llama import LoadedVocabulary
from convert.gguf.llama_model import OpenModel, opened
from convert.gguf.reader import GgufFile
from convert.pipeline import Model
from convert.proof.divergence import Divergence, collected, distance, divergence
from convert.proof.reference_model import NotClimbed, ReferenceModel, load_reference
from convert.proof_report import Climbing, Rung
from convert.weights.stored import Array

DEFAULT_REACH = 4096
"""Positions up to which logits are compared where nobody says otherwise."""
_WINDOW = 256
_WINDOWS = 8
"""The divergence is measured over so many windows of so many tokens of the text, at most."""
_NEAR = (0, 1, 2, 7, 63)
_FAR = 12


@dataclass(frozen=True, slots=True)
class Allowed:
    """Bounds for a file whose coarsest weights are of one class."""

    median: float
    largest: float
    """Distance of logits over the positions compared."""
    divergence: float
    """Mean KL divergence in nats where weights are the source's."""


ALLOWED: Mapping[str, Allowed] = {
    # class: the largest seen of median, largest, mean divergence
    "f32": Allowed(0.002, 0.008, 1e-5),  # 0.0004, 0.0008, 2e-7 (GELU, which ggml reads from a table of f16 numbers)
    "f16": Allowed(0.006, 0.02, 5e-5),  # 0.0018, 0.0031, 5e-6
    "bf16": Allowed(0.06, 0.15, 0.003),  # 0.015, 0.040, 3e-4
    "blocks": Allowed(0.2, 0.7, 0.0),  # 0.08, 0.3, by the error of the weights
}
_GAIN = 150.0
"""Mean divergence allowed, over the square of (relative error of weights and activations × spread of the logits); seen:
3 to 42."""
_ACTIVATIONS = 0.005
"""Relative error of activations rounded to 8 bits, which adds to that of the weights."""
_UNRELATED = 0.5
"""No file may be half as far from its source as an unrelated one: that lies at the square of the spread."""


def climb(
    found: GgufFile, model: Model, *, relative_error: float, text: str, reach: int
) -> Generator[Climbing, None, Mapping[str, Rung]]:
    """Climb both rungs; gives them by name. `relative_error`: that of the quantized weights, root mean square."""
    path = found.file.path
    with LoadedVocabulary(path) as vocabulary:
        tokens = vocabulary.ids(text, add_special=True, plain=True)
        long = _stretched(vocabulary, text, min(reach, model.hyper.context))
    plain = all(place.kind in PLAIN for place in found.tensors.values())
    rungs: dict[str, Rung] = {}
    try:
        yield Climbing("kl", 0, 0)
        with opened(path) as file:
            if _is_encoder(found):
                reference = load_reference(model, None if plain else own_numbers(found, model))
                return _encoder_rungs(file, reference, long[:512], _allowed(found))
            reference = load_reference(model)
            rungs["kl"] = yield from _climb_divergence(file, reference, tokens, relative_error, _allowed(found))
            yield Climbing("logits", 0, 0)
            if not plain:
                del reference
                reference = load_reference(model, own_numbers(found, model))
            rungs["logits"] = yield from _climb_logits(file, reference, long, _allowed(found))
    except NotClimbed as reason:
        missing = Rung("not climbed", str(reason))
        return {name: rungs.get(name, missing) for name in ("logits", "kl")}
    except VerificationFailed as error:
        return {name: rungs.get(name, Rung("failed", str(error))) for name in ("logits", "kl")}
    return {"logits": rungs["logits"], "kl": rungs["kl"]}


def own_numbers(found: GgufFile, model: Model) -> dict[str, Array]:
    """What the file's quantized tensors hold, float32, in the names, shapes and row orders of the checkpoint.

    Sources that a family's step changes keep their own numbers: the reference takes that step itself.
    """
    numbers: dict[str, Array] = {}
    for tensor in model.tensors:
        place = found.tensors[tensor.name]
        if place.kind in PLAIN or tensor.row.values is not None:
            continue
        rows = dequantize(place.kind, found.read(place, 0, place.bytes), place.shape[-1])
        for source, part in zip(tensor.sources, np.split(rows, len(tensor.sources)), strict=True):
            if source.name not in numbers:
                numbers[source.name] = widen(np.ascontiguousarray(source.rows(slice(None)))).copy()
            target = numbers[source.name].T if tensor.row.transposed else numbers[source.name]
            order = slice(None) if tensor.row.rows is None else tensor.row.rows(tensor.hyperparameters)
            target[order] = part.reshape(target[order].shape)
    return numbers


def _climb_logits(
    file: OpenModel, reference: ReferenceModel, tokens: Sequence[int], allowed: Allowed
) -> Generator[Climbing, None, Rung]:
    positions = _positions(len(tokens))
    expected = {position: row.copy() for position, row in reference.logits(tokens, positions)}
    distances: dict[int, float] = {}
    with closing(file.logits(tokens, set(positions))) as rows:
        for position, row in rows:
            distances[position] = distance(expected[position], row)
            yield Climbing("logits", position, len(tokens))
    return _logits_rung(distances, allowed, reference.name)


def _logits_rung(distances: Mapping[int, float], allowed: Allowed, name: str) -> Rung:
    values = list(distances.values())
    worst = max(distances, key=lambda position: (not np.isfinite(distances[position]), distances[position]))
    median = float(np.median(values))
    figures = {
        "reference": name,
        "positions": list(distances),
        "distances": values,
        "median": median,
        "largest": distances[worst],
        "allowed": {"median": allowed.median, "largest": allowed.largest},
    }
    where = f"{len(values)} positions up to {max(distances) + 1:,}"
    said = f"largest distance {distances[worst]:.2g} at position {worst + 1:,}, median {median:.2g}"
    if not (median <= allowed.median and distances[worst] <= allowed.largest):
        return Rung("failed", f"{said}; at most {allowed.largest:g} and {allowed.median:g} were expected", figures)
    return Rung("passed", f"{where} equal to transformers' {name}: {said}", figures)


def _climb_divergence(
    file: OpenModel, reference: ReferenceModel, tokens: Sequence[int], relative_error: float, allowed: Allowed
) -> Generator[Climbing, None, Rung]:
    size = min(_WINDOW, file.context)
    windows = [tokens[start : start + size] for start in range(0, len(tokens), size)][:_WINDOWS]
    values: list[float] = []
    agreements: list[bool] = []
    spreads: list[float] = []
    for window in windows:
        expected = reference.logits(window, range(len(window)))
        with closing(file.logits(window)) as rows:
            for (_, source), (_, row) in zip(expected, rows, strict=True):
                values.append(divergence(source, row))
                agreements.append(bool(source.argmax() == row.argmax()))
                spreads.append(float(source.std()))
        yield Climbing("kl", len(values), sum(map(len, windows)))
    return _divergence_rung(collected(values, agreements), float(np.mean(spreads)), relative_error, allowed)


def _divergence_rung(measured: Divergence, spread: float, relative_error: float, allowed: Allowed) -> Rung:
    noise = _GAIN * (relative_error**2 + _ACTIVATIONS**2) * spread**2
    limit = allowed.divergence or min(noise, _UNRELATED * spread**2)
    figures = measured.json() | {"allowed": {"mean": limit}}
    said = (
        f"mean {measured.mean:.2g} nats, median {measured.median:.2g}, 99 % below {measured.ninety_nine:.2g}, largest "
        f"{measured.largest:.2g}; same likeliest token at {measured.top:.1%} of {measured.positions:,} positions"
    )
    if not measured.mean <= limit:
        return Rung("failed", f"{said}; a mean of at most {limit:.2g} was expected", figures)
    return Rung("passed", said, figures)


def _encoder_rungs(
    file: OpenModel, reference: ReferenceModel, tokens: Sequence[int], allowed: Allowed
) -> dict[str, Rung]:
    """Embedding models write no text: their states are compared, token by token."""
    expected, found = reference.hidden(tokens), file.hidden(tokens)
    distances = {place: distance(expected[place], found[place]) for place in range(len(tokens))}
    return {
        "logits": _logits_rung(distances, allowed, f"{reference.name}, hidden states"),
        "kl": Rung("does not apply", "an encoder gives no next token"),
    }


def _allowed(found: GgufFile) -> Allowed:
    kinds = {place.kind for place in found.tensors.values()}
    if kinds - set(PLAIN):
        return ALLOWED["blocks"]
    return ALLOWED["bf16" if Type.BF16 in kinds else "f16" if Type.F16 in kinds else "f32"]


def _is_encoder(found: GgufFile) -> bool:
    architecture: Any = found.keys.get("general.architecture")
    return found.keys.get(f"{architecture}.attention.causal") is False


def _positions(length: int) -> list[int]:
    """The first ones, and others spread to the last."""
    return sorted(
        {*(near for near in _NEAR if near < length), *np.linspace(0, length - 1, _FAR + 1).astype(int).tolist()}
    )


def _stretched(vocabulary: LoadedVocabulary, text: str, length: int) -> list[int]:
    """Ids of the text and, until there are enough, of its paragraphs in ever new orders."""
    ids = vocabulary.ids(text, add_special=True, plain=True)
    random = Random(11)  # noqa: S311 - the same order each time
    paragraphs = text.split("\n\n")
    while len(ids) < length:
        random.shuffle(paragraphs)
        further = vocabulary.ids("\n\n".join(paragraphs), plain=True)
        if not further:
            raise VerificationFailed("the text gives no tokens; a text with words was expected; give another --text")
        ids += further
    return ids[:length]


def bundled_text() -> str:
    """A few pages in English and Chinese, prose, figures and code, written for this purpose."""
    return (Path(__file__).parent / "data" / "proof.txt").read_text(encoding="utf-8")

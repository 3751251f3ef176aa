"""The one runner for families: a tiny random checkpoint in a family's true layout, converted and held to its reference.

transformers makes the weights and computes with them. Where it does not carry a family, the test lays the tensors of
the nearest class out as the family has them, and applies the family's own step in torch. Nothing here knows how
`convert` works.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from convert import Choices, ConversionError, Preview, convert
from convert.errors import IncompleteCheckpoint, UnsupportedArchitecture
from convert.pipeline import read_model
from convert.proof.reference_model import load_reference
from tests.convert.gguf_file import read
from tests.convert.tiny import toy_tokenizer, write_tokenizer
from tests.convert.toy_tokenizers import write_sentencepiece
from tests.support import Floats, converted_file, llama_model

TOLERANCE = 3e-5
"""Largest difference of logits, as a share of their standard deviation; 5e-6 is the most that was seen."""

ROWS = 417
"""Rows of the embedding: the toy tokenizer's 411 tokens and a few without one."""

PIECES = 600
"""Those of the toy SentencePiece models."""

Tensors = Mapping[str, torch.Tensor]
Tokenizer = Callable[[Path], object]
"""Writes tokenizer files into a folder."""


def toy(folder: Path) -> None:
    """Byte-level BPE of 411 tokens with a chat template."""
    write_tokenizer(folder, toy_tokenizer())


def sentencepiece(**settings: Any) -> Tokenizer:
    """`tokenizer.model` of 600 pieces and its tokenizer_config.json; `settings` are those of `write_sentencepiece`."""
    return lambda folder: write_sentencepiece(folder, size=PIECES, **settings)


def tiny_model(model_class: str, *, norm: float = 1.0, spread: float = 0.08, seed: int = 0, **settings: Any) -> Any:
    """A random model of a class of transformers, 2 layers and 4 heads of 16 unless `settings` (config keys) say more.

    Every parameter is random, biases too; norm weights lie around `norm`.
    """
    kind = getattr(transformers, model_class)
    usual: dict[str, Any] = {
        "vocab_size": ROWS,
        "hidden_size": 64,
        "intermediate_size": 160,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "max_position_embeddings": 512,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "pad_token_id": 2,
    }
    torch.manual_seed(seed)
    model = kind(kind.config_class(**(usual | settings)))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            is_norm = parameter.ndim == 1 and name.endswith("weight")
            parameter.normal_(mean=norm if is_norm else 0.0, std=0.2 if is_norm else spread)
    return model.float().eval()


def save(model: Any, folder: Path, *, tokenizer: Tokenizer = toy, **changes: Any) -> Path:
    """The model as transformers saves it; `changes` are keys of config.json (`...` removes one)."""
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    path = folder / "config.json"
    write_config(folder, json.loads(path.read_text(encoding="utf-8")), **changes)
    (folder / "generation_config.json").unlink(missing_ok=True)
    tokenizer(folder)
    return folder


def lay_out(folder: Path, tensors: Tensors, config: Mapping[str, Any], *, tokenizer: Tokenizer = toy) -> Path:
    """A checkpoint of just these tensors and this config.json."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file({name: tensor.detach().contiguous() for name, tensor in tensors.items()}, folder / "model.safetensors")
    write_config(folder, config)
    tokenizer(folder)
    return folder


def as_torch_saved(folder: Path, *, shards: int = 1, **how: Any) -> Path:
    """The same checkpoint with its weights as torch saves them: `pytorch_model.bin`, or shards and their index.

    `how` is handed to `torch.save`.
    """
    tensors = checkpoint_tensors(folder)
    (folder / "model.safetensors").unlink()
    if shards == 1:
        torch.save(tensors, folder / "pytorch_model.bin", **how)
        return folder
    names = sorted(tensors)
    index: dict[str, str] = {}
    for shard in range(shards):
        file = f"pytorch_model-{shard + 1:05}-of-{shards:05}.bin"
        part = names[shard::shards]
        torch.save({name: tensors[name] for name in part}, folder / file, **how)
        index |= dict.fromkeys(part, file)
    text = json.dumps({"metadata": {}, "weight_map": index})
    (folder / "pytorch_model.bin.index.json").write_text(text, encoding="utf-8")
    return folder


def write_config(folder: Path, config: Mapping[str, Any], **changes: Any) -> None:
    """config.json with some keys changed; `...` removes one."""
    values = {key: value for key, value in (dict(config) | changes).items() if value is not ...}
    (folder / "config.json").write_text(json.dumps(values, indent=2), encoding="utf-8")


def logits_of(model: Any, tokens: Sequence[int], positions: Sequence[int]) -> Floats:
    """What the model computes in float32 after `positions`, [positions, vocabulary]."""
    with torch.no_grad():
        logits: Floats = model(torch.tensor([list(tokens)]), use_cache=False).logits[0, list(positions)].numpy()
    return logits


Reference = Callable[[Sequence[int], Sequence[int]], Floats]
"""(tokens, positions) to logits [positions, vocabulary]."""


def of(model: Any) -> Reference:
    """The model itself as the reference."""
    return lambda tokens, positions: logits_of(model, tokens, positions)


def assert_logits(
    folder: Path, reference: Reference, *, length: int = 300, tolerance: float = TOLERANCE, **choices: Any
) -> float:
    """The f32 file in llama.cpp computes what the reference does, first to last position.

    `choices` are those of the conversion. Gives the largest difference as a share of the logits' standard deviation.
    """
    rows: int = json.loads((folder / "config.json").read_text(encoding="utf-8"))["vocab_size"]
    tokens = np.random.default_rng(5).integers(0, rows, length).tolist()
    positions = sorted({0, 1, 2, 50, *np.linspace(length // 3, length - 1, 6).astype(int).tolist()})
    expected = reference(tokens, positions)
    gguf = converted_file(folder, folder.with_name(f"{folder.name}-f32.gguf"), "f32", force=True, **choices)
    with llama_model(gguf) as model:
        found = model.logits(tokens, positions)
    assert expected.std(axis=1).min() > 0.2 * expected.std(), "logits too even to compare"
    worst = np.abs(found - expected).max(axis=1) / expected.std()
    assert worst.max() < tolerance, f"differences by position, in standard deviations: {np.round(worst, 5).tolist()}"
    return float(worst.max())


def assert_nothing_lost(
    folder: Path, *, stepped: Sequence[str] = (), left_out: Sequence[str] = (), twice: Sequence[str] = ()
) -> None:
    """Every number of the checkpoint stands in the f32 file, as often as there, and no other does.

    Patterns of checkpoint names: `stepped` are only counted, since the family's step changes their values; `left_out`
    are not written, `twice` are written in two places. Tensors that RoPE makes do not count.
    """
    gguf = converted_file(folder, folder.with_name(f"{folder.name}-whole.gguf"), "f32", force=True)
    written = [tensor for name, tensor in read(gguf).tensors.items() if not name.startswith("rope_")]
    wanted: list[Floats] = []
    changed = 0
    for name, values in checkpoint_tensors(folder).items():
        if _matches(name, left_out):
            continue
        if _matches(name, stepped):
            changed += values.numel()
            continue
        wanted += [values.float().numpy().reshape(-1)] * (2 if _matches(name, twice) else 1)
    expected = np.concatenate(wanted).view(np.uint32)
    found = np.concatenate([tensor.floats().reshape(-1) for tensor in written]).view(np.uint32)
    _, places = np.unique(np.concatenate([expected, found]), return_inverse=True)
    surplus = np.bincount(places[: expected.size], minlength=places.max() + 1)
    surplus -= np.bincount(places[expected.size :], minlength=surplus.size)
    assert surplus.clip(min=0).sum() == 0, f"{surplus.clip(min=0).sum()} numbers are lost"
    assert -surplus.clip(max=0).sum() == changed, "numbers of another origin"


def assert_damage_is_refused(folder: Path) -> None:
    """Without any one tensor, or with another one, the checkpoint is refused. Layers beyond the first are alike."""
    tensors = checkpoint_tensors(folder)
    first = [name for name in tensors if not any(f".{layer}." in name for layer in range(1, 64))]
    assert len(first) > 3
    for name in first:
        others = {key: tensor for key, tensor in tensors.items() if key != name}
        with damaged(folder, others), pytest.raises(IncompleteCheckpoint, match="has no"):
            refused(folder)
    for name in ("model.layers.0.self_attn.gate_proj.weight", "vision_gate"):
        with damaged(folder, {**tensors, name: torch.ones(3)}), pytest.raises(UnsupportedArchitecture, match=name):
            refused(folder)


def assert_loads_quantized(folder: Path, reference: Reference, quantizations: Sequence[str] = ("q8_0", "q4_0")) -> None:
    """Block types load in llama.cpp and answer nearly as the reference does."""
    tokens = list(range(3, 40))
    expected = reference(tokens, [0, 20, 36])
    for quantization, allowed in zip(quantizations, (0.2, 1.5), strict=False):
        gguf = converted_file(folder, folder.with_name(f"{folder.name}-{quantization}.gguf"), quantization, force=True)
        with llama_model(gguf) as model:
            found = model.logits(tokens, [0, 20, 36])
        error = float(np.sqrt(np.mean((found - expected) ** 2)) / expected.std())
        assert error < allowed, f"{quantization}: {error} standard deviations"


def assert_reference(folder: Path, reference: Reference) -> None:
    """What `verify` holds a file against, found by the converter from the same folder, is this reference too."""
    tokens, positions = list(range(3, 99)), [0, 1, 40, 95]
    found = dict(load_reference(read_model(folder, Choices())).logits(tokens, positions))
    expected = reference(tokens, positions)
    for position, row in zip(positions, expected, strict=True):
        assert np.abs(found[position] - row).max() < 1e-5 * expected.std(), f"another reference at {position}"


def assert_family(
    folder: Path, reference: Reference, *, stepped: Sequence[str] = (), left_out: Sequence[str] = (), **further: Any
) -> None:
    """All of the above; `further` is for `assert_logits`."""
    assert_logits(folder, reference, **further)
    assert_nothing_lost(folder, stepped=stepped, left_out=left_out)
    assert_damage_is_refused(folder)
    assert_loads_quantized(folder, reference)
    assert_reference(folder, reference)


def refused(folder: Path, **choices: Any) -> None:
    """Look at the checkpoint up to what a conversion would write; raises what speaks against it."""
    for _ in convert(folder, quantization="f32", choices=Choices(**choices), dry_run=True):
        pass


def refusal(folder: Path, **choices: Any) -> str:
    """The one line with which the checkpoint is refused."""
    with pytest.raises(ConversionError) as caught:
        refused(folder, **choices)
    message = str(caught.value)
    assert "\n" not in message
    return message


def warnings_of(folder: Path, **choices: Any) -> tuple[str, ...]:
    """What a conversion says besides."""
    last = None
    for event in convert(folder, quantization="f32", choices=Choices(**choices), dry_run=True):
        last = event
    assert isinstance(last, Preview)
    return last.warnings


def metadata(folder: Path, **choices: Any) -> dict[str, object]:
    """The keys of the f32 file."""
    return read(converted_file(folder, folder.with_name("keys.gguf"), "f32", force=True, **choices)).metadata


def checkpoint_tensors(folder: Path) -> dict[str, torch.Tensor]:
    """Everything in the folder's one safetensors file."""
    tensors: dict[str, torch.Tensor] = load_file(folder / "model.safetensors")
    return tensors


@contextmanager
def damaged(folder: Path, tensors: Tensors) -> Iterator[None]:
    """The checkpoint with these tensors instead of its own, for a while."""
    file = folder / "model.safetensors"
    sound = file.read_bytes()
    save_file(dict(tensors), file)
    try:
        yield
    finally:
        file.write_bytes(sound)


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)

"""Random checkpoints in the shapes of real models, for what does not depend on the values: time and memory.

They take the starter's tokenizer (fewer tokens than rows; the rest is padding). Needs the extras `starter` and
`verify`.
"""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

_TILE = 1 << 22
"""Random numbers made once; tensors are cut from them at changing places."""
_TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "generation_config.json")


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of a Llama-like model, what its config.json says beyond them, and the format of its weights."""

    layers: int
    hidden: int
    feed_forward: int
    heads: int
    kv_heads: int
    vocabulary: int
    torch_file: bool
    """pytorch_model.bin instead of model.safetensors."""
    config: dict[str, Any]


SHAPES = {
    "llama-1.1b": Shape(
        layers=22,
        hidden=2048,
        feed_forward=5632,
        heads=32,
        kv_heads=4,
        vocabulary=49152,
        torch_file=False,
        config={"architectures": ["LlamaForCausalLM"], "rope_theta": 10000.0, "max_position_embeddings": 8192},
    ),
    "index-1.9b": Shape(
        layers=36,
        hidden=2048,
        feed_forward=5888,
        heads=16,
        kv_heads=16,
        vocabulary=65029,
        torch_file=True,
        config={
            "architectures": ["IndexForCausalLM"],
            "rope_ratio": 32,
            "norm_head": 1,
            "max_position_embeddings": 32768,
        },
    ),
}


def write_shape(name: str, folder: Path, tokenizer: Path) -> Path:
    """Write a checkpoint of that shape in bf16 into `folder`, with the tokenizer files of another, and return it."""
    shape = SHAPES[name]
    folder.mkdir(parents=True, exist_ok=True)
    for file in _TOKENIZER_FILES:
        if (tokenizer / file).is_file():
            shutil.copyfile(tokenizer / file, folder / file)
    config = {
        "hidden_act": "silu",
        "hidden_size": shape.hidden,
        "intermediate_size": shape.feed_forward,
        "num_attention_heads": shape.heads,
        "num_hidden_layers": shape.layers,
        "num_key_value_heads": shape.kv_heads,
        "rms_norm_eps": 1e-6,
        "tie_word_embeddings": False,
        "torch_dtype": "bfloat16",
        "vocab_size": shape.vocabulary,
    }
    (folder / "config.json").write_text(json.dumps(config | shape.config, indent=2), encoding="utf-8")
    tile = torch.randn(_TILE, generator=torch.Generator().manual_seed(0)).mul_(0.02).to(torch.bfloat16)
    tensors = {name: _cut(tile, index, size) for index, (name, size) in enumerate(_tensors(shape))}
    if shape.torch_file:
        torch.save(tensors, folder / "pytorch_model.bin")
    else:
        save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    return folder


def _cut(tile: torch.Tensor, index: int, size: tuple[int, ...]) -> torch.Tensor:
    """A weight around zero, or of one dimension, as norms are, around one: else it would look like unmerged deltas."""
    count = torch.Size(size).numel()
    weight = tile.roll(index).repeat(-(-count // _TILE))[:count].clone().reshape(size)
    return weight + 1 if len(size) == 1 else weight


def _tensors(shape: Shape) -> Iterator[tuple[str, tuple[int, ...]]]:
    hidden, inner = shape.hidden, shape.feed_forward
    keys = hidden // shape.heads * shape.kv_heads
    yield "model.embed_tokens.weight", (shape.vocabulary, hidden)
    for layer in range(shape.layers):
        at = f"model.layers.{layer}"
        yield f"{at}.input_layernorm.weight", (hidden,)
        for part, rows in (("q", hidden), ("k", keys), ("v", keys), ("o", hidden)):
            yield f"{at}.self_attn.{part}_proj.weight", (rows, hidden)
        yield f"{at}.post_attention_layernorm.weight", (hidden,)
        yield f"{at}.mlp.gate_proj.weight", (inner, hidden)
        yield f"{at}.mlp.up_proj.weight", (inner, hidden)
        yield f"{at}.mlp.down_proj.weight", (hidden, inner)
    yield "model.norm.weight", (hidden,)
    yield "lm_head.weight", (shape.vocabulary, hidden)

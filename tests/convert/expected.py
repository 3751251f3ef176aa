"""What a converted Llama file must hold, written down a second time: names, and rows in llama.cpp's order.

safetensors' own library reads the source (as torch, in float32); nothing is shared with `convert`.
"""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file

from tests.support import Floats

LAYER = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
OUTER = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}


def source_name(name: str) -> str:
    """The checkpoint's name of a GGUF tensor."""
    layer = re.fullmatch(r"blk\.(\d+)\.(\w+)\.(weight|bias)", name)
    if layer:
        return f"model.layers.{layer[1]}.{LAYER[layer[2]]}.{layer[3]}"
    part, kind = name.rsplit(".", 1)
    return f"{OUTER[part]}.{kind}"


def source_tensors(folder: Path) -> dict[str, Floats]:
    """All tensors of a checkpoint, one file or many, in float32."""
    found = {}
    for file in sorted(folder.glob("*.safetensors")):
        for name, tensor in load_file(file).items():
            found[name] = tensor.to(torch.float32).numpy()
    return found


def row_order(heads: int, head_dim: int) -> NDArray[np.int64]:
    """For each row of a projection in GGUF, its row in the checkpoint.

    llama.cpp rotates rows 2j and 2j + 1 of a head together; the checkpoint's model rotates rows j and j + head_dim / 2.
    """
    order = []
    for head in range(heads):
        for row in range(head_dim):
            pair, second = divmod(row, 2)
            order.append(head * head_dim + pair + (head_dim // 2 if second else 0))
    return np.array(order)


def as_written(name: str, source: Floats, config: dict[str, Any]) -> Floats:
    """A source tensor with its rows as the GGUF tensor of that name must have them."""
    heads = config["num_attention_heads"]
    head_dim = config.get("head_dim") or config["hidden_size"] // heads
    if ".attn_q." in name:
        return source[row_order(heads, head_dim)]
    if ".attn_k." in name:
        return source[row_order(config["num_key_value_heads"], head_dim)]
    return source


def config_of(folder: Path) -> dict[str, Any]:
    """config.json as it lies there."""
    values: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    return values

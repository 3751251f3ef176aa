"""Baichuan 1 and 2, 7B (RoPE) and 13B (ALiBi): one projection, and a head with rows of length 1 in the second.

llama.cpp tells the sizes by their 32 and 40 layers, so the tiny ones have as many.
"""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.convert.families.support import (
    PIECES,
    Reference,
    assert_family,
    assert_logits,
    lay_out,
    metadata,
    of,
    refusal,
    sentencepiece,
    tiny_model,
)
from tests.support import Floats

baichuan_tokenizer = sentencepiece(dummy_prefix=False, add_bos=False, tokenizer_class="BaichuanTokenizer")
SEVEN: dict[str, Any] = {"num_hidden_layers": 32, "max_position_embeddings": 512, "model_max_length": 512}
THIRTEEN: dict[str, Any] = {"num_hidden_layers": 40, "model_max_length": 512}


def write_baichuan(folder: Path, model: Any, **changes: Any) -> Path:
    """config.json as Baichuan 2 has it; `z_loss_weight` tells a tiny one, whose vocabulary is not the real one's."""
    config = model.config
    values = {
        "architectures": ["BaichuanForCausalLM"],
        "auto_map": {"AutoModelForCausalLM": "modeling_baichuan.BaichuanForCausalLM"},
        "_from_model_config": True,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "gradient_checkpointing": [False],
        "hidden_act": "silu",
        "hidden_size": config.hidden_size,
        "initializer_range": 0.02,
        "intermediate_size": config.intermediate_size,
        "model_type": "baichuan",
        "num_attention_heads": config.num_attention_heads,
        "pad_token_id": 0,
        "rms_norm_eps": config.rms_norm_eps,
        "tie_word_embeddings": False,
        "torch_dtype": "bfloat16",
        "transformers_version": "4.29.2",
        "use_cache": True,
        "vocab_size": config.vocab_size,
        "z_loss_weight": 0,
    } | changes
    tensors: dict[str, torch.Tensor] = {}
    state = model.state_dict()
    for name, tensor in state.items():
        if "q_proj" in name:
            parts = [state[name.replace("q_proj", f"{part}_proj")] for part in "qkv"]
            tensors[name.replace("q_proj", "W_pack")] = torch.cat(parts)
        elif "k_proj" not in name and "v_proj" not in name:
            tensors[name] = tensor
    kept = {key: value for key, value in values.items() if value is not ...}
    return lay_out(folder, tensors, kept, tokenizer=baichuan_tokenizer)


def baichuan_model(layers: int, **settings: Any) -> Any:
    """The Llama that a Baichuan is but for its head, whose rows are made unequally long."""
    shape = {"num_hidden_layers": layers, "intermediate_size": 96, "vocab_size": PIECES}
    model = tiny_model("LlamaForCausalLM", **shape, **settings)
    with torch.no_grad():
        rows = len(model.lm_head.weight)
        model.lm_head.weight.mul_(torch.linspace(0.1, 3.0, rows)[torch.randperm(rows), None])
    return model


def with_unit_rows(model: Any) -> Any:
    """NormHead, as torch has it."""
    other = deepcopy(model)
    with torch.no_grad():
        other.lm_head.weight.copy_(torch.nn.functional.normalize(other.lm_head.weight, dim=1))
    return other


class Unturned(torch.nn.Module):
    """No rotation: cosines 1, sines 0."""

    def __init__(self, head_dim: int) -> None:
        super().__init__()
        self.head_dim = head_dim

    def forward(self, hidden: torch.Tensor, position_ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        ones = torch.ones(*position_ids.shape, self.head_dim)
        return ones, 0 * ones


def slopes(heads: int) -> list[float]:
    """One a head, as Press et al. publish them (https://github.com/ofirpress/attention_with_linear_biases)."""

    def of_power(count: int) -> list[float]:
        start = 2 ** (-(2 ** -(count.bit_length() - 1 - 3)))
        return [start * start**head for head in range(count)]

    if heads & (heads - 1) == 0:
        return of_power(heads)
    nearest = 2 ** (heads.bit_length() - 1)
    return of_power(nearest) + slopes(2 * nearest)[0::2][: heads - nearest]


def with_alibi(model: Any) -> Reference:
    """The Llama without RoPE, its scores lowered by the slope of the head times the distance, as Baichuan 13B does."""
    other = deepcopy(model)
    other.model.rotary_emb = Unturned(other.config.head_dim)

    def reference(tokens: Any, positions: Any) -> Floats:
        count = len(tokens)
        places = torch.arange(count)
        distance = places[None, :] - places[:, None]
        mask = torch.tensor(slopes(other.config.num_attention_heads))[:, None, None] * distance
        mask = mask.masked_fill(distance > 0, torch.finfo(torch.float32).min)
        with torch.no_grad():
            logits = other(torch.tensor([list(tokens)]), attention_mask=mask[None], use_cache=False).logits
        answer: Floats = logits[0, list(positions)].numpy()
        return answer

    return reference


@pytest.mark.parametrize("keys", [{}, {"num_key_value_heads": 2}], ids=["as published", "grouped"])
def test_baichuan2_7b(keys: dict[str, Any], tmp_path: Path) -> None:
    model = baichuan_model(32, **keys)
    folder = write_baichuan(tmp_path / "baichuan", model, **SEVEN, **keys)
    assert_family(folder, of(with_unit_rows(model)), stepped=["lm_head.weight"])


@pytest.mark.parametrize("heads", [4, 6])
def test_baichuan2_13b(heads: int, tmp_path: Path) -> None:
    model = baichuan_model(40, hidden_size=16 * heads, num_attention_heads=heads)
    folder = write_baichuan(tmp_path / "baichuan", model, **THIRTEEN)
    reference = with_alibi(with_unit_rows(model))
    if heads == 4:
        assert_family(folder, reference, stepped=["lm_head.weight"])
    else:
        assert_logits(folder, reference)
    assert not any("rope" in key for key in metadata(folder) if key.startswith("baichuan."))


def test_the_head_as_it_is_stored_and_positions_of_the_other_size_would_answer_otherwise(tmp_path: Path) -> None:
    for layers, sizes in ((32, SEVEN), (40, THIRTEEN)):
        model = baichuan_model(layers)
        folder = write_baichuan(tmp_path / f"baichuan-{layers}", model, **sizes)
        unit = with_unit_rows(model)
        for wrong in (of(model), with_alibi(unit) if layers == 32 else of(unit)):
            with pytest.raises(AssertionError, match="differences by position"):
                assert_logits(folder, wrong, tolerance=1.0)


def test_baichuan1_has_a_plain_head(tmp_path: Path) -> None:
    model = tiny_model("LlamaForCausalLM", num_hidden_layers=32, hidden_size=32, intermediate_size=32, vocab_size=64000)
    folder = write_baichuan(tmp_path / "baichuan", model, **SEVEN, z_loss_weight=...)
    assert_logits(folder, of(model), length=60)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        pytest.param({"num_hidden_layers": 28}, "32 (RoPE) or 40 (ALiBi)", id="layers of neither size"),
        pytest.param({"z_loss_weight": ...}, "125696 (Baichuan 2)", id="of neither generation"),
        pytest.param({"tie_word_embeddings": True}, "tie_word_embeddings", id="a head that is the embedding"),
        pytest.param({"hidden_act": "gelu"}, "hidden_act", id="another activation"),
    ],
)
def test_what_the_graph_lacks_or_nothing_tells_is_refused(changes: dict[str, Any], named: str, tmp_path: Path) -> None:
    model = tiny_model("LlamaForCausalLM", vocab_size=PIECES)
    assert named in refusal(write_baichuan(tmp_path / "baichuan", model, **(SEVEN | changes)))

"""GPT-NeoX and Pythia: the fused projection, both ways to join a layer's parts, part of the head, the RoPE base."""

from pathlib import Path
from typing import Any

import pytest

from tests.convert.families.gelu import HALF, PLAIN, with_half_gelu
from tests.convert.families.support import (
    assert_family,
    assert_logits,
    assert_nothing_lost,
    metadata,
    of,
    refusal,
    save,
    tiny_model,
    warnings_of,
)


def neox(*, base: float = 10000.0, part: float = 0.25, **settings: Any) -> Any:
    rope = {"rope_type": "default", "rope_theta": base, "partial_rotary_factor": part}
    usual: dict[str, Any] = {"hidden_size": 128, "rope_parameters": rope, "spread": 0.1}
    return tiny_model("GPTNeoXForCausalLM", **(usual | settings))


@pytest.mark.parametrize("parallel", [True, False])
def test_the_family(parallel: bool, tmp_path: Path) -> None:
    model = neox(use_parallel_residual=parallel)
    folder = save(model, tmp_path / "neox")
    assert_family(folder, of(model), tolerance=PLAIN)
    assert any("hidden_act is gelu" in warning for warning in warnings_of(folder))
    assert_logits(folder, of(with_half_gelu(model)), tolerance=HALF)
    assert metadata(folder)["gptneox.use_parallel_residual"] == parallel


def test_gelu_by_tanh_needs_no_warning(tmp_path: Path) -> None:
    model = with_half_gelu(neox(hidden_act="gelu_fast"))
    folder = save(model, tmp_path / "neox")
    assert_logits(folder, of(model), tolerance=HALF)
    assert not any("gelu" in warning for warning in warnings_of(folder))


@pytest.mark.parametrize("base", [10000.0, 500.0, 1e6])
def test_the_base_is_written_whatever_it_is(base: float, tmp_path: Path) -> None:
    """llama.cpp's own converter leaves it out, and the loader takes 10000."""
    model = with_half_gelu(neox(base=base, part=1.0))
    folder = save(model, tmp_path / "neox", rope_parameters=..., rotary_emb_base=base, rotary_pct=1.0)
    assert_logits(folder, of(model), tolerance=HALF)
    assert metadata(folder)["gptneox.rope.freq_base"] == base


def test_a_quarter_of_the_head_turns_where_the_config_is_silent(tmp_path: Path) -> None:
    model = with_half_gelu(neox())
    folder = save(model, tmp_path / "neox", rope_parameters=...)
    assert_logits(folder, of(model), tolerance=HALF)
    assert metadata(folder)["gptneox.rope.dimension_count"] == 8


def test_a_tied_head_is_written_out(tmp_path: Path) -> None:
    """llama.cpp's graph wants a head of its own."""
    model = with_half_gelu(neox(tie_word_embeddings=True))
    folder = save(model, tmp_path / "neox")
    assert_logits(folder, of(model), tolerance=HALF)
    assert_nothing_lost(folder, twice=["gpt_neox.embed_in.weight"])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"attention_bias": False}, "attention_bias is False"),
        ({"hidden_act": "relu"}, "hidden_act is 'relu'"),
        ({"num_attention_heads": 3}, "no multiple"),
    ],
)
def test_what_the_graph_cannot_do_is_refused(changes: dict[str, Any], message: str, tmp_path: Path) -> None:
    assert message in refusal(save(neox(), tmp_path / "neox", **changes))

"""OLMo 2: norms after the parts, and over whole queries and keys."""

from pathlib import Path
from typing import Any

import pytest

from tests.convert.families.support import (
    assert_damage_is_refused,
    assert_family,
    assert_logits,
    assert_nothing_lost,
    of,
    refusal,
    save,
    tiny_model,
)


@pytest.mark.parametrize("groups", [4, 2])
def test_olmo2(groups: int, tmp_path: Path) -> None:
    model = tiny_model("Olmo2ForCausalLM", num_key_value_heads=groups)
    assert_family(save(model, tmp_path / "tiny"), of(model))


def test_tied_the_head_is_written_since_the_graph_wants_one(tmp_path: Path) -> None:
    model = tiny_model("Olmo2ForCausalLM", tie_word_embeddings=True)
    folder = save(model, tmp_path / "tiny")
    assert_logits(folder, of(model))
    assert_nothing_lost(folder, twice=["model.embed_tokens.weight"])
    assert_damage_is_refused(folder)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        pytest.param({"attention_bias": True}, "attention_bias", id="biases"),
        pytest.param({"clip_qkv": 8.0}, "clip_qkv", id="OLMo 1's clipping"),
        pytest.param({"head_dim": 32}, "hidden_size", id="heads wider than the model"),
        pytest.param({"sliding_window": 128}, "sliding_window", id="OLMo 3's window"),
    ],
)
def test_what_the_graph_lacks_is_refused(changes: dict[str, Any], named: str, tmp_path: Path) -> None:
    model = tiny_model("Olmo2ForCausalLM")
    assert named in refusal(save(model, tmp_path / "tiny", **changes))

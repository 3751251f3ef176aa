"""Granite 3: each of its four multipliers counts."""

from pathlib import Path
from typing import Any

import pytest

from tests.convert.families.support import assert_family, assert_logits, of, save, tiny_model

SCALES: dict[str, Any] = {
    "embedding_multiplier": 12.0,
    "residual_multiplier": 0.22,
    "attention_multiplier": 0.4,
    "logits_scaling": 3.0,
}


@pytest.mark.parametrize(
    "overrides",
    [
        pytest.param({}, id="plain"),
        pytest.param({"attention_bias": True, "mlp_bias": True}, id="biases"),
        pytest.param({"tie_word_embeddings": True}, id="tied"),
    ],
)
def test_granite(overrides: dict[str, Any], tmp_path: Path) -> None:
    model = tiny_model("GraniteForCausalLM", num_key_value_heads=2, **SCALES, **overrides)
    assert_family(save(model, tmp_path / "tiny"), of(model))


@pytest.mark.parametrize("key", SCALES)
def test_an_absent_multiplier_is_one_and_another_one_shows(key: str, tmp_path: Path) -> None:
    model = tiny_model(
        "GraniteForCausalLM", num_key_value_heads=2, **{name: SCALES[name] for name in SCALES if name != key}
    )
    absent: dict[str, Any] = {key: ...}
    folder = save(model, tmp_path / "tiny", **absent)
    assert_logits(folder, of(model))
    save(model, folder, **{key: SCALES[key]})
    with pytest.raises(AssertionError, match="differences by position"):
        assert_logits(folder, of(model))

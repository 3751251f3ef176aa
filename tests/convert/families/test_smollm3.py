"""SmolLM3: every fourth layer turns nothing, and no other; what the graph lacks is refused."""

from pathlib import Path
from typing import Any

import pytest

from tests.convert.families.support import assert_family, assert_logits, of, refusal, save, tiny_model

EIGHT: dict[str, Any] = {"num_hidden_layers": 8, "num_key_value_heads": 2}
YARN = {"rope_type": "yarn", "rope_theta": 2e6, "factor": 2.0, "original_max_position_embeddings": 256}


@pytest.mark.parametrize("tied", [True, False])
def test_smollm3(tied: bool, tmp_path: Path) -> None:
    model = tiny_model("SmolLM3ForCausalLM", **EIGHT, tie_word_embeddings=tied)
    assert_family(save(model, tmp_path / "tiny"), of(model))


def test_with_yarn_as_its_card_advises(tmp_path: Path) -> None:
    model = tiny_model("SmolLM3ForCausalLM", **EIGHT, rope_parameters=YARN)
    assert_logits(save(model, tmp_path / "tiny"), of(model), length=500)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        pytest.param({"no_rope_layers": [1, 1, 0, 1, 1, 1, 1, 0]}, "no_rope_layers", id="other layers"),
        pytest.param({"no_rope_layers": [1] * 8}, "no_rope_layers", id="all turned"),
        pytest.param({"no_rope_layer_interval": 2}, "no_rope_layer_interval", id="another interval"),
        pytest.param({"layer_types": ["sliding_attention"] * 8}, "layer_types", id="sliding"),
        pytest.param({"use_sliding_window": True}, "use_sliding_window", id="a window"),
        pytest.param({"attention_bias": True}, "attention_bias", id="attention biases"),
        pytest.param({"mlp_bias": True}, "mlp_bias", id="feed-forward biases"),
        pytest.param({"hidden_act": "gelu"}, "hidden_act", id="another activation"),
    ],
)
def test_what_the_graph_lacks_is_refused(changes: dict[str, Any], named: str, tmp_path: Path) -> None:
    model = tiny_model("SmolLM3ForCausalLM", **EIGHT)
    assert named in refusal(save(model, tmp_path / "tiny", **changes))

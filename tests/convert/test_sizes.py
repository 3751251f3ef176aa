"""Sizes in config.json are held to the weights before anything is made in those sizes."""

from pathlib import Path

import pytest

from tests.convert.families.support import refusal, save, tiny_model


@pytest.mark.timeout(20)
@pytest.mark.parametrize("key", ["vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers"])
def test_a_huge_size_is_refused_at_once(key: str, tmp_path: Path) -> None:
    folder = save(tiny_model("LlamaForCausalLM"), tmp_path / "huge", **{key: 2**31 - 4})
    assert str(2**31 - 4) in refusal(folder)

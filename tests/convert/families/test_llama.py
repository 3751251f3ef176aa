"""Llama 2, 3 and 3.x, and Ziya's spelling of its RoPE; the shapes of the graph are held in tests/parity."""

from pathlib import Path

import pytest

from tests.convert.families.support import assert_family, of, save, tiny_model


@pytest.mark.parametrize("tied", [False, True])
def test_llama(tied: bool, tmp_path: Path) -> None:
    model = tiny_model("LlamaForCausalLM", num_key_value_heads=2, tie_word_embeddings=tied)
    assert_family(save(model, tmp_path / "tiny"), of(model))

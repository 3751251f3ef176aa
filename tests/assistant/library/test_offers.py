"""What a fetched model is called: as its file, unless that says nothing of which model it is."""

import pytest

from assistant.hub.cache import RepositoryFile
from assistant.hub.quantizations import quantization_of, stem
from assistant.library.offers import Offer, model_name


@pytest.mark.parametrize(
    ("repository", "path", "name"),
    [
        ("IndexTeam/Index-1.9B-Character-GGUF", "ggml-model-Q8_0.gguf", "Index-1.9B-Character-q8_0"),
        ("IndexTeam/Index-1.9B-Chat-GGUF", "ggml-model-Q4_K_M.gguf", "Index-1.9B-Chat-q4_k_m"),
        ("a/Big_gguf", "Q4_K_M/model-00001-of-00003.gguf", "Big-q4_k_m"),
        ("a/b", "q8_0.gguf", "b-q8_0"),
        ("a/b", "model.gguf", "b"),
        ("a/Qwen-GGUF", "qwen-0.5b-q4_k_m.gguf", "qwen-0.5b-q4_k_m"),
        ("a/Models-GGUF", "model-x-q4_k_m.gguf", "model-x-q4_k_m"),
    ],
)
def test_the_name_says_which_model_it_is(repository: str, path: str, name: str) -> None:
    offer = Offer(quantization_of(path) or "", stem(path), (RepositoryFile(path, 1, None, ""),))
    assert model_name(repository, offer) == name

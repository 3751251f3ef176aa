"""What a file says of how its model is sampled, and where that is from."""

import json
from pathlib import Path
from typing import Any

import pytest

from assistant.gguf.file import read_header
from assistant.messages import Sampling as Sampled
from assistant.sampling_defaults import sampling_for
from assistant.settings import Settings
from convert import Converted, convert
from convert.architectures import find_architecture
from convert.checkpoint import Checkpoint
from convert.sampling import Sampling, read_sampling
from convert.templates import Template
from tests.convert.damage import copy_of

SILENT = Template(None, "nobody")


def read(
    generation: dict[str, Any],
    *,
    kind: str = "LlamaForCausalLM",
    name: str = "model",
    context: int = 4096,
    template: Template = SILENT,
) -> Sampling:
    checkpoint = Checkpoint(Path(name), {}, generation, {})
    return read_sampling(checkpoint, find_architecture({"architectures": [kind]}), context, template)


def test_what_generation_config_says() -> None:
    found = read(
        {
            "do_sample": True,
            "temperature": 0.7,
            "top_k": 20,
            "top_p": 0.8,
            "repetition_penalty": 1.05,
            "eos_token_id": 2,
        }
    )
    assert found.source == "generation_config.json"
    assert dict(found.keys) == {
        "general.sampling.temp": 0.7,
        "general.sampling.top_k": 20,
        "general.sampling.top_p": 0.8,
        "general.sampling.penalty_repeat": 1.05,
        "luciole.sampling.source": "generation_config.json",
    }
    assert type(found.keys["general.sampling.top_k"]) is int, "the type in the file follows the type here"
    assert type(read({"temperature": 1}).keys["general.sampling.temp"]) is float


def test_without_sampling_the_likeliest_is_taken() -> None:
    found = read({"do_sample": False, "temperature": 0.9, "top_p": 0.5, "repetition_penalty": 1.1})
    assert dict(found.values) == {"temp": 0.0, "penalty_repeat": 1.1}


@pytest.mark.parametrize("generation", [{}, {"eos_token_id": 2}, {"temperature": None}])
def test_nothing_is_written_where_nothing_is_said(generation: dict[str, Any]) -> None:
    found = read(generation)
    assert (found.keys, found.shown) == ({}, "none")


@pytest.mark.parametrize("text", ['{"top_k": 1.5}', '{"top_p": "high"}', '{"temperature": NaN}', '{"min_p": -1}',
                                  '{"top_k": true}', '{"repetition_penalty": 1e999}'])  # fmt: skip
def test_what_means_nothing_is_left_out_and_said(text: str) -> None:
    found = read(json.loads(text))
    assert found.keys == {}
    assert len(found.warnings) == 1
    assert "which is left out" in found.warnings[0]


INDEX = {"temp": 0.3, "top_k": 5, "top_p": 0.8, "min_p": 0.0, "penalty_repeat": 1.1}


@pytest.mark.parametrize(
    ("values", "expected", "source"),
    [
        ({"kind": "IndexForCausalLM", "name": "Index-1.9B-Chat"}, INDEX, "Index's chat demo"),
        (
            {"kind": "IndexForCausalLM", "context": 32768},
            {"temp": 0.0, "penalty_repeat": 1.1},
            "Index's long-text demo",
        ),
        (
            {"kind": "IndexForCausalLM", "name": "Index-1.9B-Character"},
            {**INDEX, "temp": 0.85, "penalty_repeat": 1.0},
            "Index's role-play demo",
        ),
        (
            {"template": Template("", "", "ziya")},
            {"temp": 0.85, "top_k": 50, "top_p": 0.9, "min_p": 0.0, "penalty_repeat": 1.05},
            "the card of Ziya2-13B-Chat",
        ),
        (
            {"template": Template("", "", "ziya"), "context": 2048},
            {"temp": 1.0, "top_k": 50, "top_p": 0.85, "min_p": 0.0},
            "Fengshenbang-LM's generate.py for Ziya-LLaMA-13B",
        ),
        (
            {"kind": "BloomForCausalLM", "template": Template("", "", "firefly-v2")},
            {"temp": 0.35, "top_k": 50, "top_p": 0.8, "min_p": 0.0, "penalty_repeat": 1.2},
            "the article that announced Firefly",
        ),
        (
            {"template": Template("", "", "sus")},
            {"temp": 0.6, "top_k": 50, "top_p": 0.8, "min_p": 0.0},
            "those of Yi, which SUS-Chat continues",
        ),
    ],
)
def test_published_values_of_a_family(values: dict[str, Any], expected: dict[str, float], source: str) -> None:
    found = read({}, **values)
    assert (dict(found.values), found.source) == (expected, source)
    own = read({"temperature": 0.5}, **values)
    assert (dict(own.values), own.source) == ({"temp": 0.5}, "generation_config.json")


def test_an_encoder_says_nothing() -> None:
    assert read({"temperature": 0.5}, kind="BertModel").keys == {}


def test_it_is_in_the_file_and_in_the_report(sound_checkpoint: Path, tmp_path: Path) -> None:
    folder = copy_of(sound_checkpoint, tmp_path / "model")
    (folder / "generation_config.json").write_text('{"temperature": 0.5, "top_k": 7, "top_p": 2}')
    *_, last = convert(folder, tmp_path / "model.gguf", quantization="q8_0")
    assert isinstance(last, Converted)
    assert [fact.value for fact in last.report.facts if fact.name == "sampling"] == ["temp 0.5, top_k 7"]
    assert any("top_p in generation_config.json is 2" in warning for warning in last.report.warnings)
    header = read_header(tmp_path / "model.gguf")
    assert header.metadata["general.sampling.top_k"] == 7
    assert sampling_for(header, Settings(), "model") == Sampled(temperature=0.5, top_k=7)

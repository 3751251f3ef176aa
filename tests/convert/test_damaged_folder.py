"""Folders, configurations and indexes that must be refused, each with its error and without a file."""

import json
from pathlib import Path

import pytest

from convert.errors import IncompleteCheckpoint, InvalidCheckpoint, UnsupportedArchitecture, UnsupportedRope
from tests.convert.damage import Refusals, edit_json, set_keys

INDEX = "model.safetensors.index.json"


def test_the_folder_is_missing(refusals: Refusals, tmp_path: Path) -> None:
    refusals.expect(InvalidCheckpoint, "nowhere", "does not exist", source=tmp_path / "nowhere")


def test_a_file_instead_of_a_folder(refusals: Refusals) -> None:
    refusals.expect(InvalidCheckpoint, "is a file", "folder", source=refusals.folder / "model.safetensors")


def test_an_empty_folder(refusals: Refusals, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    refusals.expect(InvalidCheckpoint, "config.json", source=tmp_path / "empty")


def test_no_configuration(refusals: Refusals) -> None:
    (refusals.folder / "config.json").unlink()
    refusals.expect(InvalidCheckpoint, "config.json")


def test_not_a_model_folder(refusals: Refusals, tmp_path: Path) -> None:
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "notes.txt").write_text("nothing")
    (folder / "config.json").write_text('{"editor": "vi"}')
    (folder / "model.safetensors").write_bytes((refusals.folder / "model.safetensors").read_bytes())
    refusals.expect(InvalidCheckpoint, "architectures", source=folder)


@pytest.mark.parametrize("file", ["config.json", "tokenizer.json", "tokenizer_config.json", "generation_config.json"])
@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b'{"a": 1', id="cut short"),
        pytest.param(b"[1, 2]", id="a list"),
        pytest.param(b"\xff\xfe{\x00}\x00", id="not UTF-8"),
        pytest.param(b"[" * 100_000, id="nested without end"),
    ],
)
def test_broken_json(file: str, content: bytes, refusals: Refusals) -> None:
    (refusals.folder / file).write_bytes(content)
    refusals.expect(InvalidCheckpoint, file)


def test_no_weights(refusals: Refusals) -> None:
    (refusals.folder / "model.safetensors").unlink()
    refusals.expect(IncompleteCheckpoint, "model.safetensors")


def test_no_tokenizer(refusals: Refusals) -> None:
    (refusals.folder / "tokenizer.json").unlink()
    refusals.expect(IncompleteCheckpoint, "tokenizer.json")


@pytest.mark.parametrize("named", ["FancyForCausalLM", "LlamaForSequenceClassification", "llamaforcausallm"])
def test_an_unknown_architecture(named: str, refusals: Refusals) -> None:
    set_keys(refusals.folder, architectures=[named])
    refusals.expect(UnsupportedArchitecture, named, "LlamaForCausalLM")


@pytest.mark.parametrize("named", [..., None, [], "LlamaForCausalLM", [7], {}, ["LlamaForCausalLM", "Other"]])
def test_no_single_architecture(named: object, refusals: Refusals) -> None:
    set_keys(refusals.folder, architectures=named)
    refusals.expect(InvalidCheckpoint, "architectures", "LlamaForCausalLM")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("hidden_size", ...),
        ("hidden_size", 0),
        ("hidden_size", -256),
        ("hidden_size", "256"),
        ("hidden_size", 256.0),
        ("hidden_size", True),
        ("num_hidden_layers", ...),
        ("num_hidden_layers", 10**30),
        ("num_attention_heads", ...),
        ("num_attention_heads", 0),
        ("num_key_value_heads", 3),
        ("head_dim", 63),
        ("vocab_size", None),
        ("intermediate_size", []),
        ("max_position_embeddings", 0),
        ("rms_norm_eps", "small"),
        ("rms_norm_eps", -1e-5),
        ("rms_norm_eps", float("nan")),
        ("rms_norm_eps", float("inf")),
        ("tie_word_embeddings", "yes"),
        ("attention_bias", 1),
    ],
)
def test_a_configuration_value_that_cannot_be(key: str, value: object, refusals: Refusals) -> None:
    set_keys(refusals.folder, **{key: value})
    refusals.expect(InvalidCheckpoint, key)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("hidden_act", "gelu"),
        ("hidden_act", "relu"),
        ("logit_scale", 0.0625),
        ("logits_scaling", 8.0),
        ("attn_logit_softcapping", 50.0),
        ("final_logit_softcapping", 30.0),
        ("sliding_window", 4096),
        ("rope_ratio", 32),
        ("residual_multiplier", 0.22),
        ("embedding_multiplier", 12.0),
        ("attention_multiplier", 0.0078125),
        ("num_local_experts", 8),
        ("norm_head", 1),
        ("quantization_config", {"quant_method": "gptq", "bits": 4}),
        ("use_qk_norm", True),
        ("layer_types", ["sliding_attention", "full_attention"]),
        ("no_rope_layers", [1, 0]),
        ("alibi", True),
    ],
)
def test_a_key_that_would_change_the_maths(key: str, value: object, refusals: Refusals) -> None:
    set_keys(refusals.folder, **{key: value})
    refusals.expect(UnsupportedArchitecture, key)


@pytest.mark.parametrize(
    "parameters",
    [
        pytest.param({"rope_type": "weird"}, id="unknown type"),
        pytest.param({"rope_type": "yarn", "factor": 0.25}, id="yarn that shrinks"),
        pytest.param({"rope_type": "yarn", "factor": 4.0, "finetuned": False}, id="yarn of custom code"),
        pytest.param({"rope_type": "dynamic", "factor": 2.0, "alpha": 1000.0}, id="dynamic of custom code"),
        pytest.param({"rope_type": "mrope", "mrope_section": [8, 12, 12]}, id="of images"),
        pytest.param({"rope_type": "longrope", "short_factor": [1.0], "long_factor": [2.0]}, id="longrope"),
        pytest.param({"type": "su", "factor": 2.0}, id="su"),
        pytest.param({"rope_type": "linear"}, id="linear without factor"),
        pytest.param({"rope_type": "linear", "factor": 0.0}, id="factor zero"),
        pytest.param({"rope_type": "linear", "factor": -2.0}, id="negative factor"),
        pytest.param({"rope_type": "linear", "factor": "4"}, id="factor in words"),
        pytest.param({"rope_type": "linear", "factor": float("nan")}, id="factor not a number"),
        pytest.param({"rope_type": "linear", "factor": 4.0, "attention_factor": 2.0}, id="unknown key"),
        pytest.param({"rope_type": "llama3", "factor": 8.0}, id="llama3 without its keys"),
        pytest.param(
            {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 4.0, "high_freq_factor": 4.0,
             "original_max_position_embeddings": 256},
            id="llama3 with equal bounds",
        ),
        pytest.param({"rope_type": "linear", "type": "llama3", "factor": 4.0}, id="two types"),
        pytest.param({"factor": 4.0}, id="no type"),
        pytest.param({"rope_type": "default", "partial_rotary_factor": 0.5}, id="part of the head"),
        pytest.param(
            {"full_attention": {"rope_theta": 1e6}, "sliding_attention": {"rope_theta": 1e4}}, id="by kind of layer"
        ),
        pytest.param("linear", id="a word"),
        pytest.param([1], id="a list"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("spelling", ["v4", "v5"])
def test_a_rope_that_cannot_be_written(parameters: object, spelling: str, refusals: Refusals) -> None:
    if spelling == "v4":
        set_keys(refusals.folder, rope_parameters=..., rope_theta=10000.0, rope_scaling=parameters)
    elif isinstance(parameters, dict):
        set_keys(refusals.folder, rope_parameters=parameters | {"rope_theta": 10000.0})
    else:
        set_keys(refusals.folder, rope_parameters=parameters)
    refusals.expect(UnsupportedRope)


@pytest.mark.parametrize("theta", [0, -1.0, "10000", True, float("inf"), [10000.0]])
def test_a_rope_base_that_cannot_be(theta: object, refusals: Refusals) -> None:
    set_keys(refusals.folder, rope_parameters=..., rope_theta=theta)
    refusals.expect(UnsupportedRope, "rope_theta")


@pytest.mark.parametrize(("key", "value"), [("partial_rotary_factor", 0.5), ("rotary_pct", 0.25)])
def test_a_part_of_the_head_that_the_graph_cannot_turn(key: str, value: float, refusals: Refusals) -> None:
    set_keys(refusals.folder, **{key: value})
    refusals.expect(UnsupportedRope, key)


@pytest.mark.parametrize("rope", [None, {}, {"rope_type": "default"}])
def test_no_rope_base_for_a_long_context(rope: object, refusals: Refusals) -> None:
    set_keys(refusals.folder, rope_parameters=rope, max_position_embeddings=32768)
    refusals.expect(UnsupportedRope, "32768")


def test_two_ropes_that_contradict(refusals: Refusals) -> None:
    set_keys(refusals.folder, rope_scaling={"type": "linear", "factor": 2.0})
    refusals.expect(UnsupportedRope, "rope_scaling", "rope_parameters")


def test_a_missing_shard(sharded_refusals: Refusals) -> None:
    gone = sorted(sharded_refusals.folder.glob("model-*.safetensors"))[1]
    gone.unlink()
    sharded_refusals.expect(IncompleteCheckpoint, gone.name)


def test_shards_without_index(sharded_refusals: Refusals) -> None:
    (sharded_refusals.folder / INDEX).unlink()
    sharded_refusals.expect(IncompleteCheckpoint, INDEX)


@pytest.mark.parametrize(
    "name",
    ["../outside.safetensors", "/etc/passwd", "sub/model.safetensors", "..", ".", "", "..\\outside.safetensors", 7,
     None],
)  # fmt: skip
def test_an_index_that_points_outside(name: object, sharded_refusals: Refusals) -> None:
    (sharded_refusals.folder.parent / "outside.safetensors").write_bytes(
        sorted(sharded_refusals.folder.glob("model-*.safetensors"))[0].read_bytes()
    )

    def point_outside(index: dict[str, dict[str, object]]) -> None:
        index["weight_map"]["model.norm.weight"] = name

    edit_json(sharded_refusals.folder / INDEX, point_outside)
    sharded_refusals.expect(InvalidCheckpoint, INDEX)


@pytest.mark.parametrize("content", [{}, {"weight_map": {}}, {"weight_map": []}, {"weight_map": None}, []])
def test_an_index_without_map(content: object, sharded_refusals: Refusals) -> None:
    (sharded_refusals.folder / INDEX).write_text(json.dumps(content))
    sharded_refusals.expect(InvalidCheckpoint, INDEX)


def test_an_index_that_names_another_shard(sharded_refusals: Refusals) -> None:
    def swap(index: dict[str, dict[str, str]]) -> None:
        files = sorted(set(index["weight_map"].values()))
        index["weight_map"]["model.norm.weight"] = next(
            file for file in files if file != index["weight_map"]["model.norm.weight"]
        )

    edit_json(sharded_refusals.folder / INDEX, swap)
    sharded_refusals.expect(IncompleteCheckpoint, "model.norm.weight")


def test_an_index_that_leaves_a_tensor_out(sharded_refusals: Refusals) -> None:
    edit_json(sharded_refusals.folder / INDEX, lambda index: index["weight_map"].pop("model.norm.weight"))
    sharded_refusals.expect(InvalidCheckpoint, "model.norm.weight")


def test_a_tensor_in_two_shards(sharded_refusals: Refusals) -> None:
    first, second = sorted(sharded_refusals.folder.glob("model-*.safetensors"))[:2]
    second.write_bytes(first.read_bytes())
    sharded_refusals.expect(InvalidCheckpoint, first.name, second.name)

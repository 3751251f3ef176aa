"""`luciole inspect`: the facts of a real file, and strings of a hostile one."""

import json
import struct
from pathlib import Path

import pytest

from tests.cli.conftest import Luciole


def text(value: str) -> bytes:
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def gguf(keys: dict[str, str | int | float]) -> bytes:
    """A GGUF of these keys and no tensors."""
    body = b""
    for key, value in keys.items():
        body += text(key)
        match value:
            case str():
                body += struct.pack("<I", 8) + text(value)
            case int():
                body += struct.pack("<II", 4, value)
            case float():
                body += struct.pack("<If", 6, value)
    return b"GGUF" + struct.pack("<IQQ", 3, 0, len(keys)) + body


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    path = tmp_path / "hostile.gguf"
    path.write_bytes(
        gguf(
            {
                "general.architecture": "llama",
                "general.name": "na\x1b]0;owned\x07me",
                "llama.context_length": 512,
                "llama.rope.scaling.type": "linear",
                "llama.rope.scaling.factor": 4.0,
                "tokenizer.chat_template": "first\x1b[2J line\nsecond\x9b line",
                "luciole.rope.source": "config.json\u202e",
                "luciole.\x1b[1m": "x",
            }
        )
    )
    return path


def test_the_starter(luciole: Luciole, starter_gguf: Path) -> None:
    shown = luciole("inspect", str(starter_gguf))
    assert (shown.code, shown.err) == (0, "")
    lines = {line.split("  ")[0]: " ".join(line.split()) for line in shown.out.split("\n")}
    assert lines["architecture"] == "architecture llama"
    assert lines["parameters"] == "parameters 134,515,008"
    assert lines["quantization"] == "quantization Q4_1"
    assert lines["context"] == "context 8,192 tokens"
    assert lines["rope"] == "rope base 100,000, 64 dimensions, no scaling"
    assert lines["token eos"] == "token eos 2 <|im_end|>"
    assert lines["chat template"].startswith("chat template {% for message in messages %}")
    assert "--verbose shows them" in lines["chat template"]
    assert lines["Q4_1"].startswith("Q4_1 ")


def test_json(luciole: Luciole, starter_gguf: Path) -> None:
    shown = luciole("inspect", str(starter_gguf), "--json")
    facts = json.loads(shown.out)
    assert shown.err == ""
    assert facts["architecture"] == "llama"
    assert facts["parameters"] == sum(_product(tensor["shape"]) for tensor in facts["tensors"]) == 134_515_008
    assert facts["bytes"] == starter_gguf.stat().st_size
    assert facts["context"] == 8192
    assert facts["rope"] == {
        "base": 100000.0,
        "assumed_base": None,
        "dimensions": 64,
        "scaling": "none",
        "factor": None,
        "original_context": None,
    }
    assert facts["template"].endswith("{% endif %}")
    assert {"role": "bos", "id": 1, "text": "<|im_start|>"} in facts["special_tokens"]
    assert sum(count["tensors"] for count in facts["types"].values()) == len(facts["tensors"])
    assert facts["proof"]["verdict"] == "unproven"


def _product(shape: list[int]) -> int:
    product = 1
    for length in shape:
        product *= length
    return product


def test_a_missing_rope_base_is_told(luciole: Luciole, hostile: Path) -> None:
    shown = luciole("inspect", str(hostile))
    assert "no base in the file; llama.cpp would assume 10,000" in shown.out
    assert "scaling linear by 4" in shown.out
    assert json.loads(luciole("inspect", str(hostile), "--json").out)["rope"]["assumed_base"] == 10000.0


@pytest.mark.parametrize("arguments", [[], ["--verbose"], ["--json"]])
def test_control_characters_of_a_file_never_reach_the_terminal(
    luciole: Luciole, hostile: Path, arguments: list[str]
) -> None:
    shown = luciole("inspect", str(hostile), *arguments)
    assert shown.code == 0
    assert not set(shown.out) & set("\x1b\x07\x9b\u202e")
    assert "luciole.rope.source" in shown.out


def test_proof_holds_the_converters_keys(luciole: Luciole, hostile: Path) -> None:
    proof = json.loads(luciole("inspect", str(hostile), "--json").out)["proof"]
    assert {key: value for key, value in proof.items() if key.startswith("luciole.")} == {
        "luciole.rope.source": "config.json\u202e",
        "luciole.\x1b[1m": "x",
    }


def test_verbose_shows_the_whole_template_and_every_tensor(luciole: Luciole, starter_gguf: Path) -> None:
    shown = luciole("inspect", str(starter_gguf), "--verbose")
    assert "{% if add_generation_prompt %}" in shown.out
    assert "blk.29.attn_q.weight  Q4_1  576 x 576" in shown.out


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (None, "cannot be read"),
        (b"", "has 0 bytes"),
        (b"# A README, not a model\n\nwords", "expected the bytes GGUF"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1 << 60) + b"\0" * 64, "keys"),
    ],
)
def test_no_gguf(luciole: Luciole, tmp_path: Path, data: bytes | None, said: str) -> None:
    path = tmp_path / "model.gguf"
    if data is not None:
        path.write_bytes(data)
    shown = luciole("inspect", str(path))
    assert (shown.code, shown.out) == (1, "")
    assert shown.err.startswith("error: ")
    assert said in shown.err
    assert shown.err.count("\n") == 1


def test_a_file_that_turns_nothing_misses_no_base(luciole: Luciole, tmp_path: Path) -> None:
    path = tmp_path / "bloom.gguf"
    path.write_bytes(gguf({"general.architecture": "bloom", "bloom.context_length": 2048}))
    shown = luciole("inspect", str(path))
    assert "ALiBi" in shown.out
    assert "would assume" not in shown.out
    assert json.loads(luciole("inspect", str(path), "--json").out)["rope"]["assumed_base"] is None

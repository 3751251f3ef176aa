"""A dry run says what the conversion then does, and writes nothing."""

import json
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from convert import Preview, convert
from convert.cli import convert as command
from tests.convert.gguf_file import read
from tests.convert.tiny import tiny_checkpoint
from tests.support import converted_file

LLAMA3 = {
    "rope_type": "llama3",
    "rope_theta": 500000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 256,
}


def preview(source: Path, output: Path, quantization: str) -> Preview:
    with closing(convert(source, output, quantization=quantization, dry_run=True)) as events:
        *_, last = events
    assert isinstance(last, Preview)
    return last


@pytest.mark.parametrize("quantization", ["q4_k_m", "bf16"])
def test_size_types_and_shapes_are_those_of_the_file(quantization: str, tmp_path: Path) -> None:
    source = tiny_checkpoint(tmp_path / "tiny", rope_parameters=LLAMA3)
    target = tmp_path / "out" / "tiny.gguf"
    target.parent.mkdir()
    before = preview(source, target, quantization)
    assert list(target.parent.iterdir()) == []
    converted_file(source, target, quantization)
    assert before.bytes == target.stat().st_size
    written = read(target).tensors
    assert [tensor.name for tensor in before.tensors] == list(written)
    for tensor in before.tensors:
        assert tensor.type.lower() == written[tensor.name].kind.lower()
        assert tensor.shape == tuple(written[tensor.name].shape[::-1])
    assert sum(tensor.bytes for tensor in before.tensors) == sum(len(tensor.data) for tensor in written.values())


def test_no_weight_is_read(tmp_path: Path) -> None:
    source = tiny_checkpoint(tmp_path / "tiny")
    weights = source / "model.safetensors"
    length = 8 + int.from_bytes(weights.read_bytes()[:8], "little")
    size = weights.stat().st_size
    header = weights.read_bytes()[:length]
    weights.write_bytes(header + b"\xff" * (size - length))  # each weight is now no finite number
    found = preview(source, tmp_path / "tiny.gguf", "q8_0")
    assert found.source_bytes == size - length
    assert found.free_bytes > found.bytes
    assert found.seconds > 0
    assert found.peak_memory_bytes > 2**20


def test_command_prints_the_table_the_types_and_the_cost(tmp_path: Path) -> None:
    source = tiny_checkpoint(tmp_path / "tiny")
    target = tmp_path / "tiny.gguf"
    target.write_bytes(b"old")
    result = CliRunner().invoke(command, [str(source), "-o", str(target), "--dry-run"])
    assert result.exit_code == 0
    for part in (
        "RoPE base",
        "10000",
        "would write",
        "MiB free there",
        "memory at the worst moment",
        "q6_K",
        "of work",
    ):
        assert part in result.stdout, part
    assert "with --force only" in result.stderr
    assert target.read_bytes() == b"old"
    verbose = CliRunner().invoke(command, [str(source), "-o", str(target), "--dry-run", "--verbose"])
    assert "blk.1.ffn_down.weight" in verbose.stdout
    found = json.loads(CliRunner().invoke(command, [str(source), "-o", str(target), "--dry-run", "--json"]).stdout)
    assert found["output"] == str(target)
    assert {"bytes", "free_bytes", "peak_memory_bytes", "seconds", "facts", "tensors", "warnings"} <= found.keys()

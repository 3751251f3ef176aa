"""llama.cpp's tensor library: found on every system, sizes as gguf-py has them, widening exact for all bits."""

import sys
from pathlib import Path

import numpy as np
import pytest
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType

from convert.errors import QuantizerFailed
from convert.gguf import ggml


@pytest.mark.parametrize(
    ("platform", "name"),
    [
        ("linux", "libggml-base.so"),
        ("freebsd14", "libggml-base.so"),
        ("darwin", "libggml-base.dylib"),
        ("darwin", "libggml-base.so"),
        ("win32", "ggml-base.dll"),
        ("win32", "libggml-base.dll"),
    ],
)
def test_library_is_found_under_each_systems_name(
    platform: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / name).touch()
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setenv("LLAMA_CPP_LIB_PATH", str(tmp_path))
    assert ggml.library_file() == tmp_path / name


def test_missing_library_names_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLAMA_CPP_LIB_PATH", str(tmp_path))
    with pytest.raises(QuantizerFailed, match=r"llama-cpp-python .*expected; reinstall it"):
        ggml.library_file()


@pytest.mark.parametrize("kind", ["F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_K", "Q5_K", "Q6_K"])
def test_row_sizes_equal_the_formats_table(kind: str) -> None:
    number = GGMLQuantizationType[kind]
    block, size = GGML_QUANT_SIZES[number]
    assert ggml.row_bytes(number, 1024) == 1024 // block * size


def test_rows_that_do_not_divide_into_blocks_are_refused() -> None:
    with pytest.raises(QuantizerFailed, match="576 elements do not divide into blocks of 256"):
        ggml.row_bytes(GGMLQuantizationType.Q4_K, 576)


def test_bf16_widens_exactly() -> None:
    bits = np.arange(1 << 16, dtype=np.uint16)
    expected = (bits.astype(np.uint32) << 16).view(np.float32)
    finite = np.isfinite(expected)
    assert np.array_equal(ggml.widen(bits)[finite].view(np.uint32), expected[finite].view(np.uint32))
    assert not np.isfinite(ggml.widen(bits)[~finite]).any()


def test_f16_widens_exactly() -> None:
    halves = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    finite = np.isfinite(halves)
    assert np.array_equal(ggml.widen(halves)[finite], halves[finite].astype(np.float32))


def test_rows_are_quantized_independently() -> None:
    rows = np.random.default_rng(0).standard_normal((6, 512), dtype=np.float32)
    whole = ggml.quantize(GGMLQuantizationType.Q4_K, rows)
    parts = [ggml.quantize(GGMLQuantizationType.Q4_K, rows[start : start + 2].copy()) for start in (0, 2, 4)]
    assert np.array_equal(whole, np.concatenate(parts))

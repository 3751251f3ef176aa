"""GGUF headers: what is read, and every damage refused by its name, in milliseconds."""

import os
import struct
from pathlib import Path
from time import process_time

import gguf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.errors import InvalidModelFile
from assistant.gguf.file import Header, read_header
from assistant.gguf.types import FILE_TYPES, TENSOR_TYPES
from tests.assistant.gguf.build import (
    ARRAY,
    BOOL,
    F32,
    F64,
    I8,
    I16,
    STRING,
    U8,
    U32,
    U64,
    array,
    file,
    key,
    scalar,
    string,
    tensor,
    text,
)  # fmt: skip

ARCHITECTURE = key("general.architecture", string("llama"))
SOUND = file(
    (
        ARCHITECTURE,
        key("general.file_type", scalar(U32, 15)),
        key("llama.context_length", scalar(U32, 2048)),
        key("llama.rope.freq_base", scalar(F32, 10000.0)),
        key("a.bool", scalar(BOOL, 1)),
        key("a.small", scalar(I8, -3)),
        key("a.large", scalar(U64, 2**63)),
        key("a.real", scalar(F64, 0.1)),
        key("a.numbers", array(I16, 3, struct.pack("<3h", 1, -2, 3))),
        key("a.bools", array(BOOL, 2, b"\1\0")),
        key("tokenizer.ggml.tokens", array(STRING, 2, text("<s>") + text(b"\xff"))),
        key("tokenizer.ggml.bos_token_id", scalar(U32, 0)),
    ),
    (tensor("one", (32, 2), 2, 0), tensor("two", (3,), 0, 64), tensor("three", (256,), 14, 96)),
    data=96 + 210,
)


@pytest.fixture
def written(tmp_path: Path) -> Path:
    return tmp_path / "model.gguf"


def read(path: Path, data: bytes) -> Header:
    path.write_bytes(data)
    return read_header(path)


def test_golden_bytes(written: Path) -> None:
    header = read(written, SOUND)
    assert header.metadata == {
        "general.architecture": "llama",
        "general.file_type": 15,
        "llama.context_length": 2048,
        "llama.rope.freq_base": 10000.0,
        "a.bool": True,
        "a.small": -3,
        "a.large": 2**63,
        "a.real": 0.1,
        "a.numbers": (1, -2, 3),
        "a.bools": (True, False),
        "tokenizer.ggml.tokens": ("<s>", "\\xff"),
        "tokenizer.ggml.bos_token_id": 0,
    }
    assert header.metadata["a.bool"] is True
    assert [(one.name, one.shape, one.type_name, one.offset, one.size) for one in header.tensors] == [
        ("one", (32, 2), "Q4_0", 0, 36),
        ("two", (3,), "F32", 64, 12),
        ("three", (256,), "Q6_K", 96, 210),
    ]
    assert header.data_offset % 32 == 0
    assert header.data_offset + 96 + 210 == header.file_bytes == len(SOUND)
    assert (header.parameters, header.quantization, header.context) == (64 + 3 + 256, "Q4_K_M", 2048)
    assert header.rope.base == 10000.0
    assert [(one.role, one.id, one.text) for one in header.special_tokens] == [("bos", 0, "<s>")]


def test_version_2_and_other_alignments_are_read(written: Path) -> None:
    keys = (key("general.alignment", scalar(U32, 64)),)
    assert read(written, file(keys, (tensor("t", (1,)),), align=64, data=4, version=2)).data_offset % 64 == 0


def test_cut_short_at_any_byte(written: Path) -> None:
    for length in range(len(SOUND)):
        with pytest.raises(InvalidModelFile, match=r"model\.gguf"):
            read(written, SOUND[:length])


ONE = (tensor("t", (1,)),)
DAMAGE = {
    "empty": (b"", "has 0 bytes"),
    "no GGUF": (b"PK\3\4" + SOUND[4:], r"starts with b'PK\\x03\\x04'"),
    "version 1": (file(version=1, data=32), "is GGUF version 1"),
    "version 4": (file(version=4, data=32), "is GGUF version 4"),
    "big-endian": (file(version=3 << 24, data=32), "big-endian"),
    "many tensors": (file(tensor_count=2**64 - 1, data=99), "claims 18446744073709551615 tensors"),
    "more tensors than bytes": (file(tensor_count=5, data=99), "claims 5 tensors; expected no more than fit in"),
    "many keys": (file(key_count=2**40, data=99), "claims 1099511627776 keys"),
    "more keys than bytes": (file(key_count=9, data=99), "claims 9 keys; expected no more than fit in"),
    "long key": (file((struct.pack("<Q", 2**62) + b"k" * 40,)), "claims 4611686018427387904 bytes for key 0"),
    "empty key": (file((key("", scalar(U32, 1)),), data=32), "claims 0 bytes for key 0"),
    "wordy key": (file((key("k" * 60_000, scalar(BOOL, 2)),), data=32), r"gives 'k{57}\.\.\.' the truth value 2;"),
    "key in latin-1": (file((text(b"\xe9t\xe9") + scalar(U32, 1),), data=32), "another encoding"),
    "key twice": (file((ARCHITECTURE, ARCHITECTURE)), "has the key 'general.architecture' twice"),
    "zero byte in a key": (file((key("general.alignment\0", scalar(U32, 64)),), data=32), "has a zero byte in key 0"),
    "zero byte in a value": (
        file((key("general.architecture", string("llama\0x")),), data=32),
        "has a zero byte in the",
    ),
    "zero byte in a tensor's name": (file((), (tensor("t\0", (1,)),), data=64), "has a zero byte in the name of"),
    "long value": (file((key("k", struct.pack("<IQ", STRING, 2**40)),), data=64), "claims 1099511627776 bytes"),
    "value beyond the end": (file((key("k", struct.pack("<IQ", STRING, 9999)),), data=64), "cut short"),
    "unknown kind": (file((key("k", scalar(U32, 1).replace(b"\4", b"\x0d", 1)),), data=32), "gives 'k' the kind 13"),
    "untrue truth": (file((key("k", scalar(BOOL, 2)),), data=32), "truth value 2"),
    "long array": (file((key("k", array(U8, 2**63, b"")),), data=32), "claims 9223372036854775808 items"),
    "array beyond the end": (file((key("k", array(U64, 99, b"")),), data=39), "claims 99 items"),
    "nested array": (file((key("k", array(ARRAY, 1, b"")),), data=32), "items of kind 9"),
    "alignment 0": (file((key("general.alignment", scalar(U32, 0)),), ONE, data=4), "claims an alignment of 0"),
    "alignment 3": (file((key("general.alignment", scalar(U32, 3)),), ONE, data=4), "claims an alignment of 3"),
    "alignment huge": (file((key("general.alignment", scalar(U32, 2**31)),), ONE, data=4), "alignment of 2147483648"),
    "alignment 8": (file((key("general.alignment", scalar(U32, 8)),), ONE, data=4), "claims an alignment of 8 bytes"),
    "alignment text": (file((key("general.alignment", string("x")),), ONE, data=4), "'general.alignment' the kind 8"),
    "alignment of 8 bytes": (file((key("general.alignment", scalar(U64, 32)),), ONE, data=4), "the kind 10; expected"),
    "much text that is none": (
        file((key("k", array(STRING, 3, text(b"\xff" * (100 << 10)) * 3)),), data=32),
        "has much text in another encoding",
    ),
    "five dimensions": (file((), (tensor("t", (1,) * 5),), data=4), "gives 't' 5 dimensions"),
    "dimensions lie": (file((), (tensor("t", (1,), dimensions=2**32 - 1),), data=4), "4294967295 dimensions"),
    "zero length": (file((), (tensor("t", (4, 0)),), data=64), r"the shape \[4, 0\]"),
    "overflow": (file((), (tensor("t", (2**32, 2**32)),), data=64), r"the shape \[4294967296, 4294967296\]"),
    "overflow to zero": (file((), (tensor("t", (2**63, 2)),), data=64), "the shape"),
    "unknown type": (file((), (tensor("t", (32,), 4),), data=64), "gives 't' the type 4"),
    "half a block": (file((), (tensor("t", (33,), 2),), data=64), "rows of 33 in Q4_0; expected a multiple of 32"),
    "unaligned": (file((), (tensor("t", (1,), 0, 4),), data=64), "puts 't' at offset 4"),
    "outside": (file((), (tensor("t", (1,), 0, 64),), data=64), r"expected \d+ for 't'; the file is cut short"),
    "far outside": (file((), (tensor("t", (1,), 0, 2**64 - 32),), data=64), "the file is cut short"),
    "overlapping": (file((), (tensor("a", (9,)), tensor("b", (1,), 0, 32)), data=64), "puts 'b' over 'a'"),
    "tensor twice": (file((), ONE * 2, data=64), "has the tensor 't' twice"),
    "tensor without name": (file((), (tensor("", (1,)),), data=64), "claims 0 bytes for the name of tensor 0"),
    "long tensor name": (file((), (tensor("t" * 64, (1,)),), data=64), "claims 64 bytes"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_each_damage_is_refused_by_name(name: str, written: Path) -> None:
    data, words = DAMAGE[name]
    started = process_time()
    with pytest.raises(InvalidModelFile, match=words) as refusal:
        read(written, data)
    assert process_time() - started < 1.0
    assert str(refusal.value).count(";") >= 2
    assert "\n" not in str(refusal.value)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing.gguf", Path("a\0b.gguf")):
        with pytest.raises(InvalidModelFile):
            read_header(path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.gguf")  # opening it would wait for ever
        with pytest.raises(InvalidModelFile, match="no ordinary file"):
            read_header(tmp_path / "pipe.gguf")


FEW = settings(max_examples=250, deadline=1000, suppress_health_check=[HealthCheck.function_scoped_fixture])


@FEW
@given(st.lists(st.tuples(st.integers(0, len(SOUND) - 1), st.integers(0, 7)), max_size=6), st.integers(0, len(SOUND)))
def test_damaged_anywhere_it_is_a_header_or_a_refusal(
    tmp_path: Path, flips: list[tuple[int, int]], length: int
) -> None:
    data = bytearray(SOUND)
    for place, bit in flips:
        data[place] ^= 1 << bit
    for candidate in (bytes(data), bytes(data[:length])):
        try:
            header = read(tmp_path / "model.gguf", candidate)
        except InvalidModelFile:
            continue
        assert all(one.offset + one.size <= header.file_bytes - header.data_offset for one in header.tensors)


def test_a_real_header_damaged(starter_gguf: Path, tmp_path: Path) -> None:
    """The first bytes of the starter with its counts and keys shaken: never anything but a refusal, and at once."""
    start = starter_gguf.read_bytes()[: 1 << 20]
    for place in [*range(40), *range(40, 4000, 97)]:
        data = bytearray(start)
        data[place] ^= 0x81
        started = process_time()
        with pytest.raises(InvalidModelFile):
            read(tmp_path / "model.gguf", bytes(data))
        assert process_time() - started < 1.0


def test_agrees_with_gguf_py(starter_gguf: Path) -> None:
    header = read_header(starter_gguf)
    theirs = gguf.GGUFReader(starter_gguf)
    for field in theirs.fields.values():
        if field.name.startswith("GGUF."):
            continue
        expected = field.contents()
        value = header.metadata[field.name]
        assert (list(value) if isinstance(value, tuple) else value) == expected, field.name
    assert len(header.metadata) == sum(not name.startswith("GGUF.") for name in theirs.fields)
    assert [
        (one.name, list(one.shape), one.type_id, header.data_offset + one.offset, one.size) for one in header.tensors
    ] == [(one.name, one.shape.tolist(), int(one.tensor_type), one.data_offset, one.n_bytes) for one in theirs.tensors]


def test_tables_agree_with_gguf_py() -> None:
    theirs = {int(kind): (kind.name, *sizes) for kind, sizes in gguf.GGML_QUANT_SIZES.items()}
    both = theirs.keys() & TENSOR_TYPES.keys()
    assert len(both) > 25
    assert {number: tuple(TENSOR_TYPES[number]) for number in both} == {number: theirs[number] for number in both}
    names = {
        int(kind): kind.name.removeprefix("ALL_").removeprefix("MOSTLY_")
        for kind in gguf.LlamaFileType
        if kind.name != "GUESSED"
    }
    shared = names.keys() & FILE_TYPES.keys()
    assert len(shared) > 25
    assert {number: FILE_TYPES[number] for number in shared} == {number: names[number] for number in shared}

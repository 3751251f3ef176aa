"""Damaged and malicious torch files: always our error in one line; never a traceback, a hang, or anything run."""

import builtins
import os
import pickle
import subprocess
import sys
import zipfile
from collections.abc import Callable
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from convert.errors import InvalidCheckpoint
from convert.weights.torch_file import read_torch
from convert.weights.torch_values import Dictionary
from convert.weights.unpickler import unpickle

LIMIT_SECONDS = 60.0


def saved(*, zipped: bool) -> bytes:
    table = torch.arange(24, dtype=torch.float32).reshape(6, 4)
    state = {"table": table, "tied": table, "turned": table.T, "half": torch.ones(5, dtype=torch.bfloat16)}
    stream = BytesIO()
    torch.save(torch.nn.Module().state_dict() | state, stream, _use_new_zipfile_serialization=zipped)
    return stream.getvalue()


def with_pickle(data: bytes, *, name: str = "archive/data.pkl", crc: bool = True) -> bytes:
    """A zip file like torch's whose pickle is another."""
    stream = BytesIO()
    with zipfile.ZipFile(BytesIO(saved(zipped=True))) as old, zipfile.ZipFile(stream, "w") as new:
        for info in old.infolist():
            new.writestr(info.filename, data if info.filename == name else old.read(info))
    content = stream.getvalue()
    return content if crc else content.replace(data, data[:-2] + bytes([data[-2] ^ 1]) + data[-1:], 1)


def refusal(content: bytes, folder: Path) -> str:
    path = folder / "pytorch_model.bin"
    path.write_bytes(content)
    with pytest.raises(InvalidCheckpoint) as caught:
        read_torch(path)
    message = str(caught.value)
    assert message.isprintable()  # one line
    assert message.count("; ") == 2
    assert len(message) < 700
    return message


def in_pickle(data: bytes) -> str:
    """How the pickle alone is refused."""
    started = perf_counter()
    with pytest.raises(InvalidCheckpoint) as caught:
        unpickle(data, "x.bin")
    assert perf_counter() - started < LIMIT_SECONDS
    return str(caught.value)


class Calls:
    """Pickles as a call of `callee`."""

    def __init__(self, callee: Callable[..., Any], *arguments: Any) -> None:
        self.how = (callee, arguments)

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self.how


@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize("place", ["alone", "value", "key", "metadata", "nested"])
def test_nothing_is_run(tmp_path: Path, place: str, protocol: int) -> None:
    proof = tmp_path / "proof"
    bombs = {
        "os.system": Calls(os.system, f"touch {proof}"),
        "eval": Calls(builtins.eval, f"open({str(proof)!r}, 'w').close()"),
        "exec": Calls(builtins.exec, f"open({str(proof)!r}, 'w').close()"),
        "open": Calls(builtins.open, str(proof), "w"),
        "Popen": Calls(subprocess.Popen, ("touch", str(proof))),
        "torch.serialization.load": Calls(torch.load, str(proof)),
        "getattr": Calls(getattr, os, "system") if protocol > 4 else Calls(getattr, "x", "upper"),
    }
    for name, bomb in bombs.items():
        value: Any = {
            "alone": bomb,
            "value": {"a": bomb},
            "key": [(bomb, 1)],
            "metadata": {"_metadata": bomb},
            "nested": Calls(torch.Size, (Calls(int, bomb),)),
        }[place]
        data = pickle.dumps(value, protocol=protocol)
        assert "nothing of the file was run" in refusal(with_pickle(data), tmp_path), name
        assert not proof.exists()
    code = f"import pickle; pickle.loads({pickle.dumps(bombs['os.system'])!r})"
    subprocess.run([sys.executable, "-c", code], check=True)  # the witness: this pickle does what it is feared for
    assert proof.exists()


def test_nothing_is_run_in_the_older_format(tmp_path: Path) -> None:
    whole, proof = saved(zipped=False), tmp_path / "proof"
    bomb = pickle.dumps(Calls(os.system, f"touch {proof}"), protocol=2)
    starts = [0]
    for _ in range(5):
        starts.append(unpickle(whole, "x", starts[-1])[1])
    for begin, end in pairwise(starts[1:]):
        message = refusal(whole[:begin] + bomb + whole[end:], tmp_path)
        assert "its pickle asks for posix.system" in message or "asks for nt.system" in message
    assert not proof.exists()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\x80\x02X\xff\xff\xff\xff.", "ends within 4294967295 bytes"),
        (b"\x80\x04\x8d" + b"\xff" * 8 + b".", "ends within 18446744073709551615 bytes"),
        (b"\x80\x04\x8e" + b"\xff" * 8 + b".", "ends within"),
        (b"\x80\x02B\xff\xff\xff\x7f.", "ends within"),
        (b"\x80\x02\x8b\xff\xff\xff\x7f.", "a number of 2,147,483,647 bytes"),
        (b"\x80\x02\x8a\xff" + b"\x7f" * 255 + b".", "a number of 255 bytes"),
        (b"\x80\x02L" + b"9" * 100_000 + b"L\n.", "the opcode"),
        (b"\x80\x02\x82\x01.", "the opcode"),  # EXT1
        (b"\x80\x02(ios\nsystem\n.", "the opcode"),  # INST
        (b"\x80\x02(cos\nsystem\no.", "asks for os.system"),  # OBJ
        (b"\x80\x02ctorch\nSize\n)\x81.", "the opcode"),  # NEWOBJ, of something allowed too
        (b"\x80\x02ctorch\nSize\n]R.", "calls something"),
        (b"\x80\x02ctorch\nfloat32\n)R.", "calls something"),
        (b"\x80\x02ctorch\nFloatStorage\nK\x05\x85R.", "calls something"),
        (b"\x80\x02X\x01\0\0\0a)R.", "calls something"),
        (b"\x80\x02ctorch\nSize\n}b.", "sets attributes of something"),
        (b"\x80\x02}}b.", "sets attributes of something"),
        (b"\x80\x02]}b.", "sets attributes of something"),
        (b"\x80\x02K\x01Q.", "describes a storage in an unknown way"),
        (b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n)R.", "describes a tensor in an unknown way"),
        (b"\x80\x02ccollections\nOrderedDict\n]\x85R.", "describes a tensor in an unknown way"),
        (b"\x80\x02cx\nevil\x1b[2Jname\n.", r"asks for x.evil\x1b[2Jname"),
        (b"\x80\x02c" + b"x" * 1000 + b"\ny\n.", "a name in its pickle has no end"),
        (b"\x80\x04K\x01K\x02\x93.", "by a value that is no text"),
        (b"\x80\x02h\x05.", "refers to value 5"),
        (b"\x80\x02a.", "a value that is not there"),
        (b"\x80\x02(.", "a value that is not there"),
        (b"\x80\x02t.", "closes a list that was never opened"),
        (b"\x80\x02](K\x01u.", "sets a key without a value"),
        (b"\x80\x02](K\x01K\x02u.", "no dictionary"),
        (b"\x80\x02}K\x01a.", "no list"),
        (b"\x80\x02X\x01\0\0\0\xff.", "not UTF-8"),
        (b"\x80\x07N.", "protocol 7"),
        (b"\x80\x02", "ends within 1 bytes"),
        (b"", "ends within 1 bytes"),
        (b"\x80\x02" + b"(" * 3_000_000, "more than 2,500,000 steps"),
        # A tuple of 200,000 values, looked at as often, would take hours.
        (b"\x80\x02ctorch\nSize\nq\0(" + b"N" * 200_000 + b"tq\x01" + b"h\0h\x01R" * 200_000 + b".", "200,000 values"),
        # Copied each time, the same tuple would fill any memory.
        (b"\x80\x02](" + b"N" * 200_000 + b"tq\0" + b"ctorch\nSize\nq\x01" + b"h\x01h\0\x85R" * 200_000, "steps|ends"),
    ],
    ids=range(38),
)
def test_pickles_that_lie(data: bytes, words: str) -> None:
    message = in_pickle(data)
    assert any(word in message for word in words.split("|"))
    assert message.isprintable()


@pytest.mark.parametrize("opener", [b"]", b"}", b"(", b")\x85", b"N\x85"])
def test_deep_nesting_is_no_recursion(tmp_path: Path, opener: bytes) -> None:
    close = {b"]": b"a", b"}": b"", b"(": b"t"}.get(opener, b"\x85")
    if opener == b"}":
        data = b"\x80\x02" + b"}N" * 100_000 + b"N" + b"s" * 100_000 + b"."
    elif opener in {b"]", b"("}:
        data = b"\x80\x02" + opener * 100_000 + b"N" + close * 100_000 + b"."
    else:
        data = b"\x80\x02" + opener + close * 100_000 + b"."
    started = perf_counter()
    refusal(with_pickle(data), tmp_path)
    entry = b"\x80\x02}X\x01\0\0\0a" + data[2:-1] + b"s."
    refusal(with_pickle(entry), tmp_path)
    key = b"\x80\x02}" + data[2:-1] + b"Ns."
    refusal(with_pickle(key), tmp_path)
    assert perf_counter() - started < LIMIT_SECONDS


def test_values_that_hold_themselves(tmp_path: Path) -> None:
    cycles = [
        b"\x80\x02]q\0h\0a.",
        b"\x80\x02}q\0X\x05\0\0\0modelh\0s.",
        b"\x80\x02}q\0h\0h\0s.",
        b"\x80\x02}q\0X\x05\0\0\0model]q\1h\1as.",
        b"\x80\x02ccollections\nOrderedDict\n)Rq\0h\0bX\x01\0\0\0ah\0s.",
    ]
    for data in cycles:
        refusal(with_pickle(data), tmp_path)


def number(value: int) -> bytes:
    """A whole number as a pickle has it."""
    data = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
    return b"\x8a" + bytes([len(data)]) + data


def tensor(*, key: bytes = b"0", count: int = 24, offset: int = 0, shape: int = 24, stride: int = 1) -> bytes:
    """A state dict of one tensor with one dimension, in a storage of float32."""
    place = b"\x80\x02}X\x01\0\0\0actorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\n"
    storage = b"X" + len(key).to_bytes(4, "little") + key + b"X\x03\0\0\0cpu" + number(count) + b"tQ"
    view = number(offset) + number(shape) + b"\x85" + number(stride) + b"\x85"
    return place + storage + view + b"\x89ccollections\nOrderedDict\n)RtRs."


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"shape": 25}, "reaches beyond its 96 bytes"),
        ({"offset": 1}, "reaches beyond its 96 bytes"),
        ({"stride": 2}, "reaches beyond its 96 bytes"),
        ({"offset": 2**47}, "reaches beyond"),
        ({"shape": 2**47, "stride": 0}, "repeats its 96 bytes"),
        ({"shape": 2**60}, "no list of whole numbers"),
        ({"offset": -1}, "no list of whole numbers"),
        ({"stride": -1}, "no list of whole numbers"),
        ({"shape": -5}, "no list of whole numbers"),
        ({"count": 25}, "have 96 bytes, not 100"),
        ({"count": 2**100}, "have 96 bytes"),
        ({"count": -24}, "a storage in an unknown way"),
        ({"key": b"7"}, "('7') are not in it"),
        ({"key": b"../data/0"}, "are not in it"),
        ({"key": b"/etc/passwd"}, "are not in it"),
        ({"key": b"\n" * 9}, "are not in it"),
        ({"key": b"k" * 9000}, "are not in it"),
    ],
)
def test_tensors_that_lie(tmp_path: Path, change: dict[str, Any], words: str) -> None:
    path = tmp_path / "good.bin"
    path.write_bytes(with_pickle(tensor()))
    assert read_torch(path)["a"].array().tolist() == list(range(24))
    assert words in refusal(with_pickle(tensor(**change)), tmp_path)


def test_a_step_for_each_dimension(tmp_path: Path) -> None:
    one, two = number(1) + b"\x85\x89", number(1) * 2 + b"\x86\x89"
    data = tensor().replace(one, two)
    assert data != tensor()
    assert "no list of whole numbers" in refusal(with_pickle(data), tmp_path)


def test_storages_of_the_older_format_that_lie(tmp_path: Path) -> None:
    whole = saved(zipped=False)
    at = 0
    for _ in range(5):
        at = unpickle(whole, "x", at)[1]
    count = int.from_bytes(whole[at : at + 8], "little")
    for other in (0, count - 1, count + 1, 2**63):
        content = whole[:at] + other.to_bytes(8, "little") + whole[at + 8 :]
        assert f"has {other:,} items, not {count}" in refusal(content, tmp_path)
    assert "3 bytes follow its last storage" in refusal(whole + b"abc", tmp_path)


def test_zip_files_that_lie(tmp_path: Path) -> None:
    whole = saved(zipped=True)

    def also(name: str, data: bytes = b"x") -> bytes:
        stream = BytesIO(whole)
        with zipfile.ZipFile(stream, "a") as more:
            more.writestr(name, data)
        return stream.getvalue()

    assert "is in it twice" in refusal(twice(whole), tmp_path)
    for name in (
        "../evil",
        "archive/../../evil",
        "/etc/passwd",
        "archive//x",
        "archive\\x",
        "archive/a\nb",
        "archive/./a",
    ):
        assert "a member named" in refusal(also(name), tmp_path)
    assert "no folder with a data.pkl, or more than one" in refusal(also("other/data.pkl"), tmp_path)
    assert "no folder with a data.pkl" in refusal(whole.replace(b"data.pkl", b"data.pkk"), tmp_path)
    assert "does not have the checksum" in refusal(with_pickle(tensor(), crc=False), tmp_path)
    assert "bytes follow its pickle" in refusal(with_pickle(tensor() + b"x"), tmp_path)
    assert "data.pkl has 16,777,217 bytes" in refusal(with_pickle(bytes(2**24 + 1)), tmp_path)
    assert "does not end as a zip file does" in refusal(whole + b"x", tmp_path)
    assert "does not end as a zip file does" in refusal(whole[:-1], tmp_path)
    assert "contradict each other" in refusal(patched(whole, -12, 5), tmp_path)  # the size of the directory


def twice(whole: bytes) -> bytes:
    stream = BytesIO(whole)
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(stream, "a") as more:
        more.writestr("archive/data/0", bytes(96))
    return stream.getvalue()


def patched(whole: bytes, at: int, value: int) -> bytes:
    at %= len(whole)
    return whole[:at] + value.to_bytes(4, "little") + whole[at + 4 :]


@pytest.mark.parametrize(
    ("field", "width", "value", "words"),
    [
        (42, 4, 0, "not where|overlap|one header"),  # the place of the member
        (42, 4, 2**31, "begins behind the end"),
        (42, 4, 2**32 - 1, "lacks its 64-bit sizes"),
        (24, 4, 95, "two sizes"),
        (20, 4, 95, "two sizes"),
        (24, 4, 2**32 - 1, "lacks its 64-bit sizes"),
        (10, 2, 8, "is compressed"),
        (8, 2, 1, "is encrypted"),
        (28, 2, 13, "unreadable|shorter|not UTF-8|one header|a member named|longer"),
        (34, 2, 1, "unreadable"),
        (0, 4, 0, "unreadable"),
    ],
)
def test_directories_that_lie(tmp_path: Path, field: int, width: int, value: int, words: str) -> None:
    whole = saved(zipped=True)
    entry = whole.rindex(b"PK\x01\x02", 0, whole.rindex(b"archive/data/0"))
    at = entry + field
    message = refusal(whole[:at] + value.to_bytes(width, "little") + whole[at + width :], tmp_path)
    assert any(word in message for word in words.split("|")), message


def test_members_that_overlap(tmp_path: Path) -> None:
    whole = saved(zipped=True)
    entries = [whole.rindex(b"PK\x01\x02", 0, whole.rindex(b"archive/data/" + key)) for key in (b"0", b"1")]
    sizes = slice(entries[1] + 20, entries[1] + 28)
    content = bytearray(whole)
    content[sizes] = (10 + 200).to_bytes(4, "little") * 2
    assert "overlap" in refusal(bytes(content), tmp_path)


def test_any_text_or_another_file_is_refused(tmp_path: Path) -> None:
    for content in (b"", b"PK\x03\x04", b"x" * 100, b"\x80\x02N.", saved(zipped=False)[:14], b"GGUF" + bytes(64)):
        refusal(content, tmp_path)


def never_worse_than_refused(content: bytes, folder: Path) -> None:
    """It reads, within the file, or it is refused in one line, soon."""
    path = folder / "pytorch_model.bin"
    path.write_bytes(content)
    started = perf_counter()
    try:
        for weight in read_torch(path).values():
            if weight.dtype in {"F32", "F16", "BF16"}:
                assert weight.array().shape == weight.shape
        message = ""
    except InvalidCheckpoint as error:
        message = str(error)
    assert not message or message.isprintable()
    assert perf_counter() - started < LIMIT_SECONDS


ZIPPED, LEGACY = saved(zipped=True), saved(zipped=False)
RELAXED = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)


@RELAXED
@given(data=st.data(), whole=st.sampled_from([ZIPPED, LEGACY]))
def test_flipped_bytes(tmp_path: Path, data: st.DataObject, whole: bytes) -> None:
    content = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    never_worse_than_refused(bytes(content), tmp_path)


@RELAXED
@given(data=st.data(), whole=st.sampled_from([ZIPPED, LEGACY]))
def test_cut_and_pasted(tmp_path: Path, data: st.DataObject, whole: bytes) -> None:
    begin, end = data.draw(st.integers(0, len(whole))), data.draw(st.integers(0, len(whole)))
    paste = data.draw(st.binary(max_size=24))
    never_worse_than_refused(whole[:begin] + paste + whole[end:], tmp_path)


@pytest.mark.parametrize("whole", [ZIPPED, LEGACY], ids=["zip", "legacy"])
def test_every_truncation_is_refused(tmp_path: Path, whole: bytes) -> None:
    for size in range(0, len(whole), 7):
        assert "is damaged" in refusal(whole[:size], tmp_path) or size < 15


@RELAXED
@given(data=st.data())
def test_damaged_pickles_behind_a_right_checksum(tmp_path: Path, data: st.DataObject) -> None:
    with zipfile.ZipFile(BytesIO(ZIPPED)) as file:
        whole = file.read("archive/data.pkl")
    opcodes = st.sampled_from(
        [bytes([byte]) for byte in b"(.0125abcdeghijlopqrstu}]NQRKMJGXTUB\x80\x81\x85\x86\x87\x88\x89\x8a\x8b"]
    )
    begin = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(begin, min(begin + 3, len(whole))))
    paste = b"".join(data.draw(st.lists(opcodes | st.binary(max_size=4), max_size=6)))
    never_worse_than_refused(with_pickle(whole[:begin] + paste + whole[end:]), tmp_path)


@RELAXED
@given(
    value=st.recursive(st.none() | st.booleans() | st.integers(-(2**100), 2**100) | st.floats() | st.text(), st.lists)
)
def test_plain_values_come_out_as_pickle_has_them(value: object) -> None:
    for protocol in (2, 3, 4, 5):
        read, _ = unpickle(pickle.dumps(value, protocol=protocol), "x")
        assert repr(read) == repr(value)


def test_dictionaries_stay_pairs() -> None:
    read, _ = unpickle(pickle.dumps({"a": 1, "b": {"c": (1, 2)}}, protocol=2), "x")
    assert isinstance(read, Dictionary)
    assert [key for key, _ in read.pairs] == ["a", "b"]
    assert read.pairs[1][1].pairs == [("c", (1, 2))]

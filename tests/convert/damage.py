"""Ways to damage a checkpoint, and the check that a damaged one is refused in every way a user can meet."""

import json
import runpy
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from convert import ConversionError, convert

Header = dict[str, Any]


def edit_json(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change a JSON object in place."""
    values = json.loads(path.read_text(encoding="utf-8"))
    change(values)
    path.write_text(json.dumps(values), encoding="utf-8")


def set_keys(folder: Path, **changes: object) -> None:
    """Set keys of config.json; `...` removes one."""

    def change(values: dict[str, Any]) -> None:
        for key, value in changes.items():
            if value is ...:
                values.pop(key)
            else:
                values[key] = value

    edit_json(folder / "config.json", change)


def read_raw(path: Path) -> tuple[Header, bytearray]:
    """Header and data of a safetensors file, taken apart by hand."""
    whole = path.read_bytes()
    length = int.from_bytes(whole[:8], "little")
    return json.loads(whole[8 : 8 + length]), bytearray(whole[8 + length :])


def write_raw(path: Path, header: Header | bytes, data: bytes | bytearray, *, length: int | None = None) -> None:
    """Put a safetensors file together, lies included; `length` overrides the header's true length."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes((len(text) if length is None else length).to_bytes(8, "little") + text + data)


def edit_header(path: Path, change: Callable[[Header], object]) -> None:
    """Change the header of a safetensors file and leave the data alone."""
    header, data = read_raw(path)
    change(header)
    write_raw(path, header, data)


def without_tensor(path: Path, name: str) -> None:
    """Take a tensor out properly: entry, bytes and the offsets of what follows."""
    header, data = read_raw(path)
    start, end = header.pop(name)["data_offsets"]
    del data[start:end]
    for key, entry in header.items():
        if key != "__metadata__" and entry["data_offsets"][0] >= end:
            entry["data_offsets"] = [offset - (end - start) for offset in entry["data_offsets"]]
    write_raw(path, header, data)


def with_tensor(path: Path, name: str, shape: list[int], *, dtype: str = "BF16", size: int = 2) -> None:
    """Add a tensor of zeros properly, behind all others."""
    header, data = read_raw(path)
    count = size
    for dimension in shape:
        count *= dimension
    header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + count]}
    write_raw(path, header, data + bytes(count))


@dataclass(frozen=True, slots=True)
class Refusals:
    """Converts what must not be convertible; made by the fixture `refusals`."""

    folder: Path
    """A copy of a sound tiny checkpoint, to be damaged."""
    outputs: Path
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def expect_any(self) -> str:
        """The conversion is refused by one of our errors, whichever describes it best."""
        with pytest.raises(ConversionError) as caught:
            for _ in convert(self.folder, self.outputs / "model.gguf"):
                pass
        return self.expect(type(caught.value))

    def expect(self, kind: type[ConversionError], *words: str, source: Path | None = None) -> str:
        """The conversion stops with exactly this kind of error, whose one line holds all `words`, and leaves no file.

        First through the function, then through the command line: exit code 1, the line on stderr, nothing on stdout.
        """
        source = source or self.folder
        temporary = self.outputs / "temporary"
        temporary.mkdir()
        self.monkeypatch.setattr(tempfile, "tempdir", str(temporary))
        before = self._files()
        target = self.outputs / "model.gguf"
        with pytest.raises(kind) as caught:
            for _ in convert(source, target):
                pass
        assert type(caught.value) is kind
        message = str(caught.value)
        assert "\n" not in message
        for word in words:
            assert word in message, f"{word!r} is not in {message!r}"
        assert self._files() == before
        code, out, err = run_command(self.monkeypatch, self.capsys, str(source), "-o", str(target))
        assert code == 1
        assert out == ""
        assert err.startswith("error: ")
        assert err.count("\n") == 1
        assert self._files() == before
        return message

    def _files(self) -> list[str]:
        return sorted(str(path) for top in (self.outputs, self.folder) for path in top.rglob("*"))


def run_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str
) -> tuple[int, str, str]:
    """`python -m convert` with these arguments in this process: exit code, stdout, stderr."""
    monkeypatch.setattr(sys, "argv", ["convert", *arguments])
    capsys.readouterr()
    with pytest.raises(SystemExit) as left:
        runpy.run_module("convert", run_name="__main__")
    out, err = capsys.readouterr()
    code = left.value.code
    assert isinstance(code, int)
    return code, out, err


def copy_of(source: Path, target: Path) -> Path:
    """A checkpoint to damage."""
    shutil.copytree(source, target)
    return target

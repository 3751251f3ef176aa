"""What is proven of a file, as a value, and as the report beside the file that other programs of the house read.

A proof is a ladder of five rungs. A rung that could not be climbed is said, with the reason, never left out. The report
`FILE.report.json` names the file's content by a mark, so that it is not believed of another file under the same name.
"""

import hashlib
import json
import math
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

from convert.gguf.check import Checked

State = Literal["passed", "failed", "not climbed", "does not apply"]
Verdict = Literal["proven", "partly proven", "failed"]

RUNGS = ("header", "tensors", "tokens", "logits", "kl")

_PACKAGES = ("luciole", "llama-cpp-python", "gguf", "tokenizers", "transformers", "torch")
_SAMPLES, _SAMPLE, _HEAD = 64, 4096, 1 << 20


@dataclass(frozen=True, slots=True)
class Rung:
    """One comparison: how it ended, what it says in a line, and its figures under names that stay."""

    state: State
    says: str
    figures: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Climbing:
    """How far a rung is: `done` of `total`, in what the rung counts; a total of 0 is not known yet."""

    rung: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Proof:
    """The ladder of one file. `against`: name of the checkpoint it was compared with."""

    file: Path
    against: str
    rungs: Mapping[str, Rung]
    seconds: float
    warnings: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """`proven` where all rungs that apply were climbed, `failed` where one did not hold."""
        states = {self.rungs[name].state if name in self.rungs else "not climbed" for name in RUNGS}
        if "failed" in states:
            return "failed"
        return "partly proven" if "not climbed" in states else "proven"

    def json(self) -> dict[str, Any]:
        """Fields of the command's JSON; more may be added, none renamed."""
        return {
            "verdict": self.verdict,
            "rungs": {
                name: {"state": rung.state, "says": rung.says, **_finite(rung.figures)}
                for name, rung in self.rungs.items()
            },
            "file": str(self.file),
            "against": self.against,
            "seconds": round(self.seconds, 3),
            "warnings": list(self.warnings),
        }


def climbed_by_conversion(file: Path, against: str, checked: Checked, *, texts: int | None, seconds: float) -> Proof:
    """What a conversion itself proves at its end. `texts`: how many gave equal ids; None: the user chose how to cut."""
    below = Rung("not climbed", "luciole verify climbs it")
    header = Rung(
        "passed",
        f"{checked.keys:,} keys and {checked.tensors:,} tensors read back from disk; llama.cpp opens the file",
        asdict(checked),
    )
    tokens = below if texts is None else Rung("passed", f"equal ids on {texts:,} texts", {"texts": texts})
    return Proof(file, against, {**dict.fromkeys(RUNGS, below), "header": header, "tokens": tokens}, seconds)


def _finite(value: Any) -> Any:
    """The same without infinities and NaN, which JSON has no spelling for: None stands for them."""
    match value:
        case float():
            return value if math.isfinite(value) else None
        case Mapping():
            return {key: _finite(item) for key, item in value.items()}
        case list() | tuple():
            return [_finite(item) for item in value]
        case _:
            return value


def report_path(file: Path) -> Path:
    """Where the report of a file lies."""
    return file.with_name(f"{file.name}.report.json")


def write_report(proof: Proof) -> str | None:
    """Write the report beside the file, whole or not at all. Gives what went wrong, as a warning; None: nothing did."""
    target = report_path(proof.file)
    partial = target.with_name(f".{proof.file.name}.{os.getpid()}.partial")  # what the next conversion would remove
    try:
        content = proof.json() | {
            "file": proof.file.name,
            "bytes": proof.file.stat().st_size,
            "mark": content_mark(proof.file),
            "versions": _versions(),
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        partial.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        partial.replace(target)
    except OSError as error:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        return f"the report {target.name} cannot be written ({error.strerror}); the file is not shown as proven"
    return None


def content_mark(file: Path) -> str:
    """A mark of a file's content: SHA-256 over its size, its first MiB, and 64 pages of 4 KiB spread over the rest.

    Tells files apart in milliseconds, whatever their size. Damage to single bytes is for `verify` to find, which reads
    everything. Raises OSError.
    """
    with file.open("rb") as stream:
        size = stream.seek(0, os.SEEK_END)
        mark = hashlib.sha256(str(size).encode())
        for number in range(_SAMPLES + 1):
            stream.seek(0 if number == 0 else max(0, size - _SAMPLE) * number // _SAMPLES)
            mark.update(stream.read(_HEAD if number == 0 else _SAMPLE))
    return mark.hexdigest()


def _versions() -> dict[str, str]:
    found = {}
    for package in _PACKAGES:
        with suppress(PackageNotFoundError):
            found[package] = version(package)
    return found

"""What is proven of a GGUF: read from the report that the converter left beside it, and believed of that content only.

The report is written elsewhere; whatever stands in it, nothing here fails.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Verdict = Literal["proven", "partly proven", "unproven"]

_MAX_BYTES = 1 << 20
_SAMPLES, _SAMPLE, _HEAD = 64, 4096, 1 << 20


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a file is proven, why not further, and how each comparison ended by its name."""

    verdict: Verdict
    why: str
    rungs: Mapping[str, str] = field(default_factory=dict)
    against: str = ""
    date: str = ""


def read_standing(file: Path) -> Standing:
    """The standing of a model file; `unproven`, with the reason, where there is no report or it is not of this file."""
    path = file.with_name(f"{file.name}.report.json")
    try:
        if not path.is_file():
            return Standing("unproven", "there is no report beside it; luciole verify makes one")
        if path.stat().st_size > _MAX_BYTES:
            return Standing("unproven", f"{path.name} is too large for a report")
        report = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(report, dict) or report.get("mark") != content_mark(file):
            return Standing("unproven", f"{path.name} is of another file; luciole verify makes a new one")
    except (OSError, ValueError, RecursionError):
        return Standing("unproven", f"{path.name} cannot be read; luciole verify makes a new one")
    return _standing(report)


def _standing(report: Mapping[str, Any]) -> Standing:
    listed = report.get("rungs")
    rungs = {
        str(name): str(rung.get("state", "not climbed"))
        for name, rung in (listed.items() if isinstance(listed, dict) else ())
        if isinstance(rung, dict)
    }
    against, date = str(report.get("against", "")), str(report.get("date", ""))
    verdict = str(report.get("verdict"))
    failed = [name for name, state in rungs.items() if state == "failed"]
    left = [name for name, state in rungs.items() if state == "not climbed"]
    if failed or not rungs or verdict not in {"proven", "partly proven"}:
        why = f"it differs from {against} in: {', '.join(failed)}" if failed else "its report holds no verdict"
        return Standing("unproven", why, rungs, against, date)
    if left or verdict == "partly proven":
        return Standing("partly proven", f"not compared: {', '.join(left)}; luciole verify does", rungs, against, date)
    return Standing("proven", f"equal to {against} in: {', '.join(rungs)}", rungs, against, date)


def content_mark(file: Path) -> str:
    """SHA-256 over the size, the first MiB, and 64 pages of 4 KiB spread over the file, as the report has it."""
    with file.open("rb") as stream:
        size = stream.seek(0, os.SEEK_END)
        mark = hashlib.sha256(str(size).encode())
        for number in range(_SAMPLES + 1):
            stream.seek(0 if number == 0 else max(0, size - _SAMPLE) * number // _SAMPLES)
            mark.update(stream.read(_HEAD if number == 0 else _SAMPLE))
    return mark.hexdigest()

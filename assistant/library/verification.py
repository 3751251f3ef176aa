"""A converted model is compared with its source by `luciole verify`, in a child process, where transformers is there.

That takes the memory of the whole source; without transformers, what the conversion compared by itself stands.
"""

import os
import subprocess
import sys
from collections.abc import Generator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryFile

from assistant.hub.waiting import Interrupted, pause
from assistant.library.importing import Step
from assistant.sanitize import one_line

UNVERIFIED = "its logits were not compared with the source's; luciole verify does it"
_MISSING = (
    "its logits were not compared with the source's: transformers is not installed; pip install 'luciole[verify]'"
)
_LOOK_SECONDS = 0.2
_LONGEST = 4096
_LONGEST_TELLING = 1 << 20


@dataclass(frozen=True, slots=True)
class Unproven:
    """Why the comparison did not end well. `refused`: the file is not what the source gives."""

    words: str
    refused: bool


def verified(model: Path, source: Path, interrupted: Interrupted) -> Generator[Step, None, Unproven | None]:
    """Compare; None: all is as it must be, and the report beside the model says so."""
    if find_spec("transformers") is None or find_spec("torch") is None:
        return Unproven(_MISSING, refused=False)
    home = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(part for part in (home, os.environ.get("PYTHONPATH", "")) if part)
    command = [
        sys.executable,
        "-P",
        "-m",
        "assistant",
        "verify",
        "--attended",
        "--against",
        str(source),
        "--",
        str(model),
    ]
    yield Step("compared with the source", 0, 0)
    with (
        TemporaryFile() as told,
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,  # it ends with this process, whatever ends that one
            stdout=subprocess.DEVNULL,
            stderr=told,
            env=os.environ | {"PYTHONPATH": path},
            start_new_session=True,
        ) as child,
    ):
        try:
            while child.poll() is None:
                if not pause(_LOOK_SECONDS, interrupted):
                    return Unproven(UNVERIFIED, refused=False)
                yield Step("compared with the source", 0, 0)
        finally:
            child.kill()
        told.seek(0)
        words = told.read(_LONGEST_TELLING).decode(errors="replace")
    if child.returncode == 0:
        return None
    said = [line for line in words.splitlines() if line.startswith("error: ")]
    last = one_line(said[-1].removeprefix("error: "))[:_LONGEST] if said else f"exit code {child.returncode}"
    refused = "is not what" in last and child.returncode == 1
    return Unproven(last if refused else f"the comparison with the source did not end ({last})", refused)

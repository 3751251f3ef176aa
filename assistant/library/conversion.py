"""A checkpoint becomes a GGUF of the model folder, by `luciole convert` in a child process: what happens, as values.

The child has the processor's cores to itself and its memory goes with it. It ends when the iterator is closed, or this
process is: its stdin is a pipe that nobody else holds open. It removes what it has begun then, and where it cannot,
this module does.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

from assistant.engine_log import EngineLog
from assistant.errors import ConversionFailed
from assistant.library.files import expect_absent, expect_name
from assistant.library.importing import Step, sweep
from assistant.library.installed import ENDING, Installed, look
from assistant.paths import engine_log, models_folder
from assistant.process.death import death

QUANTIZATIONS = ("q4_k_m", "q4_k_s", "q4_0", "q5_k_m", "q6_k", "q8_0", "f16", "bf16", "f32")
"""What weights can be kept in, the usual one first, then from the smallest to the exact."""
_LOOK_SECONDS = 0.1
_ENDS_WITHIN = 0.6
"""Seconds that a child has to tidy up when it is no longer wanted."""

Interrupted = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Fact:
    """A value that the file will have, or has, and the place it was taken from."""

    name: str
    value: str
    source: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What a conversion would write and cost; nothing was written. Sizes in bytes."""

    path: Path
    bytes: int
    free_bytes: int
    """Room on the disk."""
    peak_memory_bytes: int
    source_bytes: int
    seconds: float
    """Of work, beside what the disk takes to read the source and to write the file."""
    quantization: str
    facts: tuple[Fact, ...]
    warnings: tuple[str, ...]
    unread: tuple[str, ...]
    """Keys of config.json that were not needed."""


@dataclass(frozen=True, slots=True)
class Converted:
    """The finished file."""

    model: Installed
    seconds: float
    quantization: str
    facts: tuple[Fact, ...]
    warnings: tuple[str, ...]
    unread: tuple[str, ...]
    texts: int
    """On so many texts its tokens are those of the source's own tokenizer."""


def preview_conversion(
    source: str | Path, *, quantization: str = QUANTIZATIONS[0], interrupted: Interrupted = lambda: False
) -> Generator[Step | Preview, None, None]:
    """What `convert_folder` would make of a checkpoint; the last event is `Preview`. Takes seconds, writes nothing.

    `interrupted` as there. Raises ConversionFailed.
    """
    with _Child(source, ["-o", str(models_folder()), "-q", quantization, "--dry-run"]) as child:
        for event, fields in child.events(interrupted):
            yield _step(fields) if event == "step" else _preview(fields)


def convert_folder(
    source: str | Path,
    *,
    quantization: str = QUANTIZATIONS[0],
    name: str | None = None,
    interrupted: Interrupted = lambda: False,
) -> Generator[Step | Converted, None, None]:
    """Convert a checkpoint (a folder, or `owner/name` of the local hub cache) into the model folder.

    The last event is `Converted`. `name`: what the model is called; None: after its folder and the quantization.
    Closing the iterator stops the work and leaves nothing behind; for those who cannot because another thread waits in
    it, `interrupted` is asked ten times a second, and ends it without `Converted`. Raises ConversionFailed,
    InvalidModelFile for what is no name, OutputFailed where a model of this name is there.
    """
    target = models_folder()
    if name is not None:
        expect_name(name)
        target = target / f"{name}{ENDING}"
        expect_absent(target)
    with _Child(source, ["-o", str(target), "-q", quantization]) as child:
        for event, fields in child.events(interrupted):
            yield _step(fields) if event == "step" else _converted(fields)


def expect_convertible(config: Path, interrupted: Interrupted = lambda: False) -> None:
    """See that the converter knows the family of a config.json: before gigabytes of weights are fetched for nothing.

    Raises ConversionFailed. Where it is interrupted, nothing is known.
    """
    with _Child(config, ["--recognise"]) as child:
        for _ in child.events(interrupted):
            pass


class _Child:
    """One run of the converter."""

    def __init__(self, source: str | Path, options: Sequence[str]) -> None:
        """Raises ConversionFailed where it cannot be started."""
        home = str(Path(__file__).resolve().parents[2])  # -P keeps the working folder out; the package must be found
        path = os.pathsep.join(part for part in (home, os.environ.get("PYTHONPATH", "")) if part)
        command = [sys.executable, "-P", "-m", "assistant", "convert", "--events", *options, "--"]
        log = EngineLog().descriptor()
        try:
            self._process = subprocess.Popen(
                [*command, os.path.expanduser(source)],  # noqa: PTH111  pathlib's raises without a home
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=os.environ | {"PYTHONPATH": path},
                start_new_session=True,  # a terminal's Ctrl-C is for this process, which then closes the pipe
            )
        except OSError as error:
            raise ConversionFailed(
                f"no child process starts ({error.strerror}); a Python at {sys.executable} was expected; "
                "install Luciole again"
            ) from error
        finally:
            os.close(log)
        self._lines: SimpleQueue[bytes | None] = SimpleQueue()
        self._reader = Thread(target=self._collect, name="luciole-conversion", daemon=True)
        self._reader.start()

    def __enter__(self) -> "_Child":
        return self

    def __exit__(self, *_: object) -> None:
        process = self._process
        if process.stdin is None or process.stdout is None:
            raise AssertionError("both were asked for")
        process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            process.wait(_ENDS_WITHIN)
        process.kill()
        process.wait()
        self._reader.join()
        process.stdout.close()
        sweep()

    def events(self, interrupted: Interrupted) -> Generator[tuple[str, dict[str, Any]], None, None]:
        """Kind and fields of each; the last one is no step, unless it was interrupted. Raises ConversionFailed."""
        while True:
            try:
                line = self._lines.get(timeout=_LOOK_SECONDS)
            except Empty:
                if interrupted():
                    return
                continue
            if line is None:
                break
            fields = _read(line)
            event = fields.pop("event", None)
            if event == "failed":
                raise ConversionFailed(str(fields.get("error")))
            if not isinstance(event, str):
                continue  # a library's own words
            yield event, fields
            if event != "step":
                return
        code = self._process.wait()
        raise ConversionFailed(
            f"the conversion ended early ({death(code, ()).words}, log: {engine_log()}); a finished file was expected; "
            "try again, and close other programs if memory was short"
        )

    def _collect(self) -> None:
        if self._process.stdout is None:
            raise AssertionError("it was asked for")
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put(None)


def _read(line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _step(fields: dict[str, Any]) -> Step:
    return Step(fields["name"], fields["done"], fields["total"])


def _preview(fields: dict[str, Any]) -> Preview:
    names = ("bytes", "free_bytes", "peak_memory_bytes", "source_bytes", "seconds", "quantization")
    return Preview(path=Path(fields["output"]), **{name: fields[name] for name in names}, **_told(fields))


def _converted(fields: dict[str, Any]) -> Converted:
    model = look(Path(fields["output"]), "folder")
    texts = fields["tokens_checked"]
    return Converted(model, fields["seconds"], fields["quantization"], **_told(fields), texts=texts)


def _told(fields: dict[str, Any]) -> dict[str, Any]:
    """What both reports say of where values came from."""
    return {
        "facts": tuple(Fact(**fact) for fact in fields["facts"]),
        "warnings": tuple(fields["warnings"]),
        "unread": tuple(fields["unread"]),
    }

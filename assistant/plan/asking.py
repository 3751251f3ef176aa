"""A question to llama.cpp in a child process of its own, and the answer: one JSON object each way.

For what may end the process that does it, and for programs that must not load llama.cpp themselves. The child ends when
this process does, whatever ends it: its stdin is a pipe that nobody else holds open.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Any

from assistant.engine_log import EngineLog
from assistant.errors import AssistantError, EngineFailed
from assistant.paths import engine_log

_LOOK_SECONDS = 0.1
_SPIN = {"GOMP_SPINCOUNT": "1000"}
"""As in `process.child`: threads that wait must not take the cores from others."""


def ask(
    module: str,
    request: Mapping[str, object],
    *,
    seconds: float,
    interrupted: Callable[[], bool] = lambda: False,
) -> dict[str, Any] | None:
    """What `python -P -m module` answers; None where it was interrupted. Raises EngineFailed.

    It has so many seconds, and is killed when they have passed.
    """
    home = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(part for part in (home, os.environ.get("PYTHONPATH", "")) if part)
    log = EngineLog().descriptor()
    theirs, ours = os.pipe()
    try:
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", module],
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=log,
            env=_SPIN | os.environ | {"PYTHONPATH": path},
        )
    except OSError as error:
        os.close(ours)
        raise EngineFailed(
            f"no child process starts ({error.strerror}); a Python at {sys.executable} was expected; "
            "install Luciole again"
        ) from error
    finally:
        os.close(theirs)
        os.close(log)
    until = monotonic() + seconds
    try:
        with suppress(BrokenPipeError), os.fdopen(ours, "wb", closefd=False) as pipe:
            pipe.write(json.dumps(request).encode() + b"\n")
        while True:
            try:
                out, _ = child.communicate(timeout=_LOOK_SECONDS)
                break
            except subprocess.TimeoutExpired:
                if interrupted():
                    return None
                if monotonic() > until:
                    raise EngineFailed(
                        f"llama.cpp gave no answer within {seconds:.0f} s (log: {engine_log()}); it may hang; try again"
                    ) from None
    finally:
        child.kill()
        child.wait()
        os.close(ours)
        if child.stdout is not None:
            child.stdout.close()
    return _answer(out, child.returncode)


def _answer(out: bytes, code: int) -> dict[str, Any]:
    """The last line, whatever drivers may have printed before it."""
    try:
        found = json.loads(out.decode(errors="replace").strip().rpartition("\n")[2])
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise EngineFailed(f"llama.cpp gave no answer (exit code {code}, log: {engine_log()}); try again")
    if isinstance(error := found.get("error"), str):
        raise EngineFailed(error)
    return found


def serve(answer: Callable[[Mapping[str, Any]], Mapping[str, object]]) -> None:
    """In the child: take the request, write what `answer` makes of it. An error of ours becomes `{"error": ...}`."""
    request = json.loads(sys.stdin.buffer.readline())
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print is no answer

    def watch() -> None:
        sys.stdin.buffer.read()
        os._exit(0)  # whoever asked is gone

    threading.Thread(target=watch, daemon=True).start()
    try:
        found = answer(request)
    except AssistantError as error:
        found = {"error": str(error)}
    replies.write(b"\n" + json.dumps(found).encode() + b"\n")
    replies.flush()
    os._exit(0)  # the watching thread is inside a read, which the interpreter's own end would not survive

"""The events of a conversion as lines of JSON, for a program that started it and reads along (`--events`).

    {"event": "step", "name": "blk.0.attn_q.weight", "done": 1048576, "total": 98362432}
    {"event": "preview", ...} or {"event": "converted", ...}      the last line: the fields of `--json`
    {"event": "recognised", "architecture": "..."}                the same of `--recognise`
    {"event": "failed", "error": "..."}                           the last line instead, where it was refused

Standard input is the other way: when its other end is closed, the conversion stops and leaves nothing behind. So it
ends with the program that started it, whatever ends that one.
"""

import _thread
import json
import os
import signal
import sys
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from time import monotonic
from typing import BinaryIO

from convert.errors import ConversionError
from convert.report import Converted, Event, Preview, Recognised, Step

_APART = 0.05
"""Seconds between two steps of one name: nobody sees more."""


def report_events(events: Generator[Event, None, None], out: BinaryIO) -> None:
    """Run to the end and write what happens. Raises ConversionError after it was written, KeyboardInterrupt."""
    try:
        with stopped_by(sys.stdin.buffer):
            for event in _seldom(events):
                _write(out, _fields(event))
    except ConversionError as error:
        _write(out, {"event": "failed", "error": str(error)})
        raise
    finally:
        events.close()


def _fields(event: Event) -> dict[str, object]:
    match event:
        case Step():
            return {"event": "step", **asdict(event)}
        case Preview():
            return {"event": "preview", **asdict(event), "output": str(event.output)}
        case Recognised(architecture):
            return {"event": "recognised", "architecture": architecture}
        case Converted(report):
            return {"event": "converted", **asdict(report), "output": str(report.output)}


def _seldom(events: Iterator[Event]) -> Iterator[Event]:
    """Without steps that come so soon after another that nobody would see them; each new name is told."""
    name, told = "", 0.0
    for event in events:
        if isinstance(event, Step):
            now = monotonic()
            if event.name == name and now - told < _APART:
                continue
            name, told = event.name, now
        yield event


def _write(out: BinaryIO, fields: dict[str, object]) -> None:
    out.write(json.dumps(fields).encode() + b"\n")
    out.flush()


@contextmanager
def stopped_by(pipe: BinaryIO) -> Iterator[None]:
    """In the block, the end of `pipe` raises KeyboardInterrupt in this thread, which is the main one."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever started it may have had it ignored
    running = True

    def watch() -> None:
        # Not through the pipe's buffer: its lock, held here, would stop the interpreter's own end.
        while os.read(pipe.fileno(), 1 << 12):
            pass
        if running:
            _interrupt()

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        running = False


def _interrupt() -> None:
    """Raise KeyboardInterrupt in the main thread, out of a wait too where the system can do that."""
    main = threading.main_thread().ident
    if sys.platform == "win32" or main is None:
        _thread.interrupt_main()
    else:
        signal.pthread_kill(main, signal.SIGINT)

"""The child process: one LlamaEngine behind a pipe, started by `process.engine.EngineProcess`.

Requests come on stdin, replies go to what stdout was at the start; from then on stdout is the log file that stderr is,
so that no print of a C library can disturb the replies. When stdin ends, the parent is gone and this process ends at
once.
"""

import json
import os
import signal
import sys
import traceback
from collections.abc import Generator
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import IO, TYPE_CHECKING, Any

from assistant.engine import EngineSettings
from assistant.errors import AssistantError, EngineFailed
from assistant.events import Event, Loading
from assistant.process import wire

if TYPE_CHECKING:
    from assistant.llama.engine import LlamaEngine


class Worker:
    """Takes requests one at a time; `stop` reaches a running one through the reading thread."""

    def __init__(self, engine: "LlamaEngine", replies: IO[bytes]) -> None:
        self._engine = engine
        self._replies = replies
        self._requests: SimpleQueue[dict[str, Any]] = SimpleQueue()
        self._stopped = -1

    def run(self) -> None:
        """Serve until stdin ends."""
        Thread(target=self._listen, daemon=True).start()
        while True:
            self._serve(self._requests.get())

    def _listen(self) -> None:
        try:
            for data in sys.stdin.buffer:
                request = wire.parse(data)
                if request["call"] == "stop":
                    self._stopped = request["id"]
                    self._engine.interrupt()
                else:
                    self._requests.put(request)
        except (KeyError, ValueError):  # no request of ours: the other end is not what it should be
            traceback.print_exc()
        os._exit(0)

    def _serve(self, request: dict[str, Any]) -> None:
        number = request["id"]
        try:
            match request["call"]:
                case "load":
                    self._play(number, self._engine.load())
                case "stream":
                    messages = wire.messages_in(request["messages"])
                    self._play(number, self._engine.stream(messages, wire.sampling_in(request["sampling"])))
                case "count":
                    self._play(number, self._engine.load())  # by itself, so that a stop can break it off
                    if self._stopped < number:
                        content = request["content"]
                        value = self._engine.count(content if isinstance(content, str) else wire.messages_in(content))
                        self._reply(number, value=value)
        except AssistantError as error:
            self._reply(number, error=wire.error_out(error))
        info = self._engine.info
        self._reply(number, done=True, info=asdict(info) if info else None)

    def _play(self, number: int, events: Generator[Event, None, None]) -> None:
        with closing(events):
            for event in events:
                if self._stopped >= number:
                    break
                info = self._engine.info if isinstance(event, Loading) else None
                self._reply(number, event=wire.event_out(event), **({"info": asdict(info)} if info else {}))

    def _reply(self, number: int, **fields: Any) -> None:
        try:
            self._replies.write(wire.line({"id": number, **fields}))
            self._replies.flush()
        except OSError:
            os._exit(0)  # the parent is gone


def main() -> None:
    """Arguments: the model's path, its name, the settings as JSON."""
    path, name, settings = sys.argv[1:]
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what Ctrl-C means
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    try:
        from assistant.llama.engine import LlamaEngine  # noqa: PLC0415  to say why, where llama.cpp cannot be loaded

        engine = LlamaEngine(Path(path), EngineSettings(**json.loads(settings)), name=name)
    except (ImportError, OSError, RuntimeError) as error:
        traceback.print_exc()
        _refuse(replies, error)
        return
    try:
        Worker(engine, replies).run()
    finally:
        # An exception that is none of ours: its traceback goes to the log. The interpreter's own shutdown would abort
        # instead, because the listening thread is inside a read.
        traceback.print_exc()
        os._exit(70)


def _refuse(replies: IO[bytes], error: Exception) -> None:
    """Answer every call with what keeps llama.cpp from being loaded."""
    words = " ".join(str(error).split())[:300] or type(error).__name__
    refusal = EngineFailed(
        f"llama.cpp cannot be loaded ({words}); the package llama-cpp-python was expected; "
        "install it again: pip install --force-reinstall llama-cpp-python"
    )
    for data in sys.stdin.buffer:
        request = wire.parse(data)
        if request["call"] != "stop":
            replies.write(wire.line({"id": request["id"], "error": wire.error_out(refusal)}))
            replies.write(wire.line({"id": request["id"], "done": True}))
            replies.flush()


if __name__ == "__main__":
    main()

"""The child process: one LlamaEngine behind a pipe, started by `process.engine.EngineProcess`.

Requests come on stdin, replies go to what stdout was at the start; from then on stdout is the pipe to the log that
stderr is, so that no print of a C library can disturb the replies. When stdin ends, the parent is gone and this process
ends at once, whatever it is doing.
"""

import faulthandler
import os
import signal
import sys
import traceback
from collections.abc import Callable, Generator, Iterable
from contextlib import closing, suppress
from dataclasses import asdict
from pathlib import Path
from queue import SimpleQueue
from threading import Lock, Thread
from typing import IO, TYPE_CHECKING, Any

from assistant.errors import AssistantError, EngineFailed
from assistant.events import Event, Loading, Settled
from assistant.process import wire
from assistant.process.heartbeat import Heartbeat

if TYPE_CHECKING:
    from assistant.llama.engine import LlamaEngine

_STDERR = 2
_KILL_ME_FIRST = "500"
"""Of 1000. The system's killer takes the largest program, which may be the one with the user's windows."""


class Worker:
    """Takes requests one at a time; `stop` reaches a running one through the listening thread."""

    def __init__(self, replies: IO[bytes]) -> None:
        self._replies = replies
        self._replying = Lock()
        self._replied = 0
        self._engine: LlamaEngine | None = None
        self._requests: SimpleQueue[dict[str, Any]] = SimpleQueue()
        self._current = self._stopped = -1
        self._turning = Lock()
        """Held while a call begins, or is told to stop: a stop that is late must not hit the next one."""

    def run(self, make: "Callable[[], LlamaEngine]") -> None:
        """Serve until stdin ends. Until `make` is done, requests wait; if it fails, each is told why."""
        Thread(target=self._listen, name="requests", daemon=True).start()
        heartbeat = Heartbeat(self._write, self._advanced)
        refusal = None
        with heartbeat.running():
            try:
                self._engine = make()
                self._engine.announce = self._announce
            except (ImportError, OSError, RuntimeError) as error:
                traceback.print_exc()
                refusal = _refusal(error)
        while True:
            request = self._requests.get()
            with self._turning:
                self._current = request["id"]
            with heartbeat.running():
                self._serve(request, refusal)

    def _announce(self, offer: str) -> None:
        self._reply(self._current, offer=offer)

    def _advanced(self) -> int:
        """Grows with everything that is done."""
        return self._replied + (self._engine.ticks if self._engine else 0)

    def _listen(self) -> None:
        try:
            for data in sys.stdin.buffer:
                request = wire.parse(data)
                if request["call"] != "stop":
                    self._requests.put(request)
                    continue
                with self._turning:
                    self._stopped = request["id"]
                    if self._engine is not None and self._current == self._stopped:
                        self._engine.interrupt()
        except (KeyError, ValueError):  # no request of ours: the other end is not what it should be
            traceback.print_exc()
        os._exit(0)

    def _serve(self, request: dict[str, Any], refusal: EngineFailed | None) -> None:
        number, engine = request["id"], self._engine
        try:
            if engine is None:
                raise refusal or EngineFailed("there is no engine; one was expected; install Luciole again")
            match request["call"]:
                case "load":
                    self._play(number, engine.load())
                case "stream":
                    prompt = wire.prompt_in(request["prompt"])
                    self._play(number, engine.stream(prompt, wire.sampling_in(request["sampling"])))
                case "stream_many":
                    prompts = [wire.prompt_in(prompt) for prompt in request["prompts"]]
                    self._play_all(number, engine.stream_many(prompts, wire.sampling_in(request["sampling"])))
                case _:
                    self._play(number, engine.load())  # by itself, so that a stop can break it off
                    if self._stopped < number:
                        self._answer(number, engine, request)
        except AssistantError as error:
            self._reply(number, error=wire.error_out(error))
        self._reply(number, done=True, **self._info())

    def _answer(self, number: int, engine: "LlamaEngine", request: dict[str, Any]) -> None:
        """The calls that have no events of their own."""
        match request["call"]:
            case "count":
                content = request["content"]
                value = engine.count(content if isinstance(content, str) else wire.prompt_in(content))
                self._reply(number, value=value)
            case "count_each":
                self._reply(number, values=engine.count_each(request["texts"]))
            case "longest_prompt":
                self._reply(number, value=engine.longest_prompt(request["answer"]))
            case "embed":
                self._send_all(number, engine.embed(request["texts"]))

    def _play(self, number: int, events: Generator[Event, None, None]) -> None:
        with closing(events):
            for event in events:
                if self._stopped >= number:
                    break
                self._tell(number, event)

    def _play_all(self, number: int, events: Generator[tuple[int, Event], None, None]) -> None:
        with closing(events):
            for index, event in events:
                if self._stopped >= number:
                    break
                self._tell(number, event, index=index)

    def _tell(self, number: int, event: Event, **fields: Any) -> None:
        info = self._info() if isinstance(event, Loading | Settled) else {}
        self._reply(number, event=wire.event_out(event), **fields, **info)

    def _send_all(self, number: int, vectors: Iterable[list[float]]) -> None:
        for vector in vectors:
            if self._stopped >= number:
                break
            self._reply(number, vector=wire.vector_out(vector))

    def _info(self) -> dict[str, Any]:
        info = self._engine.info if self._engine else None
        return {"info": asdict(info)} if info else {}

    def _reply(self, number: int, **fields: Any) -> None:
        self._replied += 1
        self._write(wire.line({"id": number, **fields}))

    def _write(self, data: bytes) -> None:
        try:
            with self._replying:
                self._replies.write(data)
                self._replies.flush()
        except OSError:
            os._exit(0)  # the parent is gone


def main() -> None:
    """Arguments: the model's path, its name, the settings as JSON."""
    path, name, settings = sys.argv[1:]
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what Ctrl-C means
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(_STDERR, 1)
    _prepare_to_die()

    def make() -> "LlamaEngine":
        # Here, to say why where llama.cpp cannot be loaded.
        from assistant.llama.engine import LlamaEngine  # noqa: PLC0415
        from assistant.llama.log import llama_log  # noqa: PLC0415

        llama_log().write = _print  # the parent keeps the log, and remembers these words when this process dies
        return LlamaEngine(Path(path), wire.settings_in(settings), name=name)

    try:
        Worker(replies).run(make)
    finally:
        # An exception that is none of ours: its traceback goes to the log. The interpreter's own shutdown would abort
        # instead, because the listening thread is inside a read.
        traceback.print_exc()
        os._exit(70)


def _print(line: bytes) -> None:
    with suppress(OSError):  # the parent is gone, and so is this process
        os.write(_STDERR, line)


def _prepare_to_die() -> None:
    """Let a fault say where it was, leave no core file (it would hold the user's documents, and be as large as the
    model), and let the system take this process before others when memory is short.
    """
    faulthandler.enable(_STDERR)
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415  not on Windows

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError):  # not Linux
        Path("/proc/self/oom_score_adj").write_text(_KILL_ME_FIRST, encoding="ascii")


def _refusal(error: Exception) -> EngineFailed:
    """What keeps llama.cpp from being loaded."""
    words = " ".join(str(error).split())[:300] or type(error).__name__
    return EngineFailed(
        f"llama.cpp cannot be loaded ({words}); the package llama-cpp-python was expected; "
        "install it again: pip install --force-reinstall llama-cpp-python"
    )


if __name__ == "__main__":
    main()

"""The engine users get: the model in a child process, so that an abort in C or a lack of memory ends the child only.

Same protocol as the engine inside. When the child dies, the running iterator raises EngineFailed with what happened,
and the next call starts a new child. Closing an iterator stops the child's work and waits until it has let go.
"""

import json
from collections.abc import Generator, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from threading import Lock
from typing import Any

from assistant.engine import EngineSettings, ModelInfo
from assistant.errors import EngineFailed
from assistant.events import Event, Loading
from assistant.messages import Message, Sampling
from assistant.paths import engine_log
from assistant.process import wire
from assistant.process.child import Child

_WORKER = "assistant.process.worker"


class EngineProcess:
    """Implements `engine.Engine`. `close` may come from any thread while another one iterates."""

    def __init__(self, path: Path, settings: EngineSettings | None = None, *, name: str | None = None) -> None:
        self._arguments = [str(path.absolute()), name or path.stem, json.dumps(asdict(settings or EngineSettings()))]
        self._child: Child | None = None
        self._info: ModelInfo | None = None
        self._calls = 0
        self._running: int | None = None
        self._closed = False
        self._starting = Lock()
        """Held while the child is looked at or replaced."""
        self._calling = Lock()
        """Held by the generator of the running call."""

    @property
    def info(self) -> ModelInfo | None:
        return self._info

    @property
    def child_id(self) -> int | None:
        """Process number of the running child; None without one."""
        child = self._child
        return child.id if child is not None and child.is_alive() else None

    def load(self) -> Generator[Loading, None, None]:
        for event in self._call("load"):
            if isinstance(event, Loading):
                yield event

    def count(self, content: str | Sequence[Message]) -> int:
        value = content if isinstance(content, str) else [asdict(message) for message in content]
        found: list[int] = []
        for _ in self._call("count", found, content=value):
            pass  # the loading of a model that a count may need
        if not found:
            raise EngineFailed("the engine gave no count; a number of tokens was expected; install Luciole again")
        return found[0]

    def stream(self, messages: Sequence[Message], sampling: Sampling) -> Generator[Event, None, None]:
        yield from self._call("stream", messages=[asdict(message) for message in messages], sampling=asdict(sampling))

    def interrupt(self) -> None:
        child, number = self._child, self._running
        if child is not None and number is not None:
            with suppress(EngineFailed):  # it is dead: whoever waits for it learns that
                child.send(wire.line({"call": "stop", "id": number}))

    def close(self) -> None:
        with self._starting:
            self._closed = True
            child, self._child = self._child, None
        if child is not None:
            child.kill()
            if self._calling.acquire(blocking=False):  # otherwise the running call releases it when it finds it dead
                child.release()
                self._calling.release()

    def _call(self, name: str, values: list[int] | None = None, **fields: Any) -> Generator[Event, None, None]:
        """One request, its events; a value it brings goes to `values`. Closing the generator stops the child's work."""
        if not self._calling.acquire(blocking=False):
            raise RuntimeError("two calls of one engine overlap: close what stream() returned before the next call")
        try:
            child = self._start()
            self._calls += 1
            try:
                yield from self._follow(child, {"call": name, "id": self._calls, **fields}, values)
            finally:
                if self._closed:
                    child.release()
        finally:
            self._calling.release()

    def _follow(self, child: Child, request: dict[str, Any], values: list[int] | None) -> Generator[Event, None, None]:
        number = self._running = request["id"]
        child.send(wire.line(request))
        running = True
        try:
            while running:
                reply = self._receive(child, number)
                running = not reply.done
                if reply.event is not None:
                    yield reply.event
                if reply.value is not None and values is not None:
                    values.append(reply.value)
                if reply.error is not None:
                    self._drain(child, number)
                    running = False
                    raise reply.error
        finally:
            self._running = None
            if running and child.is_alive() and not self._closed:
                with suppress(EngineFailed):  # it died of the stop: it has let go, and the next call starts a new one
                    child.send(wire.line({"call": "stop", "id": number}))
                    self._drain(child, number)

    def _drain(self, child: Child, number: int) -> None:
        """Wait until the child has let go of the call."""
        while not self._receive(child, number).done:
            pass

    def _receive(self, child: Child, number: int) -> wire.Reply:
        """The next reply to this call. Raises EngineFailed where the child dies or talks nonsense."""
        while True:
            try:
                line = child.receive()
            except EngineFailed as error:
                raise (_closed() if self._closed else error) from None
            try:
                reply = wire.reply_in(line)
            except ValueError as error:
                child.kill()
                raise EngineFailed(
                    f"the engine said {line[:40]!r}; a reply was expected; it was ended and starts anew with the next "
                    f"question (log: {engine_log()})"
                ) from error
            if reply.id == number:
                self._info = reply.info or self._info
                return reply

    def _start(self) -> Child:
        """The running child, or a new one."""
        with self._starting:
            if self._closed:
                raise _closed()
            if self._child is None or not self._child.is_alive():
                if self._child is not None:
                    self._child.release()
                self._child = Child(_WORKER, self._arguments)
            return self._child


def _closed() -> EngineFailed:
    return EngineFailed("the engine is closed; an open one was expected; start Luciole again")

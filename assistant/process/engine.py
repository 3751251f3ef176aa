"""The engine users get: the model in a child process, so that an abort in C or a lack of memory ends the child only.

Same protocol as the engine inside. When the child dies, or hangs and is ended for it, the running iterator raises
EngineFailed with what happened, and the next call starts a new child. Closing an iterator tells the child to stop and
waits a moment for it; what takes longer, the next call waits for. Nothing of the model is ever in this process.
"""

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import asdict
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any

from assistant.engine import EngineSettings, ModelInfo
from assistant.errors import EngineFailed
from assistant.events import Event, Finished, Loading, Reading, Settled, Text
from assistant.messages import Prompt, Sampling
from assistant.paths import engine_log
from assistant.process import wire
from assistant.process.child import Child, Died
from assistant.process.death import Death

PATIENCE = 120.0
"""Seconds without any advance after which a child hangs. Within a batch nothing is heard of a GPU, nor while gigabytes
of memory are made ready, which a machine short of it swaps out meanwhile."""
_STOP_PATIENCE = 10.0
"""The same once it was told to stop."""
_MOMENT = 0.15
"""Seconds that closing an iterator waits. Nearly always enough; a user who quits waits no longer."""
_MOST_SENT = 1 << 18
"""Characters of texts in one request; as many as a processor counts in about a tenth of a second."""
_MOST_TEXTS = 4096
_WORKER = "assistant.process.worker"
_WORK: dict[type[Event], str] = {
    Loading: "loading the model",
    Settled: "reading",
    Reading: "reading",
    Text: "writing",
    Finished: "writing",
}


class EngineProcess:
    """Implements `engine.Engine`. `close` may come from any thread while another one iterates, and never waits long."""

    def __init__(
        self,
        path: Path,
        settings: EngineSettings | None = None,
        *,
        name: str | None = None,
        patience: float = PATIENCE,
    ) -> None:
        self._arguments = [str(path.absolute()), name or path.stem, wire.settings_out(settings or EngineSettings())]
        self._patience = patience
        self._child: Child | None = None
        self._info: ModelInfo | None = None
        self._offer = ""
        self._doing = ""
        self._calls = 0
        self._running: int | None = None
        self._left: int | None = None
        """A call that was told to stop and has not said yet that it did."""
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

    def start(self) -> None:
        """Start the child ahead of the first call: it makes llama.cpp ready meanwhile. Does not wait for it.

        Raises EngineFailed where no process can be started, or the engine is closed.
        """
        self._start()

    def load(self) -> Generator[Loading, None, None]:
        with closing(self._call("load", "loading the model")) as replies:
            for reply in replies:
                if isinstance(reply.event, Loading):
                    yield reply.event

    def count(self, content: str | Prompt) -> int:
        sent = content if isinstance(content, str) else wire.prompt_out(content)
        return self._number("count", "counting", content=sent)

    def count_each(self, texts: Sequence[str]) -> list[int]:
        counts: list[int] = []
        for some in _sendable(texts):
            with closing(self._call("count_each", "counting", texts=some)) as replies:
                found = [count for reply in replies for count in reply.values or ()]
            if len(found) != len(some):
                raise EngineFailed(
                    f"the engine gave {len(found)} counts; {len(some)} were expected, one a text; try again"
                )
            counts += found
        return counts

    def longest_prompt(self, answer: int) -> int:
        return self._number("longest_prompt", "planning", answer=answer)

    def stream(self, prompt: Prompt, sampling: Sampling) -> Generator[Event, None, None]:
        request = self._call("stream", "starting", prompt=wire.prompt_out(prompt), sampling=asdict(sampling))
        with closing(request) as replies:
            for reply in replies:
                if reply.event is not None:
                    yield reply.event

    def stream_many(self, prompts: Sequence[Prompt], sampling: Sampling) -> Generator[tuple[int, Event], None, None]:
        sent = [wire.prompt_out(prompt) for prompt in prompts]
        with closing(self._call("stream_many", "starting", prompts=sent, sampling=asdict(sampling))) as replies:
            for reply in replies:
                if reply.event is not None:
                    yield reply.index, reply.event

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        with closing(self._call("embed", "reading texts", texts=list(texts))) as replies:
            vectors = [reply.vector for reply in replies if reply.vector is not None]
        if len(vectors) != len(texts):
            raise EngineFailed(
                f"the engine gave {len(vectors)} vectors; {len(texts)} were expected, one a text; try again"
            )
        return vectors

    def interrupt(self) -> None:
        child, number = self._child, self._running
        if child is not None and number is not None:
            child.send(wire.line({"call": "stop", "id": number}))

    def close(self) -> None:
        self._closed = True
        # A start under way looks at the line above when it is done.
        if self._starting.acquire(timeout=0.1):
            child, self._child = self._child, None
            self._starting.release()
            if child is not None:
                child.kill()

    def _number(self, name: str, doing: str, **fields: Any) -> int:
        """The one number that comes of a call; events of a model that is loaded for it come first."""
        with closing(self._call(name, doing, **fields)) as replies:
            found = [reply.value for reply in replies if reply.value is not None]
        if not found:
            raise EngineFailed("the engine gave no number; a number of tokens was expected; try again")
        return found[0]

    def _call(self, name: str, doing: str, **fields: Any) -> Generator[wire.Reply, None, None]:
        """One request, and what comes of it. Closing the generator stops the child's work."""
        if not self._calling.acquire(blocking=False):
            raise RuntimeError("two calls of one engine overlap: close what stream() returned before the next call")
        try:
            child = self._ready()
            self._calls += 1
            self._doing = doing
            yield from self._follow(child, {"call": name, "id": self._calls, **fields})
        except Died as died:
            raise (_closed() if self._closed else self._failure(died.death)) from None
        finally:
            self._calling.release()

    def _follow(self, child: Child, request: dict[str, Any]) -> Generator[wire.Reply, None, None]:
        number = self._running = request["id"]
        child.expect_life()
        child.send(wire.line(request))
        running = True
        try:
            while running:
                reply = self._receive(child, number, self._patience)
                running = not reply.done
                if reply.event is not None:
                    self._doing = _WORK[type(reply.event)]
                if reply.error is not None:
                    running = False
                    with suppress(Died):  # of the same thing, and then the error says more
                        self._drain(child, number)
                    raise reply.error
                yield reply
        except Died:
            running = False
            raise
        finally:
            self._running = None
            if running and not self._closed:
                child.send(wire.line({"call": "stop", "id": number}))
                self._left = number
                with suppress(Died):  # of the stop: it has let go, and the next call starts a new one
                    self._wait_a_moment(child, number)

    def _wait_a_moment(self, child: Child, number: int) -> None:
        """Wait until the child has let go of the call, but not long."""
        until = monotonic() + _MOMENT
        while self._left is not None and (left := until - monotonic()) > 0:
            line = child.take(left)
            if line is not None and self._understood(child, line).done_with(number):
                self._left = None

    def _ready(self) -> Child:
        """A child that has nothing to do."""
        child = self._start()
        number, self._left = self._left, None
        if number is not None:
            try:
                self._drain(child, number)
            except Died:
                child = self._start()
        return child

    def _drain(self, child: Child, number: int) -> None:
        """Wait until the child has let go of the call."""
        while not self._receive(child, number, min(self._patience, _STOP_PATIENCE)).done:
            pass

    def _receive(self, child: Child, number: int, patience: float) -> wire.Reply:
        """The next reply to this call. Raises Died where the child dies, hangs or talks nonsense."""
        while True:
            reply = self._understood(child, child.receive(patience))
            if self._closed:
                raise Died(Death("closed"))
            if reply.id == number:
                self._info = reply.info or self._info
                self._offer = self._offer if reply.offer is None else reply.offer
                return reply

    def _understood(self, child: Child, line: bytes) -> wire.Reply:
        try:
            return wire.reply_in(line)
        except ValueError:
            child.kill()
            raise Died(Death(f"it said {line[:40]!r}, and a reply was expected")) from None

    def _start(self) -> Child:
        """The running child, or a new one."""
        with self._starting:
            child = self._child
            if not self._closed and (child is None or not child.is_alive()):
                if child is not None:
                    child.kill()  # the pipes of a dead one
                self._offer, self._left = "", None
                child = self._child = Child(_WORKER, self._arguments)
            if self._closed or child is None:
                if child is not None:
                    child.kill()
                raise _closed()
            return child

    def _failure(self, death: Death) -> EngineFailed:
        """What the user is told: what happened, what is kept, what may help."""
        offer = self._offer if death.memory else ""
        if offer:
            help_ = f"there is less to hold with {offer}"
        elif death.memory:
            help_ = "close other programs, or use a smaller model or --context"
        elif self._info is not None and self._info.gpu_layers:
            help_ = "if it dies again, try --gpu-layers 0"
        else:
            help_ = "if it dies again, use a smaller model or --context"
        return EngineFailed(
            f"the engine died while {self._doing} ({death.words}); an answer was expected, and what had come of it is "
            f"kept; the next question starts it anew; {help_} (log: {engine_log()})",
            offer=offer,
        )


def _sendable(texts: Sequence[str]) -> Iterator[list[str]]:
    """The texts in parts, each of which makes a line that neither end minds to hold; a longer text goes alone."""
    some: list[str] = []
    length = 0
    for text in texts:
        if some and (length + len(text) > _MOST_SENT or len(some) == _MOST_TEXTS):
            yield some
            some, length = [], 0
        some.append(text)
        length += len(text)
    if some:
        yield some


def _closed() -> EngineFailed:
    return EngineFailed("the engine is closed; an open one was expected; start Luciole again")

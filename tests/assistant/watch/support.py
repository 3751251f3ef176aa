"""Watching in a hurry, with events alone and without any; and summaries that say of which text they are."""

import threading
from collections.abc import Callable, Generator
from contextlib import closing
from pathlib import Path
from time import monotonic, sleep

from assistant.documents.document import Document
from assistant.documents.read import read_document
from assistant.engine import Engine
from assistant.messages import Message
from assistant.summary.values import SUMMARY_SAMPLING, Coverage, Decided, Seconds, Summary
from assistant.watch.follow import Summarize, Told
from assistant.watch.watcher import State, Timing, Watcher

HURRIED = Timing(quiet=0.06, longest=1.0, patience=0.3, poll=600.0, poll_often=0.03, tick=600.0)
"""Events alone: nobody looks by himself before the test is over."""
LIMIT = 20.0
"""Seconds after which what is waited for will not come."""


def watcher(*paths: Path, events: bool = True, timing: Timing = HURRIED) -> Watcher:
    return Watcher(paths, events=events, timing=timing)


def await_state(watching: Watcher, expected: Callable[[State], bool]) -> State:
    """The first state of this kind."""
    until = monotonic() + LIMIT
    state = watching.state
    while not expected(state):
        assert monotonic() < until, f"still {state}"
        state = watching.wait(state, 1.0)
    return state


def await_version(watching: Watcher, number: int) -> State:
    return await_state(watching, lambda state: state.version >= number)


def await_true(condition: Callable[[], bool]) -> None:
    until = monotonic() + LIMIT
    while not condition():
        assert monotonic() < until
        sleep(0.01)


def rests(watching: Watcher) -> bool:
    """Whether the watcher has seen all there is to see, and looked into it."""
    return watching.is_current(watching.state.version)


def read_text(path: Path) -> Callable[[], Document]:
    return lambda: read_document(path)


def summarizes(engine: Engine) -> Summarize:
    """A summary that is the document's own text, after what the engine tells of its answer."""

    def run(document: Document) -> Generator[Told | Summary, None, None]:
        yield Decided("whole", "it fits", engine.count(document.text))
        finished = False
        with closing(engine.stream([Message("user", document.text)], SUMMARY_SAMPLING)) as events:
            for event in events:
                yield event
                finished = type(event).__name__ == "Finished"
        if finished:
            tokens = engine.count(document.text)
            yield Summary(document.text, "whole", "en", "fake", Coverage(tokens, tokens, 0, 1), Seconds(0, 0, 0))

    return run


def watching_threads() -> list[str]:
    """Ours and watchdog's; those of other tests' engines are none of our business."""
    return [
        thread.name
        for thread in threading.enumerate()
        if thread.name in {"watcher", "end of watching"} or type(thread).__module__.startswith("watchdog")
    ]

"""The one worker: a thread that turns iterators of events into messages, one job after the other.

One thread means that two answers can never run on the engine at once. It is a daemon of ours and not a worker of
Textual, because those wait for their threads at exit, and a thread may be deep in a read when the user quits.
The thread never touches a widget; posting to the job's room is the only way out, and after `close` nothing comes out
any more.
"""

from collections.abc import Generator, Iterator
from contextlib import closing
from queue import SimpleQueue
from threading import Event as Flag
from threading import Lock, Thread
from typing import Any

from assistant import AssistantError, Finished, Forgot, Loading, Notice, Reading, Settled, Text, coalesce
from tui.jobs import Job
from tui.messages import AboutJob, Broke, Ended, Failed, Heard, Noted, Reported


class Streamer:
    """Plays jobs in order and posts what it hears; `stop` ends the running one at its next event."""

    def __init__(self) -> None:
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._stopped = Flag()
        self._closed = False
        self._posting = Lock()
        self._thread = Thread(target=self._work, name="luciole-stream", daemon=True)
        self._thread.start()

    def run(self, job: Job) -> None:
        """Play `job` when the one before it is over. A stop asked for earlier does not reach it."""
        self._stopped.clear()
        self._jobs.put(job)

    def stop(self) -> None:
        """End the running job; `Ended(stopped=True)` follows as soon as the engine says anything or lets go."""
        self._stopped.set()

    def close(self) -> None:
        """Post nothing from now on and end the thread when it can; does not wait for it."""
        with self._posting:
            self._closed = True
        self._stopped.set()
        self._jobs.put(None)

    def join(self, timeout: float) -> bool:
        """Wait for the thread after `close`; False if it is still busy after `timeout` seconds."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _post(self, message: AboutJob) -> None:
        with self._posting:
            if not self._closed:
                message.job.room.post_message(message)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None and not self._closed:
            try:
                self._play(job)
            except AssistantError as error:
                self._post(Failed(job, error))
            except BaseException as error:
                self._post(Broke(job, error))
                raise

    def _play(self, job: Job) -> None:
        pieces = 0
        spoken = finished = False
        failure: AssistantError | None = None

        def until_over(events: Generator[Any, None, None]) -> Iterator[Any]:
            """Ends, and does not raise, when a stop or a failure comes, so that `coalesce` hands out what it holds."""
            nonlocal pieces, failure
            try:
                for event in events:
                    pieces += isinstance(event, Text)
                    yield event
                    if self._stopped.is_set():
                        return
            except AssistantError as error:
                failure = error

        if not self._stopped.is_set():
            with closing(job.events()) as events:
                for event in coalesce(until_over(events)):
                    match event:
                        case Text():
                            self._post(Heard(job, event, pieces))
                            spoken, pieces = True, 0
                        case Loading() | Settled() | Reading() | Finished():
                            self._post(Heard(job, event, 0))
                            finished = finished or isinstance(event, Finished)
                        case Forgot() | Notice():
                            self._post(Noted(job, event.text))
                        case _:
                            self._post(Reported(job, event))
        if failure is not None:
            raise failure
        used = job.used() if job.used is not None and spoken and not self._closed else None
        self._post(Ended(job, stopped=self._stopped.is_set() and not finished, used=used))

"""The one queue in front of the one engine: rooms hand in jobs, one runs, the others wait where everybody sees them.

Lives in the thread of the screen. What becomes of a job is told to its room by messages (`tui.messages`), which
go on to the house; the house calls `over` when one has ended.
"""

from collections import deque
from collections.abc import Callable

from tui.activity import Activity
from tui.holder import EngineHolder
from tui.jobs import Job
from tui.messages import Began, Withdrawn
from tui.stream import Streamer


class Desk:
    """At most one job is with the worker; `close` lets go of the engine, whatever it is doing."""

    def __init__(self, holder: EngineHolder, clock: Callable[[], float]) -> None:
        self.holder = holder
        self.activity = Activity(clock)
        self.running: Job | None = None
        self._waiting: deque[Job] = deque()
        self._streamer: Streamer | None = None
        self._closed = False

    @property
    def busy(self) -> bool:
        """Something runs on the engine that the user waits for."""
        return self.running is not None and not self.running.quiet

    @property
    def waiting(self) -> tuple[Job, ...]:
        """Those that begin next, in their order."""
        return tuple(self._waiting)

    def submit(self, job: Job) -> None:
        """Begin the job, or have it wait for those before it."""
        self._waiting.append(job)
        self._next()

    def withdraw(self, job: Job) -> bool:
        """Take back a job that waits; its room is told. False where it does not wait."""
        if job not in self._waiting:
            return False
        self._waiting.remove(job)
        job.room.post_message(Withdrawn(job))
        return True

    def stop(self) -> None:
        """End what runs and take back what waits: nothing begins that the user may no longer want."""
        for job in reversed(self.waiting):
            self.withdraw(job)
        if self.running is not None and self._streamer is not None:
            self._streamer.stop()
            if self.running.interrupt is not None:
                self.running.interrupt()
            self.holder.interrupt()
            self.activity.stop()

    def over(self, job: Job, *, well: bool) -> None:
        """This job has ended, `well`: with the model in memory; begin the next one."""
        if self.running is job:
            self.running = None
            if not (job.quiet and well):
                self.activity.rest("ready" if well else "absent")
            self._next()

    def close(self) -> None:
        """Free the model; no message comes any more."""
        self._closed = True
        if self._streamer is not None:
            self._streamer.close()
        self.holder.close()

    def _next(self) -> None:
        if self.running is not None or not self._waiting or self._closed:
            return
        if self._streamer is None:
            self._streamer = Streamer()
        job = self.running = self._waiting.popleft()
        if not job.quiet:
            self.activity.begin()
        job.room.post_message(Began(job))
        self._streamer.run(job)

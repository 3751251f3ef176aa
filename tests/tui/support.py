"""What the tests of the screen share: waiting for a state instead of sleeping, and engines that can be held still."""

from collections.abc import AsyncIterator, Callable, Generator, Sequence
from contextlib import asynccontextmanager
from threading import Event as Flag
from time import monotonic
from typing import TypeVar

from textual.pilot import Pilot
from textual.widget import Widget

from assistant import FAKE_INFO, Engine, Event, FakeEngine, Finished, ModelInfo, Reading, Sampling, Text, Usage
from assistant import Prompt as Asked
from tui.app import LucioleApp, make_app
from tui.rooms.chat.room import ChatRoom
from tui.screens.house import House
from tui.widgets.prompt import Prompt
from tui.widgets.status import Status
from tui.widgets.transcript import Transcript
from tui.widgets.turns import AnswerTurn, ErrorTurn, UserTurn

Screen = Pilot[None]
Kind = TypeVar("Kind", bound=Widget)


@asynccontextmanager
async def screen(
    engine: Engine | Callable[[], Engine], *, size: tuple[int, int] = (80, 24), ready: bool = True
) -> AsyncIterator[Screen]:
    """A running app and its pilot; `ready`: after the model was loaded."""
    app = make_app(engine if callable(engine) else lambda: engine)
    async with app.run_test(size=size, notifications=True) as pilot:
        app.screen.query_one(Prompt).cursor_blink = False
        if ready:
            await wait_until(pilot, lambda: status(pilot).state == "ready")
        yield pilot


async def wait_until(pilot: Screen, reached: Callable[[], bool], seconds: float = 10) -> None:
    """Let the app work until `reached`; fails after `seconds`."""
    end = monotonic() + seconds
    while not reached():
        assert monotonic() < end, f"not reached; the screen says {status(pilot).state!r} and {texts(pilot)}"
        await pilot.pause(0.01)


async def send(pilot: Screen, text: str) -> None:
    """Type into the prompt in one go and press Enter."""
    prompt(pilot).replace_all(text)
    await pilot.press("enter")


async def settled(pilot: Screen, answers: int = 1) -> None:
    """Wait until the last of so many answers is whole and drawn."""
    await wait_until(pilot, lambda: len(find(pilot, AnswerTurn)) == answers and bool(find(pilot, AnswerTurn)[-1].mark))
    await pilot.pause()
    await pilot.pause(1 / 60)  # a view that follows goes to the end with the next drawing


def find(pilot: Screen, kind: type[Kind]) -> list[Kind]:
    return [widget for widget in house(pilot).walk_children() if isinstance(widget, kind)]


def house(pilot: Screen) -> House:
    app = pilot.app
    assert isinstance(app, LucioleApp)
    return app.house


def chat(pilot: Screen) -> ChatRoom:
    return house(pilot).chat


def prompt(pilot: Screen) -> Prompt:
    return chat(pilot).query_one(Prompt)


def status(pilot: Screen) -> Status:
    return house(pilot).query_one(Status)


def transcript(pilot: Screen) -> Transcript:
    return chat(pilot).query_one(Transcript)


def texts(pilot: Screen) -> list[str]:
    """Everything in the transcript, from top to bottom: `you: …`, `model: …`, `error: …`."""
    found = []
    for widget in house(pilot).walk_children():
        match widget:
            case UserTurn():
                found.append(f"{'queued' if widget.queued else 'you'}: {widget.text}")
            case AnswerTurn():
                found.append(f"model: {widget.text}")
            case ErrorTurn():
                found.append(f"error: {widget.message}")
    return found


def drawn(pilot: Screen) -> str:
    """The cells of the whole screen as text."""
    width, height = pilot.app.size
    lines = pilot.app.screen._compositor.render_strips()
    assert all(line.cell_length == width for line in lines)
    assert len(lines) == height
    return "\n".join(line.text for line in lines)


class HeldEngine(FakeEngine):
    """Says `before`, then `tick` again and again until `release`, then `after`; the same for each call."""

    def __init__(
        self,
        before: Sequence[Event],
        after: Sequence[Event] = (),
        *,
        tick: Event = Text(""),  # noqa: B008  a frozen value
        info: ModelInfo = FAKE_INFO,
    ) -> None:
        super().__init__(info=info)
        self.before = before
        self.after = after
        self.tick = tick
        self.release = Flag()
        self.waiting = Flag()
        self.running = 0
        self.most_running = 0

    def stream(self, prompt: Asked, sampling: Sampling) -> Generator[Event, None, None]:
        self.receive(prompt)
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            yield from self.before
            self.waiting.set()
            while not self.release.wait(0.05):
                yield self.tick
            yield from self.after
        finally:
            self.running -= 1


def whole(*words: str) -> list[Event]:
    """The events of an answer, after its reading."""
    return [*(Text(word) for word in words), Finished("stop", Usage(10, 0, len(words), 8192, 0.0, 0.5, 1.0))]


READ = [Reading(0, 10), Reading(10, 10)]

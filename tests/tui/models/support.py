"""The room of models on a screen, with engines for as many models as are wanted."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from assistant import FAKE_INFO, AssistantError, Engine, Event, FakeEngine, ModelInfo
from tests.tui.support import Screen, house, wait_until
from tui.app import LucioleApp, make_app
from tui.rooms.models.room import ModelsRoom
from tui.widgets.prompt import Prompt


def info_of(path: Path | str, *, memory: int = 0) -> ModelInfo:
    """The facts of a model of this file."""
    return replace(FAKE_INFO, name=Path(path).stem, path=str(path), memory=memory)


class Engines:
    """What opens engines: each model has its own, and one that is refused an error."""

    def __init__(self, first: Path | str = "fake.gguf", scripts: Sequence[Sequence[Event]] = ()) -> None:
        self.first = FakeEngine([list(script) for script in scripts], info=info_of(first))
        self.opened: list[str] = []
        self.refusals: dict[str, AssistantError] = {}
        self.engines: dict[str, Engine] = {}

    def open(self, model: str) -> Engine:
        self.opened.append(model)
        if model in self.refusals:
            raise self.refusals[model]
        return self.engines.get(model) or FakeEngine(info=info_of(model))


def room(pilot: Screen) -> ModelsRoom:
    return house(pilot).models


def rows(pilot: Screen) -> list[str]:
    """Each row of the list as it is drawn."""
    table = room(pilot)._table
    return ["|".join(cell.plain.strip() for cell in table.get_row_at(row)) for row in range(table.row_count)]


def says(pilot: Screen, text: str) -> Callable[[], bool]:
    """Whether a notification says so."""
    return lambda: any(text in str(note.message) for note in pilot.app._notifications)


@asynccontextmanager
async def models_screen(
    engines: Engines | None = None, *, size: tuple[int, int] = (120, 40), listed: int = 1
) -> AsyncIterator[Screen]:
    """The app in its room of models, when so many models are listed."""
    engines = engines or Engines()
    app: LucioleApp = make_app(lambda: engines.first, open_model=engines.open)
    async with app.run_test(size=size, notifications=True) as pilot:
        app.screen.query_one(Prompt).cursor_blink = False
        await wait_until(pilot, lambda: app.desk.activity.phase == "ready")
        await pilot.press("f4")
        await wait_until(pilot, lambda: room(pilot).is_mounted and len(rows(pilot)) >= listed)
        await pilot.pause()
        yield pilot


async def on(pilot: Screen, name: str) -> None:
    """Put the highlight on the model of this name."""
    table = room(pilot)._table
    for model in table._models:
        if model.name == name:
            table.highlight(str(model.path))
    await wait_until(pilot, lambda: table.model is not None and table.model.name == name)
    await pilot.pause()

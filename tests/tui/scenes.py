"""The screen in states worth looking at, with a scripted model: for the snapshots, and for the pictures of the README.

Each scene asserts what it shows before it is pictured, so that a picture of the wrong thing cannot be made. What comes
from the clock, the disk or the machine is fixed here; everything else is the real screen.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest
from textual.widgets import Input

import assistant
from assistant import (
    AssistantError,
    Event,
    FakeEngine,
    Finished,
    Reading,
    Text,
    Usage,
    locations,
)
from tests.tui.documents.support import open_document
from tests.tui.documents.support import room as documents_room
from tests.tui.history.support import NOW, Keeping
from tests.tui.history.support import room as history_room
from tests.tui.material import CONTRACT, CONTRACT_ZH, INFO, MODELS, ROWS, SUMMARY, SUMMARY_ZH, TURNS
from tests.tui.models.hub import GIB, Hub
from tests.tui.models.support import on as on_model
from tests.tui.models.support import room as models_room
from tests.tui.support import (
    HeldEngine,
    Screen,
    drawn,
    find,
    house,
    prompt,
    send,
    settled,
    status,
    texts,
    wait_until,
)
from tui.app import LucioleApp, make_app
from tui.rooms.models import detail
from tui.rooms.models import pull as pull_module
from tui.rooms.models import room as models_module
from tui.rooms.models.pull import PullScreen
from tui.screens import help as help_module
from tui.screens import settings as settings_module
from tui.screens.help import HelpScreen
from tui.screens.settings import SettingsScreen
from tui.widgets.prompt import Prompt
from tui.widgets.turns import Welcome


@dataclass(frozen=True, slots=True)
class Scene:
    """`make` gives the app, in a folder of its own; `drive` brings it to the state."""

    make: Callable[[Path, pytest.MonkeyPatch], LucioleApp]
    drive: Callable[[Screen, Path], Awaitable[None]]


class Talker(FakeEngine):
    """Counts as the script says."""

    def count(self, content: object) -> int:
        usage = TURNS[max(min(len(self.received), len(TURNS)) - 1, 0)][2]
        return usage.prompt_tokens + usage.answer_tokens if not isinstance(content, str) else len(content.split())


def answers() -> list[list[Event | AssistantError]]:
    """The events of each turn."""
    return [
        [Reading(usage.prompt_tokens, usage.prompt_tokens, usage.reused_tokens), Text(answer), Finished("stop", usage)]
        for _, answer, usage in TURNS
    ]


async def calm(pilot: Screen) -> None:
    """Wait until nothing moves on the screen any more, and no cursor blinks."""
    for box in pilot.app.screen.query(Prompt):
        box.cursor_blink = False
    before = ""
    for _ in range(200):
        await pilot.pause(0.03)
        now = drawn(pilot)
        if now == before:
            return
        before = now
    raise AssertionError("the screen does not come to rest")


async def ready(pilot: Screen) -> None:
    await wait_until(pilot, lambda: bool(find(pilot, Prompt)))
    prompt(pilot).cursor_blink = False
    await wait_until(pilot, lambda: house(pilot).desk.activity.phase == "ready")


def at_home(folder: Path, patch: pytest.MonkeyPatch) -> LucioleApp:
    """With files where they lie for everybody, in the pages that name them."""
    places = {name: Path("/home/you/luciole") / path.name for name, path in locations().items()}
    patch.setattr(help_module, "locations", lambda: places)
    patch.setattr(settings_module, "settings_path", lambda: Path("/home/you/luciole/settings.toml"))
    return plain(folder, patch)


def plain(_folder: Path, _patch: pytest.MonkeyPatch) -> LucioleApp:
    engine = Talker(answers(), info=INFO)
    return make_app(lambda: engine)


async def welcome(pilot: Screen, _folder: Path) -> None:
    await ready(pilot)
    await wait_until(pilot, lambda: bool(find(pilot, Welcome)))
    assert prompt(pilot).has_focus
    assert texts(pilot) == []


async def talk(pilot: Screen, _folder: Path) -> None:
    await ready(pilot)
    for number, (question, _, _) in enumerate(TURNS, start=1):
        await send(pilot, question)
        await settled(pilot, number)
    assert texts(pilot)[-1] == f"model: {TURNS[-1][1]}"


def reading(_folder: Path, _patch: pytest.MonkeyPatch) -> LucioleApp:
    times = iter((0.0, 0.0, 15.0))
    engine = HeldEngine(
        [Reading(1204, 12_000, 1204), Reading(4440, 12_000, 1204)], tick=Reading(4440, 12_000, 1204), info=INFO
    )
    return make_app(lambda: engine, clock=lambda: next(times, 15.0))


async def read(pilot: Screen, _folder: Path) -> None:
    await ready(pilot)
    await send(pilot, "What does it say?")
    await wait_until(pilot, lambda: "37 %" in status(pilot).state)
    await send(pilot, "And what not?")
    await wait_until(pilot, lambda: texts(pilot)[-1:] == ["queued: And what not?"])


async def ask_for_help(pilot: Screen, _folder: Path) -> None:
    await ready(pilot)
    await pilot.press("f1")
    await wait_until(pilot, lambda: isinstance(pilot.app.screen, HelpScreen))


async def change_settings(pilot: Screen, _folder: Path) -> None:
    await ready(pilot)
    await pilot.press("f6")
    await wait_until(pilot, lambda: isinstance(pilot.app.screen, SettingsScreen))


def summarizing(summary: str) -> Callable[[Path, pytest.MonkeyPatch], LucioleApp]:
    usage = Usage(768, 0, 118, 32_768, 0.0, 4.1, 6.2)

    def make(_folder: Path, _patch: pytest.MonkeyPatch) -> LucioleApp:
        engine = FakeEngine([[Reading(0, 768), Reading(768, 768), Text(summary), Finished("stop", usage)]], info=INFO)
        return make_app(lambda: engine)

    return make


async def summarize(pilot: Screen, folder: Path, *, name: str = "lease.md", text: str = CONTRACT) -> None:
    await ready(pilot)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    await open_document(pilot, path)
    await pilot.press("s")
    await wait_until(pilot, lambda: documents_room(pilot).summary.state == "done" and not house(pilot).desk.busy)


def library(_folder: Path, patch: pytest.MonkeyPatch) -> LucioleApp:
    patch.setattr(models_module, "installed", lambda _also=(): MODELS)
    patch.setattr(detail, "memory_rows", lambda _path, **_how: ROWS)
    engine = FakeEngine(info=INFO)
    return make_app(lambda: engine, open_model=lambda _name: engine)


async def look_at_models(pilot: Screen, _folder: Path) -> None:
    await ready(pilot)
    await pilot.press("f4")
    await wait_until(
        pilot, lambda: models_room(pilot).is_mounted and models_room(pilot)._table.row_count == len(MODELS)
    )
    await on_model(pilot, MODELS[0].name)
    await wait_until(pilot, lambda: "9.1 GiB" in models_room(pilot)._detail.text)


def on_the_hub(folder: Path, patch: pytest.MonkeyPatch) -> LucioleApp:
    machine = replace(assistant.this_machine(ask=False), memory_free=3 * GIB, memory_total=16 * GIB)
    patch.setattr(pull_module, "this_machine", lambda **_: machine)
    patch.setattr(assistant, "plan_pull", Hub().plan)
    return library(folder, patch)


async def plan_a_pull(pilot: Screen, folder: Path) -> None:
    await look_at_models(pilot, folder)
    await pilot.press("p")
    await wait_until(pilot, lambda: isinstance(pilot.app.screen, PullScreen) and pilot.app.screen.is_mounted)
    pilot.app.screen.query_one("#repository", Input).value = "someone/Firefly-7B-GGUF"
    await pilot.press("enter")
    await wait_until(pilot, lambda: pilot.app.screen.query_one("#pull").has_focus)
    assert "● q4_k_m    2.0 GiB" in drawn(pilot)


async def choose_a_character(pilot: Screen, _folder: Path) -> None:
    await ready(pilot)
    await send(pilot, "/character")
    await wait_until(pilot, lambda: "Glim" in drawn(pilot))
    await pilot.press("end")
    await wait_until(pilot, lambda: "mind the cat" in drawn(pilot))


def lamplight(_folder: Path, _patch: pytest.MonkeyPatch) -> LucioleApp:
    usage = Usage(1641, 0, 21, 8192, 0.0, 2.2, 1.1)
    words = "By the pipe, then, where it is warm. Mind the cat: he has been there since noon."
    engine = FakeEngine([[Reading(0, 1641), Reading(1641, 1641), Text(words), Finished("stop", usage)]], info=INFO)
    return make_app(lambda: engine)


async def talk_with_a_character(pilot: Screen, _folder: Path) -> None:
    await ready(pilot)
    await send(pilot, "/character Glim")
    await wait_until(pilot, lambda: status(pilot).who == "Glim")
    await send(pilot, "My gloves are wet. Where can I dry them?")
    await wait_until(pilot, lambda: "by the pipe" in drawn(pilot).lower() and not house(pilot).desk.busy)
    await pilot.press("alt+up")
    await wait_until(pilot, lambda: "again" in drawn(pilot))


async def look_at_dialogues(pilot: Screen, folder: Path) -> None:
    await talk_with_a_character(pilot, folder)
    await pilot.press("s")
    await wait_until(pilot, lambda: "the most similar last" in drawn(pilot) and "dialogues.txt, line" in drawn(pilot))


def kept(_folder: Path, patch: pytest.MonkeyPatch) -> LucioleApp:
    keeping = Keeping(patch)
    hour = 3600.0
    keeping.keep("aa", TURNS[0][0], TURNS[0][1], TURNS[1][0], TURNS[1][1], when=NOW - hour, model=INFO.name)
    keeping.keep(
        "bb",
        "Who pays for repairs?",
        "Repairs up to 500 euros each are the tenant's, all others the landlord's.",
        when=NOW - 2 * hour,
        document="/documents/lease.md",
        model=INFO.name,
    )
    keeping.keep(
        "cc", "会议纪要里有哪些待办事项？", "共有三项：预算、招聘和选址。", when=NOW - 26 * hour, model=INFO.name
    )
    keeping.keep("dd", "A haiku about rain", "Soft on the tin roof", when=NOW - 75 * hour, title="Haiku")
    keeping.keep("ee", "Explain RoPE", "It turns pairs of values.", when=NOW - 30 * 24 * hour)
    return plain(_folder, patch)


async def look_back(pilot: Screen, _folder: Path) -> None:
    await ready(pilot)
    history_room(pilot).now = lambda: NOW
    await pilot.press("f5")
    await wait_until(pilot, lambda: history_room(pilot).contents.kept is not None)
    await wait_until(pilot, lambda: "luciferin" in drawn(pilot))


SCENES: dict[str, Scene] = {
    "welcome": Scene(plain, welcome),
    "chat": Scene(plain, talk),
    "reading": Scene(reading, read),
    "documents": Scene(summarizing(SUMMARY), summarize),
    "chinese": Scene(summarizing(SUMMARY_ZH), partial(summarize, name="租赁合同.md", text=CONTRACT_ZH)),
    "models": Scene(library, look_at_models),
    "pull": Scene(on_the_hub, plan_a_pull),
    "history": Scene(kept, look_back),
    "characters": Scene(plain, choose_a_character),
    "character": Scene(lamplight, talk_with_a_character),
    "dialogues": Scene(lamplight, look_at_dialogues),
    "help": Scene(at_home, ask_for_help),
    "settings": Scene(at_home, change_settings),
}


async def play(scene: str, size: tuple[int, int], folder: Path, patch: pytest.MonkeyPatch, title: str) -> str:
    """The SVG of a scene."""
    app = SCENES[scene].make(folder, patch)
    async with app.run_test(size=size) as pilot:
        await SCENES[scene].drive(pilot, folder)
        await calm(pilot)
        return app.export_screenshot(title=title)


def played(scene: str, size: tuple[int, int], folder: Path, patch: pytest.MonkeyPatch, title: str = "luciole") -> str:
    """The same, where nothing else runs."""
    return asyncio.run(play(scene, size, folder, patch, title))

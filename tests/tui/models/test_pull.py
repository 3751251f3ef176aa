"""Pulling from the room: looked at first, live, stopped with all that came, and never waited for."""

from collections.abc import Generator
from dataclasses import replace

import pytest
from textual.widgets import Button, Input, OptionList, Select

import assistant
from assistant import HubFailed, HubWaiting, Licence, OutputFailed, Step
from tests.tui.models.hub import COMMIT, GIB, Hub
from tests.tui.models.support import Engines, models_screen, room, rows, says
from tests.tui.support import Screen, drawn, house, prompt, send, wait_until
from tui.language import use
from tui.rooms.models import pull as screen_module
from tui.rooms.models import work as work_module
from tui.rooms.models.pull import PullScreen

NAME = "someone/Firefly-7B-GGUF"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Generator[Hub, None, None]:
    found = Hub()
    monkeypatch.setattr(assistant, "plan_pull", found.plan)
    monkeypatch.setattr(assistant, "pull", found.pull)
    yield found
    found.held.set()


async def opened(pilot: Screen) -> PullScreen:
    await wait_until(pilot, lambda: isinstance(pilot.app.screen, PullScreen))
    await pilot.pause()
    found = pilot.app.screen
    assert isinstance(found, PullScreen)
    return found


async def looked_at(pilot: Screen, name: str = NAME) -> PullScreen:
    await pilot.press("p")
    screen = await opened(pilot)
    screen.query_one("#repository", Input).value = name
    await pilot.press("enter")
    await wait_until(pilot, lambda: screen._plan is not None)
    await pilot.pause()
    return screen


async def pulling(pilot: Screen, name: str = NAME) -> None:
    await looked_at(pilot, name)
    await pilot.press("enter")
    await wait_until(pilot, lambda: room(pilot)._coming.busy)


# Before


async def test_the_hub_is_asked_on_enter_and_nothing_fetched_before_the_next_one(hub: Hub) -> None:
    async with models_screen(size=(80, 24)) as pilot:
        await pilot.press("p")
        screen = await opened(pilot)
        field = screen.query_one("#repository", Input)
        assert field.has_focus
        assert "Enter asks the hub what there is." in drawn(pilot)
        refusal = "[red]no\x1b[31m repository 萤; a name on the hub was expected; look at its page"
        refused = {"": "nothing is typed yet", "../x/y": "owner/name was expected", NAME: refusal.replace("\x1b", "")}
        hub.refusal = HubFailed(refusal)
        for text, said in refused.items():
            field.value = text
            await pilot.press("enter")
            await pilot.pause()
            await wait_until(pilot, lambda: screen._errand is None)
            assert said in " ".join(screen.text.split())
            assert screen.query_one("#pull", Button).disabled
            assert field.has_focus
        assert hub.planned == [(NAME, None, None)]
        hub.refusal = None
        field.value = f" 'https://huggingface.co/{NAME}/tree/main' ".strip()
        await pilot.press("enter")
        await wait_until(pilot, lambda: "● q4_k_m" in drawn(pilot))
        assert screen.query_one("#pull").has_focus
        field.value = "another/model"
        await wait_until(pilot, lambda: "Look again" in drawn(pilot))
        assert screen.query_one("#pull", Button).disabled
        assert not screen.query_one("#offered").display
        assert hub.pulled == []
        field.focus()
        await pilot.press("enter")
        await wait_until(pilot, lambda: screen.query_one("#pull").has_focus)
        await pilot.press("enter")
        await wait_until(pilot, lambda: [(str(p.name), keeps) for p, keeps in hub.pulled] == [("another/model", True)])


@pytest.mark.parametrize("size", [(80, 24), (120, 40), pytest.param((200, 60), marks=pytest.mark.slow)])
async def test_what_is_told_before(hub: Hub, size: tuple[int, int]) -> None:
    hub.changed = {
        "why": "[b]the usual\x1b[2J one",
        "warnings": ("萤\u202e火 [red]strange",),
        "licence": Licence("[i]apache\x1b[31m", f"https://huggingface.co/{NAME}", gated=False),
    }
    async with models_screen(size=size) as pilot:
        screen = await looked_at(pilot)
        text = drawn(pilot)
        for words in (
            "● q4_k_m    2.0 GiB  ✓ fits  the usual one",
            "f16     400.0 GiB  ✗ more than is free on the disk",
            "2 files, 2.0 GiB · 1.0 GiB of it are here already",
            "100.0 GiB free, 99.0 GiB afterwards",
            "! 萤<U+202E>火 [red]strange",
            "[i]apache[31m · https://huggingface.co",
            "q4_k_m · [b]the usual[2J one",
            "open to everybody",
        ):
            assert words in text
        assert not any(sign in text for sign in "\x1b\u202e")
        for words in (COMMIT, "00001-of-00002.gguf  1.0 GiB", "✓ here"):
            assert words in screen.text.replace("\n" + " " * 10, " ")


async def test_another_type_of_weights(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    little = replace(assistant.this_machine(ask=False), memory_free=GIB, memory_total=3 * GIB)
    monkeypatch.setattr(screen_module, "this_machine", lambda **_: little)
    async with models_screen() as pilot:
        screen = await looked_at(pilot)
        text = drawn(pilot)
        assert "q2_k      1.0 GiB  ✓ fits" in text
        assert "q4_k_m    2.0 GiB  ! larger than the free memory" in text
        assert "q8_0      4.0 GiB  ! larger than the memory" in text
        screen.query_one(OptionList).focus()
        await pilot.press("down", "enter")
        await wait_until(pilot, lambda: "● q8_0" in drawn(pilot) and screen.query_one("#pull").has_focus)
        assert hub.planned[-1] == (f"{NAME}:q8_0", None, None)
        assert "2 files, 4.0 GiB" in drawn(pilot)
        await pilot.click(OptionList, offset=(4, 2))
        await pilot.pause()
        assert pilot.app.screen is screen, "a click chooses, and pulls nothing"
        await pilot.click(OptionList, offset=(4, 0))
        await wait_until(pilot, lambda: "● q2_k" in drawn(pilot))
        assert hub.pulled == []
        await pilot.click("#pull")
        await wait_until(pilot, lambda: [plan.quantization for plan, _keeps in hub.pulled] == ["q2_k"])


async def test_where_something_must_be_chosen(hub: Hub) -> None:
    hub.changed = {"free": 3 * GIB}
    several = HubFailed("there are two; one was expected; name it", there=(("q2_k", GIB), ("[b]q8\x1b_0", 4 * GIB)))
    async with models_screen(size=(80, 24)) as pilot:
        screen = await looked_at(pilot, f"{NAME}:f16")
        assert "✗ The disk has no room for it: 200.0 GiB are needed, 3.0 GiB are free." in screen.text
        assert screen.query_one("#pull", Button).disabled
        await wait_until(pilot, lambda: screen.query_one(OptionList).has_focus)
        screen.query_one("#called", Input).focus()
        await pilot.press("enter")
        await pilot.pause()
        assert pilot.app.screen is screen
        assert hub.pulled == []
        hub.refusal = several
        screen.query_one("#repository", Input).value = NAME
        screen.query_one("#repository", Input).focus()
        await pilot.press("enter")
        await wait_until(pilot, lambda: "there are two; one was expected; name it" in drawn(pilot))
        assert "q2_k     1.0 GiB  ✓ fits" in drawn(pilot)
        assert "[b]q8_0  4.0 GiB" in drawn(pilot)
        assert screen.query_one(OptionList).has_focus
        hub.refusal = None
        await pilot.press("home", "enter")
        await wait_until(pilot, lambda: screen._plan is not None)
        assert hub.planned[-1] == (f"{NAME}:q2_k", None, None)


async def test_a_checkpoint_is_converted(hub: Hub) -> None:
    hub.changed = {"kind": "checkpoint", "there": (), "needed": 3 * GIB}
    hub.converts = Step("reading the checkpoint", 0, 0)
    hub.warnings = ("its logits were [b]not\x1b compared",)
    async with models_screen(size=(80, 24)) as pilot:
        screen = await looked_at(pilot)
        assert "It would be converted to" in drawn(pilot)
        assert "● q4_k_m   ~5.0 GiB  ✓ fits  the usual one" in drawn(pilot)
        assert "100.0 GiB free, 97.0 GiB afterwards" in drawn(pilot)
        screen.query_one(Select).value = "remove"
        await wait_until(pilot, lambda: "98.0 GiB afterwards · 97.0 GiB while" in drawn(pilot))
        screen.query_one(OptionList).focus()
        await pilot.press("end", "enter")
        await wait_until(pilot, lambda: "● f32" in str(screen.query_one(OptionList).options[-1].prompt))
        assert hub.planned[-1] == (NAME, "f32", None)
        await wait_until(pilot, lambda: screen.query_one("#pull").has_focus)
        await pilot.press("enter")
        await wait_until(pilot, lambda: "reading the checkpoint" in drawn(pilot))
        assert hub.pulled[0][1] is False
        hub.held.set()
        await wait_until(pilot, says(pilot, "Its source is removed, 2.0 GiB are free again."))
        await wait_until(pilot, says(pilot, ": its logits were [b]not compared"))


async def test_a_name_of_ones_own(hub: Hub) -> None:
    async with models_screen() as pilot:
        screen = await looked_at(pilot)
        hub.refusal = OutputFailed("a model 'mine' is there already; a name that is free was expected; choose another")
        screen.query_one("#called", Input).value = "mine"
        await pilot.click("#pull")
        await wait_until(pilot, lambda: "a model 'mine' is there already" in drawn(pilot))
        assert hub.pulled == []
        hub.refusal = None
        screen.query_one("#called", Input).value = "other"
        screen.query_one("#called").focus()
        await pilot.press("enter")
        await wait_until(pilot, lambda: screen._plan is not None)
        assert pilot.app.screen is screen, "what was not seen is not pulled"
        screen.query_one("#called", Input).value = "  mine  own "
        screen.query_one("#called").focus()
        await pilot.press("enter")
        await wait_until(pilot, lambda: [plan.model for plan, _keeps in hub.pulled] == ["mine own"])
        assert hub.planned[-1] == (NAME, None, "mine own")


# Meanwhile


async def test_live(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(work_module, "monotonic", lambda: now)
    async with models_screen() as pilot:
        await pulling(pilot)
        line = room(pilot)._coming.line
        there = "███████████████░░░░░  75 %  1.5 GiB / 2.0 GiB  file 2 of 2  Firefly-7B-GGUF-q4_k_m-00002-of-00002.gguf"
        await wait_until(pilot, lambda: there in drawn(pilot))
        assert f"pulling {NAME}  X stops it" in drawn(pilot)
        now = 1004.0
        line.show_words()
        assert "file 2 of 2  128 MiB/s  4 s left  Firefly-7B-GGUF-q4_k_m-00002-of-00002.gguf" in line.text
        now = 1030.0
        line.show_words()
        assert "file 2 of 2  0.0 KiB/s  Firefly" in line.text, "it got slow without saying so"
        await pilot.press("c")
        await wait_until(pilot, says(pilot, "One at a time: X stops what is on its way."))
        await pilot.resize_terminal(80, 24)
        await wait_until(pilot, lambda: "\n ████████░░  75 %  1.5 GiB / 2.0 GiB  file 2 of 2" in drawn(pilot))
        await pilot.press("x")
        await wait_until(pilot, lambda: not line.busy)
        hub.waiting = HubWaiting("[red]the line\x1b[2J broke off", 12, 3)
        await pulling(pilot)
        await wait_until(pilot, lambda: "! waiting 12 s, then attempt 3  [red]the line[2J broke off" in drawn(pilot))
        now = 1037.0
        line.show_words()
        await wait_until(pilot, lambda: "! waiting 5 s, then attempt 3" in drawn(pilot))


async def test_what_came_stays_and_is_gone_on_with(hub: Hub) -> None:
    engines = Engines()
    async with models_screen(engines) as pilot:
        line = room(pilot)._coming.line
        await pulling(pilot, f"{NAME}:q8_0")
        await wait_until(pilot, lambda: "75 %" in drawn(pilot))
        await pilot.press("x")
        stays = f"3.0 GiB of 4.0 GiB of {NAME}:q8_0 are here and stay; P goes on with it."
        await wait_until(pilot, says(pilot, stays))
        assert hub.closed.is_set()
        assert len(rows(pilot)) == 1
        assert not line.display

        hub.failure = HubFailed("the hub is [b]gone\x1b; an answer was expected; try again later")
        hub.held.set()
        await again(pilot, f"{NAME}:q8_0")
        await wait_until(pilot, says(pilot, "the hub is [b]gone; an answer was expected; try again later"))
        await wait_until(pilot, lambda: f"✗ pulling {NAME}:q8_0  X takes this away" in drawn(pilot))
        assert "the hub is [b]gone; an answer was expected" in line.text
        await pilot.press("x")
        await wait_until(pilot, lambda: not line.display)

        hub.failure = None
        await again(pilot, f"{NAME}:q8_0")
        await wait_until(pilot, says(pilot, "B, unproven. Enter loads it."))
        await wait_until(pilot, lambda: getattr(room(pilot)._table.model, "name", "") == "Firefly-7B-GGUF-q8_0")
        assert room(pilot)._table.has_focus
        await pilot.press("enter")
        await wait_until(pilot, lambda: [path for path in engines.opened if "Firefly" in path] != [])
        await pilot.press("p")
        assert (await opened(pilot)).query_one("#repository", Input).value == ""


async def again(pilot: Screen, name: str) -> None:
    """Go on with what did not come."""
    await pilot.press("p")
    screen = await opened(pilot)
    assert screen.query_one("#repository", Input).value == name
    await pilot.press("enter")
    await wait_until(pilot, lambda: screen.query_one("#pull").has_focus)
    await pilot.press("enter")


# By command


async def test_by_command(hub: Hub) -> None:
    async with models_screen() as pilot:
        await pilot.press("f2")
        await send(pilot, f"/model {NAME}")
        screen = await opened(pilot)
        assert f"{NAME} is not here." in drawn(pilot)
        assert prompt(pilot).text == ""
        assert hub.planned == [], "loading a model is no reason to ask the hub"
        await pilot.press("enter")
        await wait_until(pilot, lambda: screen._plan is not None)
        await pilot.press("escape", "f2")
        await send(pilot, f"/pull {NAME}:q2_k")
        screen = await opened(pilot)
        await wait_until(pilot, lambda: screen._plan is not None)
        assert hub.planned[1:] == [(f"{NAME}:q2_k", None, None)]
        assert house(pilot).room is room(pilot)
        hub.busy = HubWaiting("the hub is [b]busy\x1b", 30, 2)
        await pilot.press("escape", "f2")
        await send(pilot, f"/pull {NAME}")
        await wait_until(pilot, lambda: "the hub is [b]busy · once more in 30 s" in drawn(pilot))
        await pilot.press("escape")
        await wait_until(pilot, lambda: pilot.app.screen is house(pilot))
        assert hub.closed.wait(2), "nobody asks on for what nobody waits for"


@pytest.mark.slow
async def test_in_chinese(hub: Hub) -> None:
    use("zh")
    async with models_screen(size=(80, 24)) as pilot:
        screen = await looked_at(pilot)
        assert screen.region.width == 80
        assert screen.query_one("#pull").has_focus

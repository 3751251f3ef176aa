"""Pulling from a hub on this machine, with the real client: by command, left in the middle, and gone on with."""

from pathlib import Path
from threading import Event as Flag
from time import monotonic

import pytest

from assistant.paths import models_folder
from tests.assistant.library.models import model_bytes
from tests.hub.server import hub
from tests.tui.models.support import Engines, models_screen, room, rows, says
from tests.tui.support import Screen, drawn, house, send, wait_until
from tui.rooms.models.pull import PullScreen

NAME = "someone/Little-GGUF"
CUT = 300_000


async def planned(pilot: Screen) -> PullScreen:
    await wait_until(pilot, lambda: isinstance(pilot.app.screen, PullScreen))
    screen = pilot.app.screen
    assert isinstance(screen, PullScreen)
    await wait_until(pilot, lambda: screen._plan is not None)
    await pilot.pause()
    return screen


async def test_left_in_the_middle_it_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = model_bytes() + bytes(400_000)
    files = {"Little-Q4_K_M.gguf": content, "Little-Q8_0.gguf": content + bytes(1), "README.md": b"#"}
    held = Flag()
    with hub(tmp_path) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.endpoint)
        added = server.add(NAME, files, licence="mit")
        server.fail("cdn", cut=CUT)
        server.fail("cdn", hold=held)
        async with models_screen() as pilot:
            await pilot.press("p")
            await pilot.pause()
            await pilot.press("escape", "f2")
            assert server.requests == [], "nobody has asked for anything yet"
            await send(pilot, f"/pull {server.endpoint}/{NAME}/tree/main")
            await planned(pilot)
            assert "● q4_k_m  391 KiB  ✓ fits" in drawn(pilot)
            assert f"mit · {server.endpoint}/{NAME}" in drawn(pilot)
            assert added.revision in drawn(pilot)
            assert server.sent("resolve|cdn") == 0
            await pilot.press("enter")
            await wait_until(pilot, lambda: len(server.asked("cdn")) == 2)
            await wait_until(pilot, lambda: "pulling someone/Little-GGUF" in drawn(pilot))
            assert [path for path in models_folder().iterdir() if path.suffix == ".gguf"] == []
            begun = monotonic()
            await pilot.press("ctrl+q")
        assert monotonic() - begun < 2
        engines = Engines()
        async with models_screen(engines) as pilot:
            room(pilot).action_pull(NAME)
            screen = await planned(pilot)
            assert "293 KiB of it are here already" in screen.text
            held.set()
            await pilot.press("enter")
            await wait_until(pilot, says(pilot, "Little-Q4_K_M is here: 391 KiB, unproven. Enter loads it."))
            await wait_until(pilot, lambda: getattr(room(pilot)._table.model, "name", "") == "Little-Q4_K_M")
            assert (models_folder() / "Little-Q4_K_M.gguf").read_bytes() == content
            assert len(rows(pilot)) == 2
            told = " ".join(room(pilot)._detail.text.split())
            assert f"licence mit · {server.endpoint}/{NAME}" in told
            assert f"from {NAME} of the hub, revision {added.revision}, pulled on 20" in told
            await pilot.press("f2")
            await send(pilot, f"/model {NAME}")
            await wait_until(pilot, lambda: engines.opened == [NAME])
            assert house(pilot).room.NAME == "chat", "it is here: nothing is offered"
            await pilot.press("f4", "delete")
            await wait_until(pilot, lambda: "The same file goes from the cache of the hub too." in drawn(pilot))
            await pilot.press("y")
            await wait_until(pilot, lambda: len(rows(pilot)) == 1)
            assert [path for path in server.cache.rglob("*") if path.is_file() and path.stat().st_size > CUT] == []
        assert server.sent("cdn") < len(content) + CUT

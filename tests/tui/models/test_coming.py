"""Converting and importing from the room: looked at first, live, stopped without a trace, and never waited for."""

from collections.abc import Callable, Generator
from pathlib import Path
from threading import Event as Flag
from time import monotonic
from typing import Any

import pytest
from textual.widgets import Button, Input, Select

from assistant import ConversionFailed, Converted, Fact, Preview, Step
from assistant.library.installed import look
from assistant.paths import models_folder
from tests.assistant.library.models import write_model
from tests.convert.tiny import tiny_checkpoint
from tests.tui.models.support import models_screen, on, room, rows, says
from tests.tui.support import Screen, drawn, house, prompt, send, wait_until
from tui.language import use
from tui.rooms.models import coming as coming_module
from tui.rooms.models import conversion as screen_module
from tui.rooms.models.conversion import ConversionScreen, first_folder
from tui.screens.pick_file import PickFileScreen


def preview(source: str, quantization: str, *, warnings: tuple[str, ...] = ()) -> Preview:
    facts = (
        Fact("RoPE base", "1e+06", "config.json: rope_theta"),
        Fact("[red]strange\x1b[31m", "萤\u202e", "a\nb"),
        Fact("context", "32,768 tokens", "config.json: max_position_embeddings"),
    )
    name = f"{Path(source).name}-{quantization}.gguf"
    sizes = {"bytes": 3 << 30, "free_bytes": 9 << 30, "peak_memory_bytes": 300 << 20, "source_bytes": 9 << 30}
    return Preview(
        models_folder() / name, **sizes, seconds=75.0, quantization=quantization, facts=facts, warnings=warnings,
        unread=("torch_dtype",),
    )  # fmt: skip


class Converter:
    """Stands for the child process; `held` keeps a conversion where it is."""

    def __init__(self) -> None:
        self.looked: list[tuple[str, str]] = []
        self.converted: list[tuple[str, str, str]] = []
        self.refusal = ""
        self.warnings: tuple[str, ...] = ()
        self.held = Flag()
        self.closed = Flag()

    def preview(
        self, source: str, *, quantization: str, interrupted: Callable[[], bool]
    ) -> Generator[Step | Preview, None, None]:
        self.looked.append((source, quantization))
        yield Step("comparing tokens", 0, 0)
        if self.refusal:
            raise ConversionFailed(self.refusal)
        yield preview(source, quantization, warnings=self.warnings)

    def convert(
        self, source: str, *, quantization: str, name: str, interrupted: Callable[[], bool]
    ) -> Generator[Step | Converted, None, None]:
        self.converted.append((source, quantization, name))
        try:
            yield Step("reading the checkpoint", 0, 0)
            yield Step("blk.0.[red]\x1b[31m", 3 << 29, 3 << 30)
            while not self.held.wait(0.02):
                if interrupted():
                    return
            if self.refusal:
                raise ConversionFailed(self.refusal)
            model = look(write_model(name), "folder")
            yield Converted(model, 3.0, quantization, (), (), (), 10)
        finally:
            self.closed.set()


@pytest.fixture
def converter(monkeypatch: pytest.MonkeyPatch) -> Converter:
    found = Converter()
    monkeypatch.setattr(screen_module, "preview_conversion", found.preview)
    monkeypatch.setattr(coming_module, "convert_folder", found.convert)
    return found


async def opened(pilot: Screen) -> ConversionScreen:
    await wait_until(pilot, lambda: isinstance(pilot.app.screen, ConversionScreen))
    await pilot.pause()
    found = pilot.app.screen
    assert isinstance(found, ConversionScreen)
    return found


async def looked_at(pilot: Screen, source: str = "/models/Tiny", *, seconds: float = 10) -> ConversionScreen:
    await pilot.press("c")
    screen = await opened(pilot)
    screen.query_one("#source", Input).value = source
    await pilot.press("enter")
    await wait_until(pilot, lambda: not screen.query_one("#convert", Button).disabled, seconds)
    await pilot.pause()
    return screen


async def test_a_real_conversion(tmp_path: Path) -> None:
    source = tiny_checkpoint(tmp_path / "Tiny-萤")
    async with models_screen() as pilot:
        screen = await looked_at(pilot, str(source), seconds=60)
        assert "Tiny-萤-q4_k_m.gguf" in drawn(pilot)
        assert "config.json: max_position_embeddings" in drawn(pilot)
        assert screen.query_one("#convert").has_focus
        await pilot.press("enter")
        line = room(pilot)._coming.line
        await wait_until(pilot, lambda: "converting Tiny-萤-q4_k_m" in line.text)
        await wait_until(pilot, says(pilot, "Tiny-萤-q4_k_m is converted: 849 KiB, partly proven."), 60)
        await wait_until(pilot, lambda: any("|Tiny-萤-q4_k_m|" in row and "◐ partly" in row for row in rows(pilot)))
        await wait_until(pilot, lambda: getattr(room(pilot)._table.model, "name", "") == "Tiny-萤-q4_k_m")
        await wait_until(pilot, lambda: not line.display)


async def test_nothing_is_converted_that_was_not_looked_at(converter: Converter) -> None:
    async with models_screen() as pilot:
        screen = await looked_at(pilot)
        assert converter.looked == [("/models/Tiny", "q4_k_m")]
        text = drawn(pilot)
        assert "3.0 GiB of 9.0 GiB free · memory 300 MiB · about 1 min 15 s of work" in text
        assert "1 key of config.json was not needed" in text
        assert screen.query_one("#name", Input).value == "Tiny-q4_k_m"
        screen.query_one(Select).value = "q8_0"
        await wait_until(pilot, lambda: "Look again" in screen.text)
        assert screen.query_one("#convert", Button).disabled
        await pilot.click("#look")
        await wait_until(pilot, lambda: "Tiny-q8_0.gguf" in screen.text)
        assert screen.query_one("#name", Input).value == "Tiny-q8_0"
        await pilot.click("#convert")
        await wait_until(pilot, lambda: converter.converted == [("/models/Tiny", "q8_0", "Tiny-q8_0")])


async def test_a_name_of_ones_own_stays(converter: Converter) -> None:
    async with models_screen() as pilot:
        screen = await looked_at(pilot)
        screen.query_one("#name", Input).value = "mine"
        screen.query_one(Select).value = "f16"
        await pilot.pause()
        await pilot.click("#look")
        await wait_until(pilot, lambda: "Tiny-f16.gguf" in screen.text)
        screen.query_one("#name", Input).focus()
        await pilot.press("enter")
        await wait_until(pilot, lambda: converter.converted == [("/models/Tiny", "f16", "mine")])


async def test_a_folder_that_is_none(converter: Converter) -> None:
    converter.refusal = (
        "[red]no\x1b[31m config.json; a checkpoint with one and with weights was expected; give its folder"
    )
    async with models_screen(size=(80, 24)) as pilot:
        await pilot.press("c")
        screen = await opened(pilot)
        assert screen.query_one("#source").has_focus
        screen.query_one("#source", Input).value = "'/a folder/Tiny'"
        await pilot.press("enter")
        await wait_until(pilot, lambda: "[red]no[31m config.json" in drawn(pilot))
        assert converter.looked == [("/a folder/Tiny", "q4_k_m")], "without the quotes of a terminal"
        assert "folder" in drawn(pilot).partition("[red]no")[2].partition("Look first")[0], "wrapped, not cut"
        assert screen.query_one("#convert", Button).disabled
        await pilot.press("escape")
        await wait_until(pilot, lambda: pilot.app.screen is house(pilot))


async def test_choosing_the_folder(converter: Converter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "Tiny").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    async with models_screen() as pilot:
        await pilot.press("c")
        screen = await opened(pilot)
        await pilot.press("ctrl+o")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, PickFileScreen) and "~/Tiny/" in drawn(pilot))
        await pilot.press("down", "tab", "enter")
        await wait_until(pilot, lambda: converter.looked == [("~/Tiny/", "q4_k_m")])
        await wait_until(pilot, lambda: screen.query_one("#name", Input).value == "Tiny-q4_k_m")
        await pilot.press("escape")
        await pilot.press("c")
        await opened(pilot)
        await pilot.press("enter")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, PickFileScreen))


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_what_is_told_before(converter: Converter, size: tuple[int, int]) -> None:
    converter.warnings = ("CHECK THIS: [b]the\x1b[2J RoPE base",)
    async with models_screen(size=size) as pilot:
        await looked_at(pilot)
        text = drawn(pilot)
        for words in ("! CHECK THIS: [b]the[2J RoPE base", "RoPE base", "1e+06  ‹ config.json: rope_theta",
                      "[red]strange[31m", "萤<U+202E>  ‹ a b", "Convert", "Cancel"):  # fmt: skip
            assert words in text
        assert not any(sign in text for sign in "\x1b\u202e")


async def test_live_and_stopped(converter: Converter) -> None:
    async with models_screen() as pilot:
        await looked_at(pilot)
        await pilot.press("enter")
        await wait_until(pilot, lambda: "X stops it  ██████████░░░░░░░░░░  50 %  1.5 GiB / 3.0 GiB" in drawn(pilot))
        assert "blk.0.[red][31m" in drawn(pilot)
        assert "x stop converting" in drawn(pilot) or "stop" in drawn(pilot)
        await pilot.press("c")
        await wait_until(pilot, says(pilot, "One at a time"))
        assert pilot.app.screen is house(pilot)
        await pilot.press("f2")
        await pilot.press("f4")
        await pilot.press("x")
        await wait_until(pilot, lambda: not room(pilot)._coming.line.busy)
        assert converter.closed.is_set()
        assert not room(pilot)._coming.line.display
        assert len(rows(pilot)) == 1


async def test_a_click_stops_it(converter: Converter) -> None:
    async with models_screen() as pilot:
        await looked_at(pilot)
        await pilot.press("enter")
        await wait_until(pilot, lambda: "X stops it" in drawn(pilot))
        line = room(pilot)._coming.line
        await pilot.click(line, offset=(line.text.index("X stops"), 0))
        await wait_until(pilot, lambda: not line.busy)
        assert converter.closed.is_set()


async def test_a_conversion_that_fails(converter: Converter) -> None:
    converter.refusal = ""
    async with models_screen() as pilot:
        await looked_at(pilot)
        converter.refusal = "the disk is full; room was expected; free some"
        await pilot.press("enter")
        converter.held.set()
        await wait_until(pilot, says(pilot, "the disk is full; room was expected"))
        assert not room(pilot)._coming.line.busy


async def test_quitting_waits_for_nobody(converter: Converter, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even for a thread that does not hear."""
    monkeypatch.setattr(converter, "convert", None)

    def deaf(*_: object, **__: object) -> Generator[Any, None, None]:
        yield Step("deaf", 0, 0)
        converter.held.wait(10)

    monkeypatch.setattr(coming_module, "convert_folder", deaf)
    async with models_screen() as pilot:
        await looked_at(pilot)
        await pilot.press("enter")
        await wait_until(pilot, lambda: "deaf" in room(pilot)._coming.line.text)
        started = monotonic()
    assert monotonic() - started < 4
    converter.held.set()


async def test_importing_a_file(tmp_path: Path) -> None:
    source = write_model("little", tmp_path)
    (tmp_path / "notes.md").write_text("No model.", encoding="utf-8")
    async with models_screen() as pilot:
        await pilot.press("i")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, PickFileScreen))
        pilot.app.screen.query_one(Input).value = f"{tmp_path}/"
        await wait_until(pilot, lambda: "little.gguf" in drawn(pilot))
        assert "notes.md" not in drawn(pilot)
        await pilot.press("enter")
        await wait_until(pilot, says(pilot, "little is imported; it takes no further room."))
        await wait_until(pilot, lambda: getattr(room(pilot)._table.model, "name", "") == "little")
        assert (models_folder() / "little.gguf").samefile(source)


async def test_importing_what_is_no_model(tmp_path: Path) -> None:
    async with models_screen() as pilot:
        await pilot.press("f2")
        await send(pilot, f"/import {tmp_path}/[red]nothing.gguf")
        await wait_until(pilot, says(pilot, "[red]nothing.gguf cannot be read"))
        assert house(pilot).room is room(pilot)
        assert prompt(pilot).text == ""


async def test_importing_a_folder_is_converting_it(tmp_path: Path, converter: Converter) -> None:
    async with models_screen() as pilot:
        room(pilot).action_bring(str(tmp_path))
        screen = await opened(pilot)
        await wait_until(pilot, lambda: converter.looked == [(str(tmp_path), "q4_k_m")])
        await wait_until(pilot, lambda: not screen.query_one("#convert", Button).disabled)


async def test_the_command_brings_the_folder(converter: Converter) -> None:
    async with models_screen() as pilot:
        await pilot.press("f2")
        await send(pilot, "/convert ~/models/Tiny")
        await opened(pilot)
        await wait_until(pilot, lambda: converter.looked == [("~/models/Tiny", "q4_k_m")])


async def test_in_chinese(converter: Converter) -> None:
    use("zh")
    async with models_screen(size=(80, 24)) as pilot:
        screen = await looked_at(pilot)
        assert screen.region.width == 80
        await pilot.press("escape")
        await on(pilot, "starter")


def test_folders_complete(tmp_path: Path) -> None:
    for name in ("Tiny", "tiny.gguf", ".hidden", "Zeta\x1b"):
        (tmp_path / name).mkdir()
    (tmp_path / "Afile").touch()
    assert first_folder(f"{tmp_path}/") == f"{tmp_path}/Tiny/"
    assert first_folder(f"{tmp_path}/.") == f"{tmp_path}/.hidden/"
    for start in (f"{tmp_path}/A", f"{tmp_path}/Z", f"{tmp_path}/nowhere/", "Tiny", ""):
        assert first_folder(start) is None

"""The room of models: what is listed, what is told of a model, and what keys do."""

from collections.abc import Generator
from pathlib import Path
from threading import Event as Flag

import pytest

from assistant import FakeEngine, InvalidModelFile, Loading, ModelNotFound, read_settings
from assistant.library.used import note_use
from assistant.paths import models_folder
from tests.assistant.library.models import write_model, write_parts
from tests.tui.models.conftest import Counter
from tests.tui.models.support import Engines, info_of, models_screen, on, room, rows, says
from tests.tui.support import HeldEngine, chat, drawn, house, prompt, send, status, wait_until
from tui.language import use
from tui.screens.confirm import ConfirmScreen
from tui.screens.entry import EntryScreen


async def test_what_is_listed() -> None:
    write_model("little-Q8_0", context=32768)
    note_use(models_folder() / "little-Q8_0.gguf")
    (models_folder() / "broken.gguf").write_bytes(b"GGUF")
    async with models_screen(listed=3) as pilot:
        assert rows(pilot) == [
            "|little-Q8_0|544 B|Q8_0|32K|10K|○ unproven|just now",
            "★|starter|94 MiB|Q4_1|8K|100K|○ unproven|never",
            "|broken|4 B|||||unusable",
        ]
        assert room(pilot)._table.has_focus
        assert "● ready" in drawn(pilot)


@pytest.mark.parametrize("name", ["starter", "little"])
async def test_one_begins_at_the_loaded_model_or_the_default(name: str) -> None:
    path = write_model("little")
    async with models_screen(Engines(path) if name == "little" else Engines(), listed=2) as pilot:
        await wait_until(pilot, lambda: room(pilot)._detail.text.startswith(name))


async def test_when_it_was_loaded_is_seen_at_once() -> None:
    path = write_model("little")
    engines = Engines()

    class Noting(FakeEngine):
        def load(self) -> Generator[Loading, None, None]:
            note_use(path)
            yield from super().load()

    engines.engines[str(path)] = Noting(info=info_of(path))
    async with models_screen(engines, listed=2) as pilot:
        await on(pilot, "little")
        await pilot.press("enter")
        await wait_until(pilot, lambda: rows(pilot)[0].startswith("●|little") and rows(pilot)[0].endswith("just now"))


async def test_a_broken_file_can_be_removed() -> None:
    (models_folder() / "broken.gguf").write_bytes(b"GGUF")
    async with models_screen(listed=2) as pilot:
        await on(pilot, "broken")
        await pilot.press("delete")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        await pilot.press("y")
        await wait_until(pilot, lambda: len(rows(pilot)) == 1)


@pytest.mark.parametrize(("size", "facts"), [((80, 24), 7), ((96, 30), 8), ((120, 40), 8), ((200, 60), 8)])
async def test_every_size(size: tuple[int, int], facts: int) -> None:
    write_model("a-model-with-a-name-that-is-longer-than-any-column-could-ever-be-on-a-screen-of-eighty-columns")
    async with models_screen(listed=2, size=size) as pilot:
        assert all(len(row.split("|")) == facts for row in rows(pilot))
        await wait_until(pilot, lambda: "6.0 of 16.0 GiB" in room(pilot)._detail.text)
        await pilot.pause()
        screen = drawn(pilot)
        assert "memory" in screen or "6.0 of 16.0 GiB" in screen
        assert "last used" in screen
        assert room(pilot)._table.virtual_size.width <= size[0]


async def test_the_detail_tells_all(tmp_path: Path) -> None:
    write_model("little-Q8_0")
    async with models_screen(listed=2) as pilot:
        await on(pilot, "little-Q8_0")
        await wait_until(pilot, lambda: "free" in room(pilot)._detail.text)
        text = room(pilot)._detail.text
        for words in ("llama · 0 M parameters · 2 layers", "Q8_0 · 544 B", "4,096 tokens", "base 10,000", "mit",
                      "unproven · there is no report", "never", str(models_folder() / "little-Q8_0.gguf")):  # fmt: skip
            assert words in text.replace("\n" + " " * 11, " ")


async def test_a_file_that_cannot_be_used_says_why(counter: Counter) -> None:
    (models_folder() / "broken.gguf").write_bytes(b"no model, but long enough to be one")
    async with models_screen(listed=2) as pilot:
        await on(pilot, "broken")
        assert "starts with b'no m'; expected the bytes GGUF" in room(pilot)._detail.text.replace("\n" + " " * 11, " ")
        counter.asked.clear()
        await pilot.press("enter")
        await wait_until(pilot, says(pilot, "broken.gguf starts with"))
        assert not house(pilot).desk.busy
        assert counter.asked == []


async def test_without_any_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.library.installed.starter", lambda: None)
    monkeypatch.setattr("assistant.models.starter", lambda: None)
    async with models_screen(listed=0) as pilot:
        await wait_until(pilot, lambda: "No model is here yet" in drawn(pilot))
        await pilot.press("enter", "d", "r", "delete", "a")
        assert rows(pilot) == []


# Memory


async def test_memory_by_setting(counter: Counter) -> None:
    async with models_screen() as pilot:
        await wait_until(pilot, lambda: "6.0 of 16.0 GiB" in drawn(pilot))
        lines = [line.strip() for line in drawn(pilot).split("\n")]
        assert any(line.startswith("▸ 4K f16    ███") and line.endswith("2.0 of 16.0 GiB") for line in lines)
        (large,) = (line for line in lines if line.startswith("▸ 32K q8_0"))
        assert large.endswith("6.0 of 16.0 GiB · full context read in 1 min 15 s")
        bar = large.split()[3]
        assert 0 < bar.count("█") < bar.count("▒") < bar.count("·")
        assert "q8_0" not in "".join(line for line in lines if "4K f16" in line)
        await pilot.press("a")
        await wait_until(pilot, lambda: "20.0 of 16.0 GiB · does not fit" in drawn(pilot))
        assert "4K q8_0" in drawn(pilot)
        await pilot.press("a")
        await wait_until(pilot, lambda: "does not fit" not in drawn(pilot))
        await pilot.press("d")
        await wait_until(pilot, says(pilot, "Luciole starts with starter"))
        await pilot.pause()
        assert counter.asked == [("SmolLM2-135M-Instruct.Q4_1", 0)], "it is counted once"
        await pilot.press("f2", "f4")
        await wait_until(pilot, lambda: len(counter.asked) == 2, 5)


async def test_memory_is_counted_for_the_model_one_stays_on(counter: Counter) -> None:
    for name in ("a", "b"):
        write_model(name)
    counter.answers["a"] = None
    async with models_screen(listed=3) as pilot:
        await on(pilot, "a")
        await wait_until(pilot, lambda: "counting" in room(pilot)._detail.text and ("a", 0) in counter.asked)
        await on(pilot, "b")
        await wait_until(pilot, lambda: "6.0 of 16.0 GiB" in room(pilot)._detail.text)
        assert room(pilot)._detail.text.startswith("b\n")


async def test_memory_that_cannot_be_counted(counter: Counter) -> None:
    counter.answers["little"] = InvalidModelFile("[red]llama.cpp\x1b[31m\nrefused; a model was expected; get another")
    write_model("little")
    async with models_screen(listed=2) as pilot:
        await on(pilot, "little")
        await wait_until(pilot, lambda: "[red]llama.cpp[31m refused; a model was expected" in drawn(pilot))
        assert counter.asked.count(("little", 0)) == 1, "it is not asked again and again"


async def test_what_the_loaded_model_would_give_back(counter: Counter) -> None:
    path = write_model("little")
    engines = Engines(path)
    engines.first = FakeEngine(info=info_of(path, memory=1 << 30))
    async with models_screen(engines, listed=2) as pilot:
        await on(pilot, "starter")
        held = (1 << 30) - path.stat().st_size
        await wait_until(pilot, lambda: ("SmolLM2-135M-Instruct.Q4_1", held) in counter.asked)


# Loading


async def test_enter_loads_and_what_is_typed_stays() -> None:
    path = write_model("little")
    engines = Engines(write_model("first"))
    async with models_screen(engines, listed=3) as pilot:
        prompt(pilot).replace_all("half a question")
        await on(pilot, "first")
        assert rows(pilot)[room(pilot)._table.cursor_row].startswith("●|first")
        await pilot.press("enter")
        await wait_until(pilot, says(pilot, "first is loaded already"))
        await on(pilot, "little")
        await pilot.press("enter")
        await wait_until(pilot, says(pilot, "little is loaded."))
        await wait_until(pilot, lambda: any(row.startswith("●|little") for row in rows(pilot)))
        assert not any(row.startswith("●|first") for row in rows(pilot))
        assert engines.opened == [str(path)]
        assert "loaded now" in room(pilot)._detail.text
        assert "on the CPU · context 8,192" in room(pilot)._detail.text.replace("\n" + " " * 11, " ")
        assert status(pilot).model.startswith("little")
        await pilot.press("f2")
        assert prompt(pilot).text == "half a question"


async def test_a_click_chooses_and_another_loads() -> None:
    path = write_model("little")
    engines = Engines()
    async with models_screen(engines, listed=2) as pilot:
        await pilot.click(room(pilot)._table, offset=(10, 1))
        await wait_until(pilot, lambda: getattr(room(pilot)._table.model, "name", "") == "little")
        await pilot.click(room(pilot)._table, offset=(10, 1))
        await wait_until(pilot, says(pilot, "little is loaded."))
        assert engines.opened == [str(path)]


async def test_a_model_that_is_refused() -> None:
    path = write_model("little")
    engines = Engines(write_model("first"))
    engines.refusals[str(path)] = ModelNotFound("[b]gone\x1b[2J; a file was expected; look again")
    async with models_screen(engines, listed=3) as pilot:
        await on(pilot, "little")
        await pilot.press("enter")
        await wait_until(pilot, lambda: "[b]gone[2J; a file was expected" in drawn(pilot))
        await wait_until(pilot, lambda: any(row.startswith("●|first") for row in rows(pilot)))
        assert status(pilot).state == "ready", "the one before stays"


async def test_loading_waits_for_what_runs() -> None:
    path = write_model("little")
    engines = Engines()
    held = engines.first = HeldEngine([])
    async with models_screen(engines, listed=2) as pilot:
        await pilot.press("f2")
        await send(pilot, "Go")
        await wait_until(pilot, held.waiting.is_set)
        await pilot.press("f4")
        await on(pilot, "little")
        await pilot.press("enter")
        await wait_until(pilot, says(pilot, "little comes when what runs now is done"))
        assert engines.opened == []
        held.release.set()
        await wait_until(pilot, says(pilot, "little is loaded."))
        assert engines.opened == [str(path)]


async def test_while_it_is_loaded_the_list_says_so() -> None:
    path = write_model("little")
    engines = Engines()

    released = Flag()

    class Slow(FakeEngine):
        def load(self) -> Generator[Loading, None, None]:
            while not released.wait(0.05):
                yield Loading(0.4)
            yield from super().load()

    engines.engines[str(path)] = Slow(info=info_of(path))
    async with models_screen(engines, listed=2) as pilot:
        await on(pilot, "little")
        await pilot.press("enter")
        await wait_until(pilot, lambda: any(row.startswith("◐|little") for row in rows(pilot)))
        await wait_until(pilot, lambda: "loading 40 %" in status(pilot).state)
        released.set()
        await wait_until(pilot, lambda: any(row.startswith("●|little") for row in rows(pilot)))


async def test_the_command_loads_by_name_and_stays_in_the_chat() -> None:
    engines = Engines()
    async with models_screen(engines) as pilot:
        await pilot.press("f2")
        await send(pilot, "/model little")
        await wait_until(pilot, lambda: engines.opened == ["little"])
        assert house(pilot).room is chat(pilot)
        await send(pilot, "/model")
        await wait_until(pilot, lambda: house(pilot).room is room(pilot))


# Changing


async def test_the_default() -> None:
    write_model("little")
    async with models_screen(listed=2) as pilot:
        await on(pilot, "little")
        await pilot.press("d")
        await wait_until(pilot, lambda: any(row.startswith("★|little") for row in rows(pilot)))
        assert says(pilot, "Luciole starts with little from now on.")()
        assert read_settings().default_model == "little"
        assert "★ the default" in room(pilot)._detail.text


async def test_renaming() -> None:
    write_parts("big")
    async with models_screen(listed=2) as pilot:
        await on(pilot, "big-00001-of-00003")
        await pilot.press("r")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, EntryScreen))
        assert "big" in drawn(pilot)
        await pilot.press(*["backspace"] * 3, *"萤火", "enter")
        await wait_until(pilot, lambda: any("|萤火-00001-of-00003|" in row for row in rows(pilot)))
        await wait_until(pilot, lambda: getattr(room(pilot)._table.model, "stem", "") == "萤火")


async def test_a_name_that_is_none() -> None:
    write_model("little")
    async with models_screen(listed=2) as pilot:
        await on(pilot, "little")
        await pilot.press("r")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, EntryScreen))
        await pilot.press("slash", "enter")
        await wait_until(pilot, says(pilot, "'little/' is no name for a model"))
        assert any("|little|" in row for row in rows(pilot))


async def test_removing_asks_and_says_what_is_freed() -> None:
    path = write_model("little")
    path.write_bytes(path.read_bytes() + b"\0" * 5000)
    async with models_screen(listed=2) as pilot:
        await on(pilot, "little")
        await pilot.press("delete")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        await wait_until(pilot, lambda: "5 KiB will be free again" in drawn(pilot))
        await pilot.press("enter")
        await wait_until(pilot, lambda: pilot.app.screen is house(pilot))
        assert path.exists(), "no is the first choice"
        await pilot.press("delete")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        await pilot.press("y")
        await wait_until(pilot, says(pilot, "little is removed, 5 KiB are free again."))
        await wait_until(pilot, lambda: len(rows(pilot)) == 1)
        assert not path.exists()


async def test_what_is_loaded_or_elsewhere_is_not_changed(tmp_path: Path) -> None:
    write_model("little")
    outside = write_model("outside", tmp_path)
    async with models_screen(Engines(outside), listed=3) as pilot:
        await on(pilot, str(outside))
        await pilot.press("delete")
        await wait_until(pilot, says(pilot, "is in use"))
        await on(pilot, "starter")
        for key in ("delete", "r"):
            pilot.app.clear_notifications()
            await pilot.press(key)
            await wait_until(pilot, says(pilot, "starter does not lie in the model folder"))
        assert pilot.app.screen is house(pilot)


# Words


async def test_hostile_names_and_headers() -> None:
    from tests.assistant.library.models import model_bytes

    (models_folder() / "[red]\x1b[31mm\u202ex.gguf").write_bytes(model_bytes().replace(b"mit", b"\x1b]0"))
    async with models_screen(listed=2, size=(200, 60)) as pilot:
        name = next(model.name for model in room(pilot)._models if model.place == "folder")
        await on(pilot, name)
        screen = drawn(pilot)
        assert "[red][31mm<U+202E>x" in screen
        assert not any(sign in screen for sign in "\x1b\x07\u202e")
        await pilot.press("d")
        await wait_until(pilot, says(pilot, "[red][31mm<U+202E>x from now on"))


async def test_in_chinese() -> None:
    write_model("萤火虫-模型")
    async with models_screen(listed=2, size=(80, 24)) as pilot:
        await on(pilot, "萤火虫-模型")
        use("zh")
        house(pilot).show_words()
        await pilot.pause()
        lines = drawn(pilot)
        assert "萤火虫-模型" in lines
        assert "model " not in rows(pilot)[0]

"""The first page: comes once, says what there is, opens the sample with one key, and swallows no letter."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from textual.events import Paste
from textual.pilot import Pilot

from assistant import (
    FakeEngine,
    Hardware,
    Typed,
    is_new,
    keep_typed,
    locations,
    read_document,
    settings_path,
    this_machine,
)
from tests.tui.support import Screen, drawn, house, prompt, texts, wait_until, whole
from tui.app import make_app
from tui.language import use
from tui.screens import first_run
from tui.screens.first_run import FirstRunScreen, sample_path
from tui.screens.help import HelpScreen
from tui.widgets.prompt import Prompt
from tui.widgets.rows import Rows


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> Hardware:
    """No child of llama.cpp; a computer of which everything is known."""
    found = replace(
        this_machine(ask=False), cores=6, memory_free=10 << 30, memory_total=16 << 30, problem="no \x1b[31mllama; x; y"
    )

    def asked(*, ask: bool = True) -> Hardware:
        return found if ask else replace(found, problem=None)

    monkeypatch.setattr(first_run, "this_machine", asked)
    return found


@asynccontextmanager
async def welcomed() -> AsyncIterator[Pilot[None]]:
    app = make_app(lambda: FakeEngine([whole("Hello.")] * 3), welcome=True)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        prompt(pilot).cursor_blink = False
        await wait_until(pilot, lambda: isinstance(app.screen, FirstRunScreen) and bool(app.screen.query(Rows)))
        await wait_until(pilot, lambda: app.screen.query_one(Rows).size.width > 0)
        await wait_until(pilot, lambda: "no [31mllama" in drawn(pilot))
        yield pilot


def test_it_comes_only_while_nothing_is_kept() -> None:
    assert is_new()
    settings_path().write_text("")
    assert not is_new()
    settings_path().unlink()
    locations()["conversations"].touch()
    assert not is_new()
    locations()["conversations"].unlink()
    keep_typed(Typed("Hello"))
    assert not is_new()


async def test_what_there_is(luciole_home: Path) -> None:
    async with welcomed() as pilot:
        await wait_until(pilot, lambda: "SmolLM2-135M-Instruct" in drawn(pilot))
        shown = drawn(pilot)
        assert "6 cores, 10.0 of 16.0 GiB memory free" in shown
        assert "8,192 tokens" in shown
        assert "firefly-survey.en.md" in shown
        assert str(luciole_home)[:40] in shown
        assert "Read the sample document" in shown, "within 80 by 24"
        assert "\x1b" not in shown


async def test_one_key_reads_the_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    async with welcomed() as pilot:
        opened: list[str] = []

        async def open_document(path: str, *, summarize: bool = False, **_others: object) -> None:
            assert summarize
            opened.append(path)

        monkeypatch.setattr(house(pilot).documents, "open", open_document)
        await pilot.press("enter")
        await wait_until(pilot, lambda: bool(opened))
        assert opened == [str(sample_path())]
        assert house(pilot).room.NAME == "documents"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_sample_can_be_read_in_both_languages(language: str) -> None:
    use(language)
    document = read_document(str(sample_path()))
    assert "388" in document.text
    assert len(document.text) > 1500


async def test_no_letter_is_lost_nor_does_enter_press_a_button() -> None:
    async with welcomed() as pilot:
        await pilot.press("H", "i", "enter")
        await wait_until(pilot, lambda: texts(pilot)[:1] == ["you: Hi"])
        assert pilot.app.screen is house(pilot)


async def test_until_the_page_is_gone_every_key_goes_to_the_prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    async with welcomed() as pilot:
        monkeypatch.setattr(pilot.app.screen, "dismiss", lambda _result: None)  # it takes its time
        await pilot.press("H", "i", "enter")
        await wait_until(pilot, lambda: texts(pilot)[:1] == ["you: Hi"])


async def test_a_paste_goes_to_the_prompt() -> None:
    async with welcomed() as pilot:
        pilot.app.post_message(Paste("萤火虫"))
        await wait_until(pilot, lambda: "萤火虫" in prompt(pilot).text)


async def test_the_language_changes_on_the_page() -> None:
    async with welcomed() as pilot:
        await pilot.press("right", "right", "enter")
        await wait_until(pilot, lambda: "阅读示例文档" in drawn(pilot))
        assert "firefly-survey.zh.md" in drawn(pilot)
        assert pilot.app.focused is not None
        assert pilot.app.focused.id == "other", "the focus stays"


async def leaves(pilot: Screen, key: str, reached: Callable[[], bool]) -> None:
    await pilot.press(key)
    await wait_until(pilot, reached)


async def again(pilot: Screen) -> None:
    await pilot.press("f2")
    prompt(pilot).replace_all("/welcome")
    await leaves(pilot, "enter", lambda: isinstance(pilot.app.screen, FirstRunScreen))
    await wait_until(pilot, lambda: pilot.app.focused is not None and pilot.app.focused.id == "sample")


async def test_every_way_out() -> None:
    async with welcomed() as pilot:
        await leaves(pilot, "escape", lambda: pilot.app.screen is house(pilot))
        assert isinstance(pilot.app.focused, Prompt)
        await again(pilot)
        await leaves(pilot, "f4", lambda: house(pilot).room.NAME == "models")
        await again(pilot)
        await leaves(pilot, "f1", lambda: isinstance(pilot.app.screen, HelpScreen))
        await pilot.press("escape")
        await again(pilot)
        await pilot.click("#begin")
        await wait_until(pilot, lambda: pilot.app.screen is house(pilot))


async def test_a_machine_without_models_is_told_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(first_run, "installed", lambda: ())
    async with welcomed() as pilot:
        assert "none yet; a small one to begin with: pip install" in drawn(pilot)
        assert "luciole[starter]" in drawn(pilot)

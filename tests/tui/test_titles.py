"""Titles of what stands over the screen hold names of others: they are text, whatever they look like."""

import pytest
from textual.screen import ModalScreen

from assistant import FakeEngine
from tests.tui.support import drawn, screen, wait_until
from tui.screens.confirm import ConfirmScreen
from tui.screens.entry import EntryScreen
from tui.screens.pick_file import PickFileScreen

NAME = "[red]萤[/] [@click=app.quit]\x1b[2J\u202ex\nend"


@pytest.mark.parametrize(
    "over",
    [ConfirmScreen(NAME, NAME, yes="Yes"), EntryScreen(NAME, NAME), PickFileScreen(NAME)],
    ids=lambda over: type(over).__name__,
)
async def test_a_title_is_text(over: ModalScreen[object]) -> None:
    async with screen(FakeEngine()) as pilot:
        pilot.app.push_screen(over)
        await wait_until(pilot, lambda: pilot.app.screen is over)
        await pilot.pause()
        title = drawn(pilot)
        assert "[red]萤[/] [@click=app.quit][2J<U+202E>x end" in title
        assert not any(sign in title for sign in "\x1b\u202e")

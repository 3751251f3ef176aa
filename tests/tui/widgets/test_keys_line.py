"""The keys that are offered: those that matter most stay, however narrow the screen is."""

from tests.tui.support import READ, HeldEngine, screen, send, status, wait_until, whole


async def test_what_ends_the_answer_stays_on_a_narrow_screen() -> None:
    engine = HeldEngine([*READ], whole("Paris."))
    async with screen(engine, size=(50, 24)) as pilot:
        assert "Esc" not in status(pilot).keys
        await send(pilot, "France?")
        await wait_until(pilot, lambda: engine.waiting.is_set() and "Esc stop" in status(pilot).keys)
        assert "F1 help  Ctrl+Q quit" in status(pilot).keys
        engine.release.set()
        await wait_until(pilot, lambda: "Esc" not in status(pilot).keys)


async def test_a_wider_screen_offers_more() -> None:
    async with screen(HeldEngine([], whole("Paris.")), size=(60, 24)) as pilot:
        narrow = status(pilot).keys
        assert "new chat" not in narrow
        await pilot.resize_terminal(120, 40)
        await wait_until(pilot, lambda: "Ctrl+N new chat" in status(pilot).keys)
        await pilot.resize_terminal(60, 24)
        await wait_until(pilot, lambda: status(pilot).keys == narrow)

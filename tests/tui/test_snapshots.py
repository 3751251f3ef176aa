"""Pictures of the screen. Each asserts the state first, so that a picture of the wrong thing cannot pass.

After a wanted change: `pytest tests/tui/test_snapshots.py --snapshot-update`, look at the files, commit them.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from assistant import FAKE_INFO, EngineFailed, FakeEngine, Reading
from tests.tui.support import (
    READ,
    HeldEngine,
    Screen,
    find,
    prompt,
    send,
    settled,
    status,
    texts,
    transcript,
    wait_until,
    whole,
)
from tui.app import make_app
from tui.screens.help import HelpScreen
from tui.screenshot import draw
from tui.widgets.prompt import Prompt
from tui.widgets.turns import Welcome

Compare = Callable[..., bool]
Before = Callable[[Screen], Awaitable[None]]

ANSWER = """The capital of France is **Paris**, *since long ago*.

1. It lies on the `Seine`.
2. Its kings stayed there:
   - most of the time

```python
def capital(country: str) -> str:
    return {"France": "Paris"}[country]
```

> 巴黎，光之城。 🎉
"""


async def ready(pilot: Screen) -> None:
    await wait_until(pilot, lambda: bool(find(pilot, Prompt)))
    prompt(pilot).cursor_blink = False
    await wait_until(pilot, lambda: status(pilot).state == "ready" and "F1 help" in status(pilot).keys)
    await pilot.pause()


def test_empty_chat(snap_compare: Compare) -> None:
    async def before(pilot: Screen) -> None:
        await ready(pilot)
        await wait_until(pilot, lambda: bool(find(pilot, Welcome)))
        assert prompt(pilot).has_focus

    assert snap_compare(make_app(FakeEngine), terminal_size=(80, 24), run_before=before)


def test_finished_conversation(snap_compare: Compare) -> None:
    async def before(pilot: Screen) -> None:
        await ready(pilot)
        await send(pilot, "What is the capital\nof France?")
        await settled(pilot)
        assert texts(pilot) == ["you: What is the capital\nof France?", f"model: {ANSWER}"]
        assert transcript(pilot).at_end

    engine = FakeEngine([[*READ, *whole(*ANSWER.splitlines(keepends=True))]])
    assert snap_compare(make_app(lambda: engine), terminal_size=(120, 30), run_before=before)


def test_reading_a_document(snap_compare: Compare) -> None:
    info = replace(FAKE_INFO, name="SmolLM2-135M-Instruct", context=32_768)
    engine = HeldEngine(
        [Reading(1204, 12_000, 1204), Reading(4440, 12_000, 1204)], tick=Reading(4440, 12_000, 1204), info=info
    )
    times = iter((0.0, 15.0))

    async def before(pilot: Screen) -> None:
        await ready(pilot)
        await send(pilot, "What does it say?")
        await wait_until(pilot, lambda: "s left" in status(pilot).state)
        await send(pilot, "And what not?")
        assert texts(pilot)[-1] == "queued: And what not?"
        await wait_until(pilot, lambda: status(pilot).state.endswith("1,204 reused · 1 waiting"))
        assert status(pilot).state == "reading 37 % · 216 tok/s · 35 s left · 1,204 reused · 1 waiting"

    app = make_app(lambda: engine, clock=lambda: next(times, 15.0))
    assert snap_compare(app, terminal_size=(80, 24), run_before=before)


def test_help(snap_compare: Compare) -> None:
    async def before(pilot: Screen) -> None:
        await ready(pilot)
        await pilot.press("f1")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, HelpScreen))

    assert snap_compare(make_app(FakeEngine), terminal_size=(80, 24), run_before=before)


def test_day(snap_compare: Compare) -> None:
    async def before(pilot: Screen) -> None:
        await ready(pilot)
        pilot.app.theme = "day"
        await send(pilot, "Hello")
        await wait_until(pilot, lambda: bool(texts(pilot)) and texts(pilot)[-1].startswith("error"))

    dead = FakeEngine([[EngineFailed("the model died of hunger; memory was expected; close something")]])
    assert snap_compare(make_app(lambda: dead), terminal_size=(80, 24), run_before=before)


def test_the_picture_of_the_readme_is_the_screen_of_today() -> None:
    picture = Path(__file__).parents[2] / "docs" / "screen.svg"
    assert picture.read_text(encoding="utf-8") == draw(), "run: python -m tui.screenshot docs/screen.svg"

"""Whatever a model, a document, a file name or an error spells, the terminal gets letters and the screen no markup."""

import re
from dataclasses import replace

import pytest

from assistant import FAKE_INFO, EngineFailed, FakeEngine
from tests.tui.support import READ, Screen, drawn, screen, send, settled, status, texts, wait_until, whole

ATTACK = "[red]not red[/] [@click=app.bell]x[/] \x1b]52;c;cGF5bG9hZA==\x07 \x1b[2J \x9b31m \x08\x7f \u202egnp.exe\u202c"


def obeyed(pilot: Screen) -> list[str]:
    """Characters on the screen that a terminal would act on."""
    return re.findall(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", drawn(pilot))


async def test_an_answer_and_a_message_are_text() -> None:
    async with screen(FakeEngine([[*READ, *whole(*ATTACK, "\n\n```\n", *ATTACK, "\n```\n")]]), size=(120, 30)) as pilot:
        await send(pilot, ATTACK)
        await settled(pilot)
        assert drawn(pilot).count("[red]not red[/]") == 3
        assert drawn(pilot).count("<U+202E>gnp.exe") == 3
        assert not obeyed(pilot)


async def test_entities_do_not_bring_back_what_was_taken_out() -> None:
    answer = "&#x202e;a &#x9b;b &#27;c [d](http://e.x/&#x202e;) ![f](g&#x202e;h)"
    async with screen(FakeEngine([[*READ, *whole(answer)]])) as pilot:
        await send(pilot, "Go")
        await settled(pilot)
        assert "<U+202E>a" in drawn(pilot)
        assert not obeyed(pilot)


async def test_links_are_words_with_their_address_and_html_stays_visible() -> None:
    answer = "[your bank](https://evil.example/x) <https://plain.example> ![pic](http://p.example/i.png) <b>bold</b>"
    async with screen(FakeEngine([[*READ, *whole(answer)]]), size=(160, 24)) as pilot:
        await send(pilot, "Go")
        await settled(pilot)
        shown = drawn(pilot)
        assert "your bank (https://evil.example/x)" in shown
        assert shown.count("https://plain.example") == 1
        assert "[image: pic (http://p.example/i.png)]" in shown
        assert "<b>bold</b>" in shown
        for strip in pilot.app.screen._compositor.render_strips():
            assert not any(segment.style and segment.style.link for segment in strip)
            clicks = {(segment.style.meta or {}).get("@click") for segment in strip if segment.style}
            assert all(click is None or click.startswith(("screen.go(", "app.simulate_key(")) for click in clicks)


async def test_single_line_breaks_of_an_answer_stay() -> None:
    async with screen(FakeEngine([[*READ, *whole("床前明月光\n疑是地上霜")]])) as pilot:
        await send(pilot, "李白")
        await settled(pilot)
        lines = [line.strip() for line in drawn(pilot).splitlines()]
        assert "床前明月光" in lines
        assert "疑是地上霜" in lines


async def test_an_error_is_text() -> None:
    async with screen(FakeEngine([[*READ, EngineFailed(f"found {ATTACK}; expected none; go on")]])) as pilot:
        await send(pilot, "Go")
        await wait_until(pilot, lambda: bool(texts(pilot)) and texts(pilot)[-1].startswith("error"))
        assert "[red]not red[/]" in drawn(pilot)
        assert not obeyed(pilot)


async def test_a_model_name_is_text() -> None:
    info = replace(FAKE_INFO, name="[red]m[/]\x1b[31m\nn", path="p\x1b]0;t\x07")
    async with screen(FakeEngine(info=info)) as pilot:
        await wait_until(pilot, lambda: "[red]m[/][31m" in drawn(pilot))
        assert status(pilot).model == "[red]m[/][31m n Q4_K_M"
        assert not obeyed(pilot)


async def test_markdown_of_any_shape_is_drawn_without_a_fault() -> None:
    nasty = [
        "```no-such-language\ncode\n```\n\n",
        "```\x1b[31m\ncode\n```\n\n",
        "| a |\n|---|\n| [x](y) |\n| ![z](w) |\n\n",
        "> " * 30 + "deep\n\n",
        "- " * 12 + "list\n\n",
        "# " + "long " * 60 + "\n\n",
        "<script>alert(1)</script>\n\n",
        "[a]: http://b\n[a]\n\n",
        "***\n---\n1)\n+\n",
    ]
    answer = "".join(nasty)
    pieces = [answer[start : start + 3] for start in range(0, len(answer), 3)]
    async with screen(FakeEngine([[*READ, *whole(*pieces, "\n\nEnd.")]])) as pilot:
        await send(pilot, "Go")
        await settled(pilot)
        await wait_until(pilot, lambda: "End." in drawn(pilot))
        assert not obeyed(pilot)


@pytest.mark.parametrize("marker", ["> ", "- ", "1. "])
@pytest.mark.parametrize("depth", [5, 9, 11, 19, 21, 60])
async def test_deep_nesting_loses_no_word(marker: str, depth: int) -> None:
    async with screen(FakeEngine([[*READ, *whole(marker * depth, "deep\n\nafter", "wards")]])) as pilot:
        await send(pilot, "Go")
        await settled(pilot)
        await wait_until(pilot, lambda: "deep" in drawn(pilot) and "afterwards" in drawn(pilot))

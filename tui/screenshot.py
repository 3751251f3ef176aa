"""Draws the real screen with a scripted model into an SVG: `python -m tui.screenshot docs/screen.svg`.

The same file every time, so that a change of the screen shows up as a change of the picture.
"""

import asyncio
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from html import unescape
from pathlib import Path
from time import monotonic

from rich.cells import cell_len

from assistant import FAKE_INFO, AssistantError, Event, FakeEngine, Finished, Reading, Text, Usage
from tui.app import make_app
from tui.widgets.prompt import Prompt

SIZE = (100, 32)
_CELL = 12.2
"""Width of a cell in the picture, in its own units."""

INFO = replace(FAKE_INFO, name="SmolLM2-135M-Instruct", quantization="Q4_K_M")

TURNS = (
    (
        "Why do fireflies glow?",
        "Mostly **to find each other**. In its abdomen a firefly lets *luciferin* react with oxygen, helped by the "
        "enzyme *luciferase*; what comes out is light, and hardly any heat.\n\n"
        "| who | glows | to say |\n|---|---|---|\n| males | in flight, each species in its own rhythm | here I am |\n"
        "| females | from the grass, after a fixed pause | here I am too |\n| larvae | on the ground | I taste bad |",
        Usage(31, 0, 92, 8192, 0.0, 0.2, 3.3),
    ),
    (
        "萤火虫在中文诗里有什么含义？请用一句话回答。",
        "在中国古诗里，萤火虫常常象征**勤学**（“囊萤映雪”），也象征秋夜的清寂与时光的流逝。",
        Usage(168, 123, 38, 8192, 0.0, 0.3, 1.4),
    ),
)


def draw() -> str:
    """The SVG. It loads no font from anywhere: whoever looks at it opens no connection either."""
    scripts: list[list[Event | AssistantError]] = [
        [Reading(usage.prompt_tokens, usage.prompt_tokens, usage.reused_tokens), Text(answer), Finished("stop", usage)]
        for _, answer, usage in TURNS
    ]
    svg = asyncio.run(_play(_Engine(scripts, info=INFO)))
    svg = re.sub(r"\s*@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    svg = re.sub(r"terminal-\d+-", "terminal-", svg)
    return re.sub(r'textLength="[\d.]+"([^>]*>)([^<]*)<', _widen, svg)


def _widen(found: re.Match[str]) -> str:
    """Rich counts characters where wide ones take two cells, and a browser would squeeze them."""
    return f'textLength="{cell_len(unescape(found[2])) * _CELL:.7g}"{found[1]}{found[2]}<'


class _Engine(FakeEngine):
    """Counts as its script says."""

    def count(self, content: object) -> int:
        usage = TURNS[-1][2]
        return usage.prompt_tokens + usage.answer_tokens if not isinstance(content, str) else len(content.split())


async def _play(engine: FakeEngine) -> str:
    app = make_app(lambda: engine)
    async with app.run_test(size=SIZE) as pilot:
        prompt = app.chat.query_one(Prompt)
        prompt.cursor_blink = False

        async def until(reached: Callable[[], bool]) -> None:
            end = monotonic() + 10
            while not reached():
                if monotonic() > end:
                    raise TimeoutError("the screen did not come to rest within 10 seconds")
                await pilot.pause(0.02)

        def answered(number: int) -> bool:
            return len(engine.received) == number and not app.desk.busy

        await until(lambda: engine.info is not None and not app.desk.busy)
        for number, (question, _, _) in enumerate(TURNS, start=1):
            prompt.replace_all(question)
            await pilot.press("enter")
            await until(partial(answered, number))
        prompt.replace_all("/summarize report.md")
        await pilot.pause(0.2)
        return app.export_screenshot(title="luciole")


def main() -> None:
    """Write the picture to the file that is named."""
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tui.screenshot FILE.svg")
    target = Path(sys.argv[1])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(draw(), encoding="utf-8")


if __name__ == "__main__":
    main()

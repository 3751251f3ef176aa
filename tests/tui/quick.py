"""Textual's pilot without its two waits: for a processor that is idle, and for style sheets that were parsed before.

After each key Textual waits until the process has hardly worked for twenty milliseconds, twice, and up to a second.
Beside other work that moment never comes, so that keys took most of the time of a test, and how long they took was
chance. Here a key has been taken when nothing is left to be done for it, and the next one follows as quickly as
fingers are. What comes from a thread, or by a timer, a test waits for by name, with `wait_until`.
"""

import asyncio
from time import monotonic
from typing import Any

import pytest
from textual import app, pilot
from textual._context import active_app
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet

_FINGERS = 0.01
"""Seconds; each key has two such pauses, and faster ones would be a paste."""


def hurry(patch: pytest.MonkeyPatch) -> None:
    """Have it so until the patch is undone."""
    for module in (app, pilot):
        patch.setattr(module, "wait_for_idle", _settle)
    patch.setattr(Stylesheet, "_parse_rules", _remembering(Stylesheet._parse_rules))


async def _settle(_least: float = 0, most: float = 1) -> None:
    """Nothing waits to be done, and what has changed is laid out."""
    await _drain(most)
    await asyncio.sleep(_FINGERS)
    await _drain(most)


async def _drain(most: float) -> None:
    loop, end, quiet = asyncio.get_running_loop(), monotonic() + most, 0
    while quiet < 3 and monotonic() < end:
        await asyncio.sleep(0)
        quiet = 0 if loop._ready else quiet + 1  # type: ignore[attr-defined]  # what asyncio tells nobody
        if quiet == 1:
            active_app.get().screen._on_timer_update()


def _remembering(parse: Any) -> Any:
    """Rules are the same for the same text and variables, and nobody changes them."""
    known: dict[tuple[object, ...], list[RuleSet]] = {}

    def remembered(sheet: Stylesheet, *given: Any, **named: Any) -> list[RuleSet]:
        key = (given, tuple(named.items()), frozenset(sheet._variables.items()))
        if key not in known:
            known[key] = parse(sheet, *given, **named)
        return known[key]

    return remembered

"""What the tests of the documents room share: a contract, what a model says of it, and the room with it open."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from assistant import Engine, FakeEngine
from tests.tui.support import Screen, house, screen, status, wait_until
from tui.rooms.documents.room import DocumentsRoom

CONTRACT = """\
# Service agreement

This agreement was signed on 12 March 2024 by Northwind Ltd and Blue Harbour GmbH.

## Fees

The customer pays 4,200 euros a month, in advance, by bank transfer.

## Term

The term is 36 months and ends on 31 March 2027. Either party may end it with 90 days of notice in writing.

## Penalties

For each day of delay the penalty is 1.5 % of the monthly fee.

""" + "".join(
    f"Clause {number}. The parties shall act in good faith in matter {number} of the schedule.\n\n"
    for number in range(1, 40)
)

SUMMARY = """\
The agreement was signed on 12 March 2024 by **Northwind Ltd** and costs 4,200 euros a month.

- The term is 36 months and ends on 31 May 2027.
- The penalty is 2 % of the monthly fee.

It may be ended with 90 days of notice by either party."""
"""Two of its figures are not in the contract."""

ANSWER = "It costs 4,200 euros a month, which is 50,400 euros a year."


def contract(folder: Path, text: str = CONTRACT) -> Path:
    path = folder / "contract.md"
    path.write_text(text, encoding="utf-8")
    return path


def room(pilot: Screen) -> DocumentsRoom:
    return house(pilot).documents


@asynccontextmanager
async def opened(
    path: Path | str,
    engine: Engine | Callable[[], Engine] | None = None,
    *,
    size: tuple[int, int] = (120, 36),
    summarized: bool = False,
) -> AsyncIterator[Screen]:
    """The app with this document open, and its summary there if it is wanted."""
    async with screen(engine or FakeEngine([SUMMARY]), size=size) as pilot:
        await open_document(pilot, path)
        if summarized:
            await pilot.press("s")
            await summary_there(pilot)
        yield pilot


async def open_document(pilot: Screen, path: Path | str) -> None:
    await house(pilot).action_go("documents")
    before = room(pilot).study
    await room(pilot).open(str(path))
    await wait_until(pilot, lambda: room(pilot).study not in (before, None))
    await wait_until(pilot, lambda: room(pilot).text.document.text != "" and room(pilot).text.has_focus)


async def summary_there(pilot: Screen) -> None:
    await wait_until(pilot, lambda: room(pilot).summary.state == "done" and status(pilot).state == "ready")
    await pilot.pause()


def head(pilot: Screen) -> str:
    """The line above the text."""
    return str(room(pilot).title.render())


def shown_lines(pilot: Screen) -> tuple[int, int] | None:
    """Lines that are highlighted in the text, from 1."""
    span = room(pilot).text.marks.shown
    return None if span is None else room(pilot).text.places.of(*span).lines


async def ask(pilot: Screen, question: str) -> None:
    room(pilot).line.ask()
    room(pilot).line.text = question
    await pilot.pause()
    await pilot.press("enter")


def sections(pilot: Screen) -> list[tuple[str | None, str]]:
    return [(section.question, section.state) for section in room(pilot).beside.sections]

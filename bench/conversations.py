"""A kept conversation of any length, to be opened on the screen."""

from pathlib import Path

from assistant.conversation.store import Store
from assistant.conversation.tree import Tree
from assistant.conversation.turns import Heading, Turn
from assistant.events import Usage
from bench.screen_program import CODE, LIST, PROSE

TITLE = "HUNDREDS"
"""Of the conversation."""
FIRST, LAST = "FIRSTQUESTION", "LASTWORD"
"""The word that its first message begins with, and the one that its last one ends with."""
_ANSWERS = (PROSE, LIST, f"{PROSE}```python\n{CODE}```\n", PROSE * 3)


def write_conversation(home: Path, turns: int) -> None:
    """Questions and answers in turn, `turns` of them together, in the history of that home."""
    made: list[Turn] = []
    for number in range(turns):
        question = number % 2 == 0
        text = f"Question {number}: what of the fireflies?" if question else _ANSWERS[number // 2 % len(_ANSWERS)]
        text = f"{FIRST} {text}" if number == 0 else f"{text}\n\n{LAST}" if number == turns - 1 else text
        made.append(
            Turn(
                f"turn{number:08}",
                made[-1].id if made else None,
                "user" if question else "assistant",
                text,
                1_700_000_000.0 + number,
                model="" if question else "fake",
                reason=None if question else "stop",
                usage=None if question else Usage(100, 0, 50, 8192, 0.0, 0.5, 1.0),
            )
        )
    folder = home / "data"
    folder.mkdir(parents=True)
    with Store(folder / "conversations.db") as store:
        store.add(Heading("bench0000000", 1_700_000_000.0, TITLE, current=made[-1].id), Tree(made))

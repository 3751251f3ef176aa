"""What the tests of the chat share: turns by their place, the focus, conversations kept beforehand."""

from collections.abc import Sequence

from assistant import Heading, Store, Tree, Turn
from tests.tui.support import Screen, chat, find, prompt, send, settled, wait_until
from tui.rooms.chat.turns import Answer, ChatTranscript, Question
from tui.widgets.transcript import Transcript


def view(pilot: Screen) -> ChatTranscript:
    found = chat(pilot).query_one(Transcript)
    assert isinstance(found, ChatTranscript)
    return found


def turns(pilot: Screen) -> list[Question | Answer]:
    """Those that are there, from top to bottom."""
    return [turn for turn in view(pilot).walk_children() if isinstance(turn, Question | Answer)]


async def talked(pilot: Screen, *questions: str) -> None:
    """Ask them one after the other, each when the one before is answered."""
    for question in questions:
        before = len(find(pilot, Answer))
        await send(pilot, question)
        await settled(pilot, before + 1)


async def focus(pilot: Screen, place: int) -> Question | Answer:
    """Give the focus to a turn, by the keys: the last one, then up."""
    turn = turns(pilot)[place]
    prompt(pilot).focus()
    await pilot.press("alt+up")
    while view(pilot).current is not turn:
        before = view(pilot).current
        await pilot.press("k")
        await pilot.pause()
        assert view(pilot).current is not before, "the first one was reached"
    return turn


async def typed(pilot: Screen, text: str) -> None:
    """Wait until this stands in the prompt."""
    await wait_until(pilot, lambda: prompt(pilot).text == text)


def said(pilot: Screen) -> list[str]:
    """The messages that go away by themselves."""
    return [note.message for note in pilot.app._notifications]


def keep(*words: str, identity: str = "kept", reasons: Sequence[str | None] = ()) -> list[Turn]:
    """A kept conversation of questions and answers in turn."""
    made: list[Turn] = []
    for place, text in enumerate(words):
        role = "assistant" if place % 2 else "user"
        parent = made[-1].id if made else None
        made.append(
            Turn(
                f"{identity}{place}",
                parent,
                "assistant" if role == "assistant" else "user",
                text,
                1_700_000_000.0 + place,
                reason="stop" if role == "assistant" else None,
            )
        )
    with Store() as store:
        store.add(Heading(identity, 1_700_000_000.0), Tree(made))
    return made

"""What it costs to draw dialogues of a character: counting its corpus once, and each turn after that.

The corpora are made of the sample characters' own words, so that what is common in them is common here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random
from statistics import median
from time import perf_counter

from rich.table import Table

from assistant.characters.folder import load_character
from assistant.characters.playing import Playing
from assistant.characters.values import Character, Corpus, Dialogue, Line
from assistant.fake import FakeEngine
from assistant.messages import Message
from bench.table import table_of

GOAL = 0.02
GOAL_DIALOGUES = 500
SIZES = (500, 5_000)
_TURNS = 40
_LINES = 6
_WORDS = 12


@dataclass(frozen=True, slots=True)
class Drawing:
    """`prepare` in seconds, once; a whole prompt of a turn in the middle and at worst, in seconds."""

    language: str
    dialogues: int
    prepare: float
    turn: float
    worst: float


def measure(sizes: Sequence[int] = SIZES) -> Iterator[Drawing]:
    """English and Chinese, each with corpora of so many dialogues; no model takes part."""
    for name in ("glim", "aying"):
        character = load_character(name)
        for size in sizes:
            yield _measured(character, size)


def _measured(character: Character, size: int) -> Drawing:
    random = Random(size)
    words = _words(character)
    gap = "" if character.language == "zh" else " "

    def line(speaker: str) -> Line:
        return Line(speaker, gap.join(random.choices(words, k=_WORDS)))

    speakers = [character.name if number % 2 else character.user for number in range(_LINES)]
    dialogues = tuple(Dialogue(tuple(map(line, speakers)), f"row {number}") for number in range(size))
    engine = FakeEngine()
    playing = Playing(replace(character, corpus=Corpus(dialogues)), engine)
    for _ in engine.load():
        pass
    began = perf_counter()
    for _ in playing.prepare():
        pass
    prepared = perf_counter() - began
    seconds, messages = [], [Message("user", line("").words)]
    for _ in range(_TURNS):
        began = perf_counter()
        playing.prompt(tuple(messages))
        seconds.append(perf_counter() - began)
        messages = [*messages, Message("assistant", line("").words), Message("user", line("").words)][-21:]
    return Drawing(character.language, size, prepared, median(seconds), max(seconds))


def _words(character: Character) -> list[str]:
    """What the character's lines are made of: words between spaces, or pieces of four Han characters."""
    text = " ".join(line.words for dialogue in character.dialogues for line in dialogue.lines)
    if character.language == "zh":
        return [text[at : at + 4] for at in range(0, len(text) - 4, 4)]
    return text.split()


def table(results: Sequence[Drawing]) -> Table:
    """One line a corpus."""
    rows = [
        (
            f"{result.language}, {result.dialogues:,} dialogues",
            f"{result.prepare:.2f}",
            f"{result.turn * 1000:.1f}",
            f"{result.worst * 1000:.1f}",
        )
        for result in results
    ]
    return table_of("dialogues drawn for a turn", ("", "once, s", "a turn, ms", "at worst, ms"), rows)


def missed(results: Sequence[Drawing]) -> list[str]:
    """The goals that were not reached."""
    return [
        f"{result.language}: {result.dialogues:,} dialogues take {result.turn * 1000:.1f} ms a turn; "
        f"{GOAL * 1000:.0f} was the goal"
        for result in results
        if result.dialogues <= GOAL_DIALOGUES and result.turn > GOAL
    ]

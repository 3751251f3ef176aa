"""What is to be known of a character and its corpus before it is played: counts, what was left out, what fits."""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median_low

from assistant.characters.folder import spoken_in
from assistant.characters.preparation import neutral, situation
from assistant.characters.retrieval import TURNS, Retriever, fitting, room_for
from assistant.characters.values import Character, CorpusFile, LeftOut
from assistant.characters.vectors import State, index_file, state_of
from assistant.characters.wording import BLOCK

_TRIED = 100
"""Dialogues that stand for running conversations."""


@dataclass(frozen=True, slots=True)
class Index:
    """The vectors of the dialogues. `model`: which made them; empty: there are none."""

    state: State
    vectors: int
    wanted: int
    model: str


@dataclass(frozen=True, slots=True)
class Findings:
    """`dialogues` are those that may be shown; `read` is how many the files hold."""

    dialogues: int
    read: int
    lines: int
    speakers: Mapping[str, int]
    """Lines of each, the most talkative first."""
    files: tuple[CorpusFile, ...]
    left_out: tuple[LeftOut, ...]
    longest: int
    """Characters of the longest dialogue, which stands at `longest_at`."""
    longest_at: str
    in_prompt: tuple[int, int, int]
    """Dialogues in the prompt of a short conversation: least, middle and most, by the characters that the settings
    allow; a small context may hold fewer."""
    index: Index | None
    """None: no model for vectors is named."""
    notes: tuple[str, ...]
    """What the user should know."""


def check_character(character: Character) -> Findings:
    """Look at all of it. Reads the file of vectors, and no model."""
    corpus, retriever = character.corpus, Retriever(character)
    longest = max(retriever.dialogues, key=lambda dialogue: len(dialogue.text), default=None)
    notes = list(corpus.notes)
    spoken = spoken_in("\n".join(dialogue.text for dialogue in corpus.dialogues[:200]))
    if corpus.dialogues and spoken != character.language:
        notes.append(f"the dialogues seem to be in {spoken}, and language is {character.language}")
    if character.description == "":
        notes.append("there is no description; a few sentences help more than many dialogues")
    room = room_for(character.prompt, _rest(character))
    never = [dialogue for dialogue in retriever.dialogues if len(dialogue.text) > room]
    if never:
        where = ", ".join(dialogue.where for dialogue in never[:3])
        notes.append(f"{len(never):,} dialogues are longer than the {room:,} characters that a prompt has ({where})")
    return Findings(
        len(retriever.dialogues),
        len(corpus.dialogues),
        sum(len(dialogue.lines) for dialogue in retriever.dialogues),
        corpus.speakers,
        corpus.files,
        (*corpus.left_out, *retriever.prepared.left_out),
        len(longest.text) if longest is not None else 0,
        longest.where if longest is not None else "",
        _in_prompt(character, retriever),
        _index(character, retriever),
        tuple(notes),
    )


def _in_prompt(character: Character, retriever: Retriever) -> tuple[int, int, int]:
    counts = []
    room = room_for(character.prompt, _rest(character))
    step = max(len(retriever.dialogues) // _TRIED, 1)
    for dialogue in retriever.dialogues[::step]:
        recent = situation(dialogue.lines)[-TURNS:]
        found = retriever.best(recent, most=character.prompt.dialogues, longest=room)
        counts.append(len(fitting(found, [0] * len(found), room, 0)))
    return (min(counts), median_low(counts), max(counts)) if counts else (0, 0, 0)


def _rest(character: Character) -> int:
    """Characters of a prompt without dialogues and turns."""
    return len(BLOCK[character.language]) + len(character.description) + len(character.greeting)


def _index(character: Character, retriever: Retriever) -> Index | None:
    if character.retrieval.embedding_model is None:
        return None
    texts = [neutral(situation(dialogue.lines), character.is_self) for dialogue in retriever.dialogues]
    state, found, model = state_of(index_file(character), texts)
    return Index(state, found, len(texts), model)

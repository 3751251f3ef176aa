"""On the sample corpora a turn finds the dialogue it was taken out of among the best twenty, nine times out of ten."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import pytest

from assistant.characters import retrieval
from assistant.characters.folder import load_character
from assistant.characters.retrieval import Retriever
from assistant.characters.values import Character, Corpus, Line
from assistant.ranking import signs, words

BEST, WANTED = 20, 0.9


@pytest.fixture(autouse=True)
def words_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for function in (words, signs):
        monkeypatch.setattr(retrieval, function.__name__, cache(function))


@cache
def sample(name: str) -> Character:
    return load_character(name)


def turns(character: Character) -> list[tuple[int, int]]:
    """Every line of somebody else: the number of its dialogue, and its own."""
    dialogues = Retriever(character).dialogues
    return [
        (number, at)
        for number, dialogue in enumerate(dialogues)
        for at, line in enumerate(dialogue.lines)
        if not character.is_self(line.speaker)
    ]


def share(character: Character, chosen: Sequence[tuple[int, int]], before: int, *, gone: bool = False) -> float:
    """How many find their dialogue, with the turn taken out of it.

    `before`: turns before it that belong to what is searched for; `gone`: they are taken out too.
    """
    dialogues = Retriever(character).dialogues
    found = 0
    for number, at in chosen:
        lines: tuple[Line, ...] = dialogues[number].lines
        start = max(0, at - before)
        rest = replace(dialogues[number], lines=(*lines[: start if gone else at], *lines[at + 1 :]))
        without = (*dialogues[:number], rest, *dialogues[number + 1 :])
        retriever = Retriever(replace(character, corpus=Corpus(without)))
        found += rest in retriever.best(lines[start : at + 1], most=BEST, longest=1 << 20)
    return found / len(chosen)


@pytest.mark.parametrize("name", ["glim", "aying"])
def test_held_out_turns_find_their_dialogue(name: str) -> None:
    character = sample(name)
    every = turns(character)
    assert len(every) > BEST * 10
    some = every[:: len(every) // BEST]
    assert share(character, some, 0) >= WANTED, "by the words of the turn alone"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["glim", "aying"])
def test_all_of_them(name: str) -> None:
    character = sample(name)
    every = turns(character)
    alone, running = share(character, every, 0), share(character, every, 2)
    later = [(number, at) for number, at in every if at >= 2]
    nothing_kept = share(character, later, 2, gone=True)
    assert alone >= WANTED
    assert running >= WANTED
    assert nothing_kept >= WANTED

"""The characters that ship with the package: they are whole, they are in the wheel, and their dialogues are found."""

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.characters.check import check_character
from assistant.characters.folder import SAMPLES, load_character
from assistant.characters.retrieval import Retriever
from assistant.characters.values import Character, Corpus, Dialogue
from assistant.ranking import words

ROOT = Path(__file__).parents[3]
LANGUAGES = {"glim": "en", "aying": "zh"}


@pytest.fixture(params=sorted(LANGUAGES))
def sample(request: pytest.FixtureRequest) -> Character:
    return load_character(SAMPLES / request.param)


def test_they_are_files_of_the_wheel() -> None:
    patterns = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]["assistant"]
    packed = {path for pattern in patterns for path in (ROOT / "assistant").glob(pattern.replace("/**", "/**/*"))}
    files = {path for path in SAMPLES.rglob("*") if path.is_file()}
    assert files <= packed
    assert {path.suffix for path in files} == {".toml", ".csv", ".txt"}, "each form of a corpus but JSON lines is shown"


def test_nothing_is_to_be_said_against_them(sample: Character) -> None:
    found = check_character(sample)
    assert (found.notes, found.left_out) == ((), ())
    assert found.dialogues >= 110
    assert sample.language == LANGUAGES[sample.id]
    assert sample.greeting
    assert sample.user in found.speakers


def test_they_sound_like_somebody(sample: Character) -> None:
    least = 10 if sample.language == "zh" else 30
    own = [line.words for dialogue in sample.dialogues for line in dialogue.lines if sample.is_self(line.speaker)]
    assert sum(len(said) >= least for said in own) / len(own) > 0.98
    assert all(4 <= len(dialogue.lines) <= 8 for dialogue in sample.dialogues)
    last = sum(sample.is_self(dialogue.lines[-1].speaker) for dialogue in sample.dialogues)
    assert last / len(sample.dialogues) > 0.9


def test_no_dialogue_is_another_one_over_again(sample: Character) -> None:
    bags = [frozenset(words(" ".join(line.words for line in dialogue.lines))) for dialogue in sample.dialogues]
    alike = [
        (sample.dialogues[first].where, sample.dialogues[second].where)
        for first in range(len(bags))
        for second in range(first)
        if len(bags[first] & bags[second]) > 0.4 * len(bags[first] | bags[second])
    ]
    assert not alike


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_turn_finds_the_dialogue_it_was_taken_from(sample: Character) -> None:
    """Those of the character too, by their own words alone, among the twenty best of all."""
    turns = [(number, at) for number, found in enumerate(sample.dialogues) for at in range(len(found.lines))]
    found = sum(_rank(sample, number, at) < 20 for number, at in turns)
    assert found / len(turns) >= 0.93


def _rank(sample: Character, number: int, at: int) -> int:
    whole = sample.dialogues[number]
    rest = Dialogue((*whole.lines[:at], *whole.lines[at + 1 :]), whole.where)
    dialogues = (*sample.dialogues[:number], rest, *sample.dialogues[number + 1 :])
    retriever = Retriever(replace(sample, corpus=Corpus(dialogues)))
    ranked = retriever.ranked([whole.lines[at]])
    return next(rank for rank, one in enumerate(ranked) if retriever.dialogues[one].where == whole.where)

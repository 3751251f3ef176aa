"""Which dialogues of a corpus are most like the running conversation: by their words, and by vectors where there are.

Words weigh by BM25, Chinese ones as pairs of characters and as single ones; who speaks does not count. The last turn
says most of what is going on, the two before it half as much each. What the character answers in a dialogue is searched
too: on both sample corpora that finds more than the lines before it alone, which bilibili's own search compares.
"""

from collections.abc import Sequence
from itertools import islice

from assistant import ranking
from assistant.characters.preparation import Prepared, prepared
from assistant.characters.values import Character, Dialogue, Line, PromptSettings
from assistant.characters.wording import SEPARATOR
from assistant.ranking import WordIndex, fused, signs, words

TURNS = 3
"""Of the running conversation: the last one, and those before it."""
_EARLIER = 0.5
"""What a turn before the last one weighs beside it."""


class Retriever:
    """The prepared dialogues of one character, their words counted once."""

    def __init__(self, character: Character) -> None:
        self.prepared: Prepared = prepared(character.dialogues, character.is_self)
        self._index = WordIndex(_words(dialogue.lines) for dialogue in self.dialogues)

    @property
    def dialogues(self) -> tuple[Dialogue, ...]:
        return self.prepared.dialogues

    def ranked(self, recent: Sequence[Line], *others: Sequence[int]) -> tuple[int, ...]:
        """Numbers of all dialogues, the most similar first; those that share nothing come last, in their order.

        `recent`: the running conversation, of which the last `TURNS` lines count. `others`: more rankings of the same
        dialogues, which weigh as much as the words.
        """
        scores = self._index.scores(())
        for age, line in enumerate(reversed(recent[-TURNS:])):
            scores = scores + (_EARLIER if age else 1.0) * self._index.scores(_words([line]))
        found = fused(ranking.best(scores), *others) if others else ranking.best(scores)
        return tuple(dict.fromkeys((*found, *range(len(self.dialogues)))))

    def best(self, recent: Sequence[Line], *others: Sequence[int], most: int, longest: int) -> tuple[Dialogue, ...]:
        """The first of that ranking, at most so many, none of them of more characters than `longest`."""
        ranked = (self.dialogues[number] for number in self.ranked(recent, *others))
        return tuple(islice((dialogue for dialogue in ranked if len(dialogue.text) <= longest), most))


def room_for(settings: PromptSettings, rest: int) -> int:
    """Characters of a prompt that dialogues may take beside the `rest` of it; a quarter of all at least."""
    return max(settings.characters - rest, settings.characters // 4)


def fitting(dialogues: Sequence[Dialogue], costs: Sequence[int], characters: int, tokens: int) -> tuple[Dialogue, ...]:
    """Those that fit together, in their order, each that does not passed over. `costs`: tokens of each, with what parts
    it from the next; `characters`, `tokens`: what all of them may take.
    """
    taken: list[Dialogue] = []
    for dialogue, cost in zip(dialogues, costs, strict=True):
        length = len(dialogue.text) + (len(SEPARATOR) if taken else 0)
        if length <= characters and cost <= tokens:
            characters, tokens = characters - length, tokens - cost
            taken.append(dialogue)
    return tuple(taken)


def _words(lines: Sequence[Line]) -> list[str]:
    return [word for line in lines for word in (*words(line.words), *signs(line.words))]

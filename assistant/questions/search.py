"""Which pieces of a document a question is about, by the words they share, and which of them fit a prompt together."""

from collections.abc import Sequence

from assistant.documents.document import Document
from assistant.documents.pieces import Piece
from assistant.ranking import WordIndex, words

_ASKING = {
    *("who", "whom", "whos", "what", "which", "when", "wher", "why", "how", "do", "doe", "did", "can", "could", "is"),
    *("ar", "was", "wer", "be", "has", "have", "had", "the", "a", "an", "of", "to", "in", "on", "at", "for", "and"),
    *("or", "by", "with", "from", "thi", "that", "it", "ther", "about", "tell", "me", "什么", "么是", "是什", "哪些"),
    *("哪个", "哪里", "如何", "怎么", "怎样", "多少", "为什", "有多", "是谁", "谁是", "是否"),
}
"""What questions are made of, without their endings; it says nothing of what they are about."""


class Search:
    """The words of all pieces, counted once."""

    def __init__(self, document: Document, pieces: Sequence[Piece]) -> None:
        self._index = WordIndex(words(document.text[piece.start : piece.end]) for piece in pieces)

    def ranked(self, question: str) -> tuple[int, ...]:
        """Numbers of the pieces that share a word with the question, the most fitting first; none where none does."""
        asked = self._index.known & {*words(question)}
        return self._index.ranked(asked - _ASKING or asked)


def chosen(pieces: Sequence[Piece], ranking: Sequence[int], room: int) -> tuple[Piece, ...]:
    """The best of them that fit in `room` tokens together, in the order of the document.

    The first piece comes along beside the best one wherever it fits: it mostly says what the document is.
    """
    taken: list[int] = []
    for number in dict.fromkeys((*ranking[:1], 0, *ranking[1:])):
        room -= pieces[number].tokens
        if room < 0:
            break
        taken.append(number)
    return tuple(pieces[number] for number in sorted(taken))

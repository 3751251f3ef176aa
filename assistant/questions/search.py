"""Which pieces of a document a question is about: by the words they share, and by meaning where there are vectors.

Words weigh by BM25: rare ones more, and less each time they come again. Chinese and Japanese have no spaces, so every
two characters in a row count as a word. The module knows nothing of models; vectors are handed to it.
"""

import re
import unicodedata
from collections.abc import Sequence

from assistant.documents.document import Document
from assistant.documents.pieces import Piece

_STEADY = 60
"""Reciprocal rank fusion: how little the first ranks stand out (Cormack, Clarke and Büttcher 2009)."""

_HAN = r"\u2e80-\u2fdf\u3005\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WORD = re.compile(rf"(?P<number>\d+(?:[.,'’]\d+)*)|(?P<han>[{_HAN}]+)|[^\W\d_{_HAN}]+")


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
        from bm25s import BM25  # noqa: PLC0415  a tenth of a second, for documents beyond the window only

        self._pieces = tuple(pieces)
        texts = [words(document.text[piece.start : piece.end]) for piece in self._pieces]
        self._known = {word for text in texts for word in text}
        self._index = BM25()
        if self._known:
            self._index.index(texts, show_progress=False)

    def ranked(self, question: str) -> tuple[int, ...]:
        """Numbers of the pieces that share a word with the question, the most fitting first; none where none does."""
        asked = {word for word in words(question) if word in self._known}
        asked = asked - _ASKING or asked
        if not asked:
            return ()
        scores = self._index.get_scores(sorted(asked))
        order = sorted(range(len(self._pieces)), key=lambda number: (-scores[number], number))
        return tuple(number for number in order if scores[number] > 0)


def words(text: str) -> list[str]:
    """What two texts are compared by: words without case and plain endings, pairs of Han characters, bare numbers."""
    found: list[str] = []
    for match in _WORD.finditer(unicodedata.normalize("NFKC", text).casefold()):
        token = match[0]
        if match["number"]:
            found.append(_number(token))
        elif match["han"]:
            found += [token] if len(token) == 1 else [token[at : at + 2] for at in range(len(token) - 1)]
        else:
            found.append(_stem(token))
    return found


def nearest(question: Sequence[float], vectors: Sequence[Sequence[float]]) -> tuple[int, ...]:
    """Numbers of the vectors, the one most like the question's first."""
    import numpy as np  # noqa: PLC0415

    rows = np.asarray(vectors, dtype=np.float64)
    lengths = np.linalg.norm(rows, axis=1)
    scores = rows @ np.asarray(question, dtype=np.float64) / np.where(lengths > 0, lengths, 1.0)
    return tuple(int(number) for number in np.argsort(-scores, kind="stable"))


def fused(*rankings: Sequence[int]) -> tuple[int, ...]:
    """One ranking of several: what stands high in more of them comes first."""
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, number in enumerate(ranking):
            scores[number] = scores.get(number, 0.0) + 1 / (_STEADY + rank)
    return tuple(sorted(scores, key=lambda number: (-scores[number], number)))


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


def _number(text: str) -> str:
    """1,200 and 1'200 are 1200; 3.50 stays as it is, and so does 1.2.3."""
    return re.sub(r"[,'’](?=\d{3}(?!\d))", "", text)


def _stem(word: str) -> str:
    """Without the commonest English endings: signs, signed and signing are sign. What is no English hardly changes."""
    if len(word) > 4 and word.isascii():
        for ending in ("ing", "ed", "es", "s"):
            if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
                return word.removesuffix(ending).removesuffix("e")
        return word.removesuffix("e")
    return word

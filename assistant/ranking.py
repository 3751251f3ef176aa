"""Which of many texts are most like one: by the words they share, by vectors, and by several such rankings at once.

Words weigh by BM25: rare ones more, and less each time they come again. Chinese and Japanese have no spaces, so every
two characters in a row count as a word. The module knows nothing of models; vectors are handed to it.
"""

import re
import unicodedata
from collections.abc import Iterable, KeysView, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_STEADY = 60
"""Reciprocal rank fusion: how little the first ranks stand out (Cormack, Clarke and Büttcher 2009)."""

_HAN = r"\u2e80-\u2fdf\u3005\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WORD = re.compile(rf"(?P<number>\d+(?:[.,'’]\d+)*)|(?P<han>[{_HAN}]+)|[^\W\d_{_HAN}]+")
_HAN_SIGN = re.compile(f"[{_HAN}]")


class WordIndex:
    """The words of many texts, counted once. The texts may come one by one: none of them is kept."""

    def __init__(self, texts: Iterable[Iterable[str]]) -> None:
        from bm25s import BM25  # noqa: PLC0415  a tenth of a second, and only a search needs it

        self._ids: dict[str, int] = {}
        found = [[self._ids.setdefault(word, len(self._ids)) for word in text] for text in texts]
        self._size = len(found)
        self._index = BM25()
        if self._ids:
            self._index.index((found, dict(self._ids)), show_progress=False)

    @property
    def known(self) -> KeysView[str]:
        """All words that are there."""
        return self._ids.keys()

    def ranked(self, asked: Iterable[str]) -> tuple[int, ...]:
        """Numbers of the texts that have one of these words, the most fitting first; none where none has."""
        return best(self.scores(asked))

    def scores(self, asked: Iterable[str]) -> "NDArray[np.float64]":
        """How well each text fits these words, from 0: it has none of them. Scores of several words add up."""
        import numpy as np  # noqa: PLC0415

        found = sorted({self._ids[word] for word in asked if word in self._ids})
        if not found:
            return np.zeros(self._size)
        return np.asarray(self._index.get_scores(found), dtype=np.float64)


def best(scores: "NDArray[np.float64]") -> tuple[int, ...]:
    """Numbers of the scores above 0, the highest first, equal ones in their order."""
    order = (-scores).argsort(kind="stable")
    return tuple(int(number) for number in order[: int((scores > 0).sum())])


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


def signs(text: str) -> list[str]:
    """Han characters one by one: in a short text one of them is often the only word that another text has too."""
    return _HAN_SIGN.findall(unicodedata.normalize("NFKC", text))


def nearest(question: Sequence[float], vectors: "Sequence[Sequence[float]] | NDArray[np.float32]") -> tuple[int, ...]:
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

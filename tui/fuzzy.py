"""Letters in their order, with others between them: `rdm` finds `README.md`. The best finds first; pure."""

from collections.abc import Callable, Iterable
from heapq import nsmallest
from typing import TypeVar

Item = TypeVar("Item")

_STARTS = 6
"""Places of the first letter that are tried."""
_LETTER, _NEXT, _WORD, _WHOLE = 1.0, 2.5, 2.0, 2.0
_BREAKS = "/\\_-. ,()[]"


def match(query: str, text: str) -> tuple[float, tuple[int, ...]] | None:
    """How well (more is better), and the places of the letters; None where they are not all there. Case aside."""
    if not query:
        return 0.0, ()
    wanted, inside = _lower(query), _lower(text)
    best: tuple[float, tuple[int, ...]] | None = None
    start = -1
    for _ in range(_STARTS):
        start = inside.find(wanted[0], start + 1)
        if start < 0:
            break
        places = _places(wanted, inside, start)
        if places is None:
            break
        score = _score(places, text, inside)
        if best is None or score > best[0]:
            best = score, places
    whole = inside.rfind(wanted)
    if whole >= 0:
        places = tuple(range(whole, whole + len(wanted)))
        score = _score(places, text, inside) + _WHOLE
        if best is None or score >= best[0]:
            best = score, places
    return best


def rank(
    query: str, items: Iterable[Item], text: Callable[[Item], str], most: int
) -> list[tuple[Item, tuple[int, ...]]]:
    """The items that match, the best first, equal ones as they came; with the places of the letters."""
    found = []
    for number, item in enumerate(items):
        matched = match(query, text(item))
        if matched is not None:
            found.append(((-matched[0], number), item, matched[1]))
    return [(item, places) for _order, item, places in nsmallest(most, found, key=lambda each: each[0])]


def _lower(text: str) -> str:
    """Of the same length: a few letters are longer in lower case, and stay."""
    if text.isascii():
        return text.lower()
    return "".join(letter.lower() if len(letter.lower()) == 1 else letter for letter in text)


def _places(wanted: str, inside: str, start: int) -> tuple[int, ...] | None:
    places = [start]
    for letter in wanted[1:]:
        place = inside.find(letter, places[-1] + 1)
        if place < 0:
            return None
        places.append(place)
    return tuple(places)


def _score(places: tuple[int, ...], text: str, inside: str) -> float:
    score = 0.0
    for number, place in enumerate(places):
        score += _LETTER
        if number and places[number - 1] == place - 1:
            score += _NEXT
        if place == 0 or text[place - 1] in _BREAKS or (text[place] != inside[place] and text[place - 1].islower()):
            score += _WORD
    base = inside.rfind("/") + 1
    return score + sum(place >= base for place in places) / 2 - (places[-1] - places[0]) / 50

"""Planted wrong figures are caught, planted right ones are not: over whole documents, a sentence at a time."""

from collections import Counter
from pathlib import Path

import pytest

from assistant.checks.checker import Checker
from tests.assistant.checks.contract import Said, contract, report
from tests.assistant.checks.support import checker

NAMES = {"firm", "other", "bank", "person", "city"}
LICENSE = Path(__file__).parents[3] / "LICENSE"


def results(ready: Checker, said: list[Said]) -> tuple[list[str], Counter[tuple[str, bool]]]:
    """The false alarms, and for each kind of altered thing whether it was caught, how often."""
    alarms = [
        f"{claim.text!r} in {one.sentence}"
        for one in said
        for claim in ready.claims(one.sentence)
        if not claim.supported
    ]
    caught = Counter(
        (kind, any(not claim.supported for claim in ready.claims(sentence)))
        for one in said
        for kind, sentence in one.altered
    )
    return alarms, caught


@pytest.mark.parametrize("made", [contract, report])
def test_every_altered_figure_is_caught_and_nothing_else(made) -> None:  # type: ignore[no-untyped-def]
    document, said = made()
    alarms, caught = results(checker(document), said)
    assert alarms == []
    assert sum(caught.values()) > 300
    assert [kind for kind, noticed in caught if not noticed and kind not in NAMES] == []
    names = sum(count for (kind, _), count in caught.items() if kind in NAMES)
    assert sum(count for (kind, noticed), count in caught.items() if kind in NAMES and noticed) >= 0.95 * names

"""The status line says how far the model is proven."""

from dataclasses import replace

import pytest

from assistant import FAKE_INFO, FakeEngine
from tests.tui.support import screen, status


@pytest.mark.parametrize("verdict", ["proven", "partly proven", "unproven"])
async def test_the_status_line(verdict: str) -> None:
    async with screen(FakeEngine(info=replace(FAKE_INFO, proof=verdict))) as pilot:
        assert status(pilot).model == f"fake Q4_K_M · {verdict}"

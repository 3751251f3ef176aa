"""In parts with the real starter model: a licence in a context that does not hold it, then the same with one edit."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.documents.document import Document
from assistant.engine import EngineSettings
from assistant.events import Reading, Text
from assistant.models import open_engine
from assistant.summary.kept import KeptPieces
from assistant.summary.summarize import summarize
from assistant.summary.values import Decided, PieceDone, Request
from tests.assistant.summary.support import result

LICENSE = Path(__file__).parents[3] / "LICENSE"
SHORT = Request(length="short", max_tokens=60)


@pytest.mark.slow
def test_a_licence_in_parts_and_an_edit_of_it(starter_gguf: Path) -> None:
    document = Document("LICENSE", LICENSE.read_text(encoding="utf-8"), "utf-8")
    with closing(open_engine(str(starter_gguf), EngineSettings(context=2048, saved_readings=False))) as engine:
        first = list(summarize(document, engine, request=SHORT, kept=KeptPieces()))
        changed = replace(document, text=document.text.replace("worldwide", "continental", 1))
        assert changed != document
        second = list(summarize(changed, engine, request=SHORT, kept=KeptPieces()))
        total = engine.count(document.text)
    (decided,) = (event for event in first if isinstance(event, Decided))
    assert decided.strategy == "parts"
    assert decided.reason.startswith(f"{total:,} tokens ")
    assert decided.pieces >= 4
    summary = result(first)
    assert (summary.coverage.tokens_total, summary.coverage.tokens_read) == (total, total)
    assert summary.coverage.readings == decided.pieces + 1
    assert summary.language == "en"
    assert summary.summary == "".join(event.text for event in first if isinstance(event, Text)).strip()
    assert len(summary.summary) > 100
    assert [event for event in first if isinstance(event, Reading)][-1].done == total
    assert summary.seconds.read > 0
    assert summary.seconds.write > 0
    # The edit is read again with its piece, and the summaries are merged anew.
    again = [event for event in second if isinstance(event, PieceDone) and not event.reused]
    assert len(again) == 1
    assert result(second).coverage.readings == 2
    assert result(second).coverage.reused_tokens > total / 2
    # Whether one word changes what the model says of a piece is its own affair; that it was asked again is not.
    assert again[0].summary
    assert result(second).coverage.tokens_read == result(second).coverage.tokens_total

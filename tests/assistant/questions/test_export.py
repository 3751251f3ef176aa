"""What was found out about a document, as Markdown and as JSON in a new file."""

import json
from pathlib import Path

import pytest

from assistant.conversation.conversation import Conversation
from assistant.documents.document import Document
from assistant.errors import OutputFailed
from assistant.fake import FakeEngine
from assistant.questions.ask import Questions
from assistant.questions.export import export_findings, findings_markdown
from assistant.questions.values import Answer
from assistant.summary.report import Result
from assistant.summary.summarize import summarize
from assistant.summary.values import Decided, Request, Summary

DOCUMENT = Document(
    "notes\x1b[31m.txt", "The bridge cost 4.2 million euros.\n\nIt was opened in 1998 by the mayor.\n", "utf-8"
)


def made() -> tuple[Result, Answer]:
    events = list(summarize(DOCUMENT, FakeEngine(["The bridge was opened in 1989 by the mayor."])))
    decided = next(event for event in events if isinstance(event, Decided))
    summary = next(event for event in events if isinstance(event, Summary))
    questions = Questions(DOCUMENT, Conversation(FakeEngine(["It cost 4.2 million euros."])))
    answer = next(event for event in questions.ask("What did it cost?\x1b[2J") if isinstance(event, Answer))
    return Result(DOCUMENT, Request(), decided, summary), answer


def test_markdown_has_the_marks_the_sources_and_the_questions(tmp_path: Path) -> None:
    result, answer = made()
    export_findings(result, [answer], tmp_path / "a.md")
    text = (tmp_path / "a.md").read_text(encoding="utf-8")
    assert text == findings_markdown(result, [answer])
    assert text.startswith("# Summary of notes[31m.txt\n\nThe bridge was opened in 1989 [?] by the mayor.\n")
    assert "## Sources\n\n- lines 1-3: The bridge was opened in 1989 by the mayor." in text
    assert "- 1989: not in the document" in text
    assert "## What did it cost?[2J\n\nIt cost 4.2 million euros.\n\nSources:\n\n- line 1: It cost" in text
    assert "tokens (100 %)" in text
    assert "\x1b" not in text


def test_json_is_that_of_the_command_line(tmp_path: Path) -> None:
    result, answer = made()
    export_findings(result, [answer], tmp_path / "a.json")
    value = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert value["document"] == DOCUMENT.name
    assert value["claims"]["unsupported"] == 1
    assert value["questions"][0]["answer"] == "It cost 4.2 million euros."


def test_nothing_is_replaced(tmp_path: Path) -> None:
    result, _ = made()
    (tmp_path / "a.md").write_text("mine")
    with pytest.raises(OutputFailed):
        export_findings(result, [], tmp_path / "a.md")
    assert (tmp_path / "a.md").read_text() == "mine"

"""`luciole summarize --watch` with a scripted engine: what stands where, version after version, until Ctrl-C."""

import json
import re
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.errors import EngineFailed
from assistant.events import Reading
from assistant.fake import FakeEngine
from assistant.watch.follow import Version
from tests.assistant.watch.support import HURRIED, await_true
from tests.cli.conftest import Luciole, Opens

TEXT = "# Minutes\n\nThe committee met on 3 May and it agreed to pay 84,500 euros for the bridge."
FIRST = "The committee agreed to pay 84,500 euros."
SECOND = "The committee agreed to pay 99,999 euros."
TIME = r"\[\d\d:\d\d:\d\d\]"


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "report.md"
    path.write_text(TEXT)
    return path


@pytest.fixture
def at_work(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """What a person does after each version is shown; after the last of them, Ctrl-C."""
    monkeypatch.setattr("assistant.watch.watcher.Timing", lambda: HURRIED)

    def work(*steps: Callable[[], object]) -> None:
        from assistant.commands import watching

        left = iter(steps)
        finish = watching._Shown._finish

        def then(shown: watching._Shown, version: Version) -> None:
            finish(shown, version)
            step = next(left, None)
            if step is None:
                raise KeyboardInterrupt
            step()

        monkeypatch.setattr(watching._Shown, "_finish", then)

    return work


Work = Callable[..., None]


def test_a_pipe_gets_each_summary_under_a_line_that_says_what_changed(
    luciole: Luciole, opens: Opens, report: Path, at_work: Work
) -> None:
    door = opens(FakeEngine([FIRST, SECOND]))
    at_work(lambda: report.write_text(TEXT.replace("May", "June")))
    shown = luciole("summarize", str(report), "--watch", "--changes")
    assert shown.code == 130
    tokens = re.search(r"(\d+) of \1 tokens to read again", shown.out)
    assert tokens is not None
    sentence = f"1 paragraph changed, {tokens[0]}, about 1 s"
    assert re.fullmatch(
        f"{TIME} {re.escape(str(report))}\n{re.escape(FIRST)}\n"
        f"\n{TIME} {re.escape(sentence)}\nThe committee agreed to pay 99,999 euros \\[\\?\\]\\.\n"
        f"\nWhat changed in the summary:\n- {re.escape(FIRST)}\n\\+ {re.escape(SECOND)}\n",
        shown.out,
    )
    assert f"note: watching {report}; Ctrl-C ends it\n" in shown.err
    assert f"note: {sentence}\n" in shown.err
    assert shown.err.endswith("interrupted\n")
    assert door.engine.closed
    assert "watcher" not in [thread.name for thread in threading.enumerate()]


def test_json_is_one_object_a_line(luciole: Luciole, opens: Opens, report: Path, at_work: Work) -> None:
    opens(FakeEngine([FIRST, SECOND]))
    at_work(lambda: report.write_text(f"{TEXT}\n\nOne \x1b[31m more."))
    shown = luciole("summarize", str(report), "--watch", "--json")
    first, second = map(json.loads, shown.out.splitlines())
    assert (first["summary"], first["version"], first["changed"], first["difference"]) == (FIRST, 1, None, [])
    assert (second["summary"], second["version"], second["current"]) == (SECOND, 2, True)
    assert second["changed"]["sentence"].startswith("1 paragraph added, ")
    assert {name: second["changed"][name] for name in ("unit", "changed", "added", "removed", "first")} == {
        "unit": "paragraph",
        "changed": 0,
        "added": 1,
        "removed": 0,
        "first": len(TEXT),
    }
    assert second["changed"]["tokens_to_read"] > 0
    assert second["difference"] == [f"- {FIRST}", f"+ {SECOND}"]
    assert second["claims"]["unsupported"] == 1


def test_a_file_is_replaced_with_each_version(
    luciole: Luciole, opens: Opens, report: Path, at_work: Work, tmp_path: Path
) -> None:
    opens(FakeEngine([FIRST, SECOND]))
    (tmp_path / "out").mkdir()
    output = tmp_path / "out" / "summary.md"
    seen: list[str] = []

    def edit() -> None:
        seen.append(output.read_text())
        report.write_text(f"{TEXT}\n\nMore.")

    at_work(edit)
    shown = luciole("summarize", str(report), "--watch", "--changes", "-o", str(output))
    assert shown.out == ""
    assert seen == [f"{FIRST}\n"]
    assert output.read_text() == "The committee agreed to pay 99,999 euros [?].\n"
    assert shown.err.count(f"note: the summary is in {output}\n") == 2
    assert f"What changed in the summary:\n- {FIRST}\n" in shown.err
    assert [path.name for path in output.parent.iterdir()] == ["summary.md"]
    at_work()
    luciole("summarize", str(report), "--watch", "--json", "-o", str(output), "--force")
    assert json.loads(output.read_text())["version"] == 1


def test_a_terminal_sees_the_words_come_and_what_became_void(
    luciole: Luciole, opens: Opens, report: Path, at_work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    opens(FakeEngine([FIRST, SECOND, FIRST]))
    at_work(lambda: report.write_text(TEXT.replace("May", "June")), lambda: None)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    from assistant.commands import watching

    see, edited = watching._Shown.see, threading.Event()

    def then(shown: watching._Shown, event: object) -> None:
        see(shown, event)
        if getattr(event, "text", "") == " 99,999" and not edited.is_set():
            edited.set()
            report.write_text(TEXT.replace("May", "July"))
        if isinstance(event, Version) and edited.is_set():
            raise KeyboardInterrupt

    monkeypatch.setattr(watching._Shown, "see", then)
    shown = luciole("summarize", str(report), "--watch")
    assert re.match(f"{TIME} {re.escape(str(report))}\n{re.escape(FIRST)}\n\n{TIME} 1 paragraph changed, ", shown.out)
    assert shown.out.endswith(f"\n{FIRST}\n")
    assert "note: what was written of this version is void: the document changed\n" in shown.err


def test_trouble_is_told_and_waited_out(luciole: Luciole, opens: Opens, report: Path, at_work: Work) -> None:
    failed = [Reading(0, 9), EngineFailed("the engine died; an answer was expected; try again")]
    opens(FakeEngine([FIRST, failed, SECOND]))
    troubles: list[str] = []

    def edit() -> None:
        def person() -> None:
            report.unlink()
            await_true(lambda: f"note: {report} is gone; it is waited for" in troubles)
            report.write_text("Another text.")
            await_true(lambda: "error: the engine died; an answer was expected; try again" in troubles)
            report.write_text("And another text.")

        threading.Thread(target=person, daemon=True).start()

    from assistant.commands import watching

    def note(text: str, kind: str = "note") -> None:
        troubles.append(f"{kind}: {text}")

    at_work(edit)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(watching, "note", note)
        shown = luciole("summarize", str(report), "--watch")
    assert shown.code == 130
    assert SECOND.replace("euros", "euros [?]") in shown.out
    assert "note: it is back" in troubles
    assert "note: the next version is waited for" in troubles


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("-", "--watch"), 2, "--watch needs files or folders: standard input (-) does not change"),
        (("gone.md", "--watch"), 1, "gone.md does not exist"),
        (("{folder}", "--watch", "-o", "{folder}/summary.md"), 1, "would be summarized itself"),
        (("{folder}/report.md", "--changes"), 2, "--changes goes with --watch"),
    ],
)
def test_what_cannot_be_watched(
    luciole: Luciole, opens: Opens, report: Path, arguments: tuple[str, ...], code: int, words: str
) -> None:
    opens(FakeEngine([FIRST]))
    shown = luciole("summarize", *(each.format(folder=report.parent) for each in arguments))
    assert (shown.code, shown.out) == (code, "")
    assert words in shown.err

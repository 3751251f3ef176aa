"""`luciole summarize` with a scripted engine: transcripts, options, files, refusals."""

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.errors import EngineFailed
from assistant.events import Finished, Reading, Text, Usage
from assistant.fake import FAKE_INFO, FakeEngine
from assistant.paths import folder
from tests.cli.conftest import Luciole, Opens

TEXT = "# Minutes\n\nThe committee met on 3 May and it agreed to pay 84,500 euros for the bridge.\n\nDr. Wu was there."
TOKENS = 22
GOOD = "The committee agreed to pay 84,500 euros."
BAD = "The committee agreed to pay 99,999 euros, said Dr. Wu."
REPORT = """\
checked: 1 figure or name: it is in the document
sources: line 3 (Minutes): The committee agreed to pay 84,500 euros.
read: 22 of 22 tokens (100 %), 22 tokens fit the context of 8,192 in one reading
language: English, as the document
time: reading 0.5 s, writing 1.0 s
"""


@pytest.fixture
def report(tmp_path: Path) -> str:
    path = tmp_path / "report.md"
    path.write_text(TEXT)
    return str(path)


@pytest.fixture
def looked_on(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Standard output is a terminal from now on."""

    def look() -> None:
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)

    return look


def asked(engine: FakeEngine) -> list[str]:
    return [messages[0].content for messages in engine.received]


def test_the_summary_alone_is_on_stdout(luciole: Luciole, opens: Opens, report: str) -> None:
    door = opens(FakeEngine([GOOD]))
    shown = luciole("summarize", report, "-m", "small", "--context", "4096")
    assert (shown.code, shown.out, shown.err) == (0, f"{GOOD}\n", REPORT)
    assert door.model == "small"
    assert door.settings is not None
    assert door.settings.context == 4096
    assert door.engine.closed
    assert asked(door.engine)[0] == f"{TEXT}\n\n---\n\nSummarize the text above in one paragraph of plain prose."


def test_standard_input(luciole: Luciole, opens: Opens) -> None:
    door = opens(FakeEngine([GOOD]))
    shown = luciole("summarize", "-", stdin=TEXT.encode())
    assert (shown.code, shown.out) == (0, f"{GOOD}\n")
    assert asked(door.engine)[0].startswith(TEXT)


def test_standard_input_is_read_once(luciole: Luciole, opens: Opens) -> None:
    opens(FakeEngine([GOOD]))
    shown = luciole("summarize", "-", "-", stdin=TEXT.encode())
    assert shown.code == 2
    assert "- is given twice" in shown.err


def test_what_the_document_does_not_have_is_marked_and_named(luciole: Luciole, opens: Opens, report: str) -> None:
    opens(FakeEngine([BAD]))
    shown = luciole("summarize", report)
    assert shown.out == "The committee agreed to pay 99,999 euros [?], said Dr. Wu.\n"
    assert "checked: 2 figures and names: 1 found, 1 not found and marked: 99,999 euros\n" in shown.err


def test_a_single_claim_that_is_wrong(luciole: Luciole, opens: Opens, report: str) -> None:
    opens(FakeEngine(["The committee agreed to pay 99,999 euros."]))
    shown = luciole("summarize", report)
    assert "checked: 1 figure or name: it is not in the document, and marked: 99,999 euros\n" in shown.err


def test_sources_are_on_stdout_where_asked_for(luciole: Luciole, opens: Opens, report: str) -> None:
    opens(FakeEngine([BAD]))
    shown = luciole("summarize", report, "--sources")
    assert shown.out == (
        "The committee agreed to pay 99,999 euros [?], said Dr. Wu.\n\n"
        "Sources:\n- lines 3-5 (Minutes): The committee agreed to pay 99,999 euros, said…\n\n"
        "Figures and names:\n- 99,999 euros: not in the document\n- Dr. Wu: line 5 (Minutes)\n"
    )
    assert "sources:" not in shown.err


def test_json_is_one_object(luciole: Luciole, opens: Opens, report: str) -> None:
    opens(FakeEngine([BAD]))
    shown = luciole("summarize", report, "--json")
    place = {"lines": [5, 5], "page": None, "file": None, "heading": "Minutes"}
    assert json.loads(shown.out) == {
        "summary": BAD,
        "marked": "The committee agreed to pay 99,999 euros [?], said Dr. Wu.",
        "strategy": "whole",
        "reason": "22 tokens fit the context of 8,192 in one reading",
        "language": "en",
        "language_asked": "auto",
        "model": "fake",
        "kind": "markdown",
        "encoding": "utf-8",
        "tokens_total": TOKENS,
        "tokens_read": TOKENS,
        "reused_tokens": 0,
        "readings": 1,
        "pieces": 1,
        "pieces_kept": 0,
        "unread": [],
        "seconds": {"load": json.loads(shown.out)["seconds"]["load"], "read": 0.5, "write": 1.0},
        "claims": {
            "checked": 2,
            "supported": 1,
            "unsupported": 1,
            "items": [
                {
                    "text": "99,999 euros",
                    "kind": "amount",
                    "start": 28,
                    "end": 40,
                    "supported": False,
                    "places": [],
                },
                {"text": "Dr. Wu", "kind": "name", "start": 47, "end": 53, "supported": True, "places": [place]},
            ],
        },
        "sources": [{"text": BAD, **place, "lines": [3, 5]}],
        "warnings": [],
    }


def test_on_a_terminal_the_words_come_as_they_are_certain(
    luciole: Luciole, opens: Opens, report: str, looked_on: Callable[[], None]
) -> None:
    opens(FakeEngine(["\n\n" + BAD + "\n"]))
    looked_on()
    shown = luciole("summarize", report)
    assert shown.out == "The committee agreed to pay 99,999 euros [?], said Dr. Wu.\n"
    assert shown.err.startswith("\nchecked: 2 figures and names: 1 found")


def test_words_come_before_the_end(luciole: Luciole, opens: Opens, report: str, looked_on: Callable[[], None]) -> None:
    pieces = [Reading(0, 9), Text("The committee agreed.\nIt paid 4"), Text("2 euros. It"), EngineFailed("gone")]
    opens(FakeEngine([pieces]))
    looked_on()
    shown = luciole("summarize", report)
    assert (shown.code, shown.err) == (1, "error: gone\n")
    assert shown.out == "The committee agreed.\nIt paid 42 euros [?]. It\n"


def test_an_attempt_in_a_wrong_language_is_void(
    luciole: Luciole, opens: Opens, report: str, looked_on: Callable[[], None]
) -> None:
    chinese = "委员会于五月三日开会并同意支付八万四千五百欧元修桥吴博士也在场" * 3
    opens(FakeEngine([[Reading(0, 9), *map(Text, chinese)], GOOD]))
    looked_on()
    shown = luciole("summarize", report)
    first, second = shown.out.splitlines()
    assert chinese.startswith(first.replace(" [?]", ""))
    assert second == GOOD
    assert shown.err.startswith("note: what was written is void: it was not in English")


def test_in_a_pipe_only_the_last_attempt_is_written(luciole: Luciole, opens: Opens, report: str) -> None:
    opens(FakeEngine(["委员会于五月三日开会并同意支付八万四千五百欧元修桥吴博士也在场" * 3, GOOD]))
    shown = luciole("summarize", report)
    assert shown.out == f"{GOOD}\n"
    assert "note: what was written is void" in shown.err


def test_nothing_of_a_model_or_a_document_is_obeyed(luciole: Luciole, opens: Opens, tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("# Plan \x1b[2J\n\nThe plan of Mr. Red\u202e is good and it is agreed.\n" * 2)
    opens(FakeEngine(["The \x1b[mplan of Mr. Red\u202e is good."]))
    for extra in ([], ["--sources"]):
        shown = luciole("summarize", str(path), *extra)
        assert shown.out.startswith("The [mplan of Mr. Red<U+202E> is good.\n")
        assert "\x1b" not in shown.out + shown.err
        assert "\u202e" not in shown.out + shown.err


@pytest.mark.parametrize(
    ("options", "instruction"),
    [
        (["--length", "short"], "Summarize the text above in one short sentence."),
        (["--length", "120"], "Summarize the text above in about 120 words of plain prose."),
        (["--length", "120 words"], "Summarize the text above in about 120 words of plain prose."),
        (["--length", "300字", "--language", "zh"], "请用中文总结以上内容，大约300字："),
        (["--style", "bullets"], "Write five bullet points that summarize the text above."),
        (["--style", "outline"], "Write an outline of the text above: headings, and short points below each."),
        (["--language", "fr"], "Summarize the text above in one paragraph of plain prose in French."),
        (["--language", "French"], "Summarize the text above in one paragraph of plain prose in French."),
        (
            ["--focus", "{costs}\nof all"],
            "Summarize the text above in one paragraph of plain prose. Write above all about this: {costs} of all",
        ),
    ],
)
def test_what_is_asked(luciole: Luciole, opens: Opens, report: str, options: list[str], instruction: str) -> None:
    door = opens(FakeEngine([GOOD]))
    assert luciole("summarize", report, *options).code == 0
    assert asked(door.engine)[0].endswith(f"\n\n{instruction}")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--length", "huge"], "'huge' is not short, medium, long or a number of words"),
        (["--length", "-5"], "'-5' is not short"),
        (["--length", "0"], "'0' is not between 1 and 20,000 words"),
        (["--length", "9" * 5000], "is not between 1 and 20,000 words"),
        (["--length", "12 pages"], "'12 pages' is not short"),
        (["--length", "١٢"], "is not short"),
        (["--style", "poem"], "'poem' is not one of"),
        (["--language", "klingon"], "'klingon' is not auto or one of af, ar,"),
        (["--strategy", "guess"], "'guess' is not one of"),
        (["--max-tokens", "0"], "0 is not in the range"),
        (["--sumary"], "No such option"),
    ],
)
def test_a_wrong_option_is_wrong_usage(luciole: Luciole, opens: Opens, options: list[str], said: str) -> None:
    door = opens(FakeEngine([GOOD]))
    shown = luciole("summarize", "-", *options, stdin=TEXT.encode())
    assert (shown.code, shown.out) == (2, "")
    assert said in shown.err
    assert door.model is None
    assert not door.engine.received


def test_no_document_is_wrong_usage(luciole: Luciole, opens: Opens) -> None:
    opens(FakeEngine())
    assert luciole("summarize").code == 2


def test_max_tokens_overrules_the_length(luciole: Luciole, opens: Opens, report: str) -> None:
    opens(FakeEngine(["a b c d"]))
    shown = luciole("summarize", report, "--length", "long", "--max-tokens", "2")
    assert shown.out == "a b\n"
    assert shown.err.startswith("warning: the summary was cut at 2 tokens; ")


def test_a_long_summary_has_room(luciole: Luciole, opens: Opens, report: str) -> None:
    opens(FakeEngine([" ".join(["the plan of the year"] * 200)]))
    shown = luciole("summarize", report, "--length", "900")
    assert len(shown.out.split()) == 1000
    assert "cut" not in shown.err


def test_another_encoding_is_told(luciole: Luciole, opens: Opens, tmp_path: Path) -> None:
    opens(FakeEngine(["会议讨论了销售计划。"]))
    path = tmp_path / "纪要.txt"
    path.write_bytes("会议纪要：本次会议讨论了第三季度的销售计划。".encode("gb18030"))
    shown = luciole("summarize", str(path))
    assert shown.out == "会议讨论了销售计划。\n"
    assert shown.err.startswith(
        f"note: {path} is in gb18030 (a guess from its bytes; --encoding overrules it)\n"
        "warning: the encoding is a guess: read as gb18030\n"
    )
    assert "\nlanguage: Chinese, as the document\n" in shown.err


def test_an_encoding_that_is_given_is_no_guess(luciole: Luciole, opens: Opens, tmp_path: Path) -> None:
    door = opens(FakeEngine(["会议讨论了销售计划。"]))
    path = tmp_path / "a.txt"
    path.write_bytes("會議討論了第三季的銷售計劃。".encode("big5"))
    shown = luciole("summarize", str(path), "--encoding", "big5")
    assert asked(door.engine)[0].startswith("會議討論了第三季的銷售計劃。")
    assert "guess" not in shown.err
    shown = luciole("summarize", str(path), "--encoding", "klingon")
    assert (shown.code, shown.out) == (1, "")
    assert shown.err.startswith("error: ")
    assert "klingon" in shown.err


def test_several_documents_and_a_folder_are_one(luciole: Luciole, opens: Opens, tmp_path: Path) -> None:
    folder = tmp_path / "minutes"
    folder.mkdir()
    (folder / "may.md").write_text(TEXT)
    (folder / "june.md").write_text("# June\n\nThe committee met on 7 June, and Mrs. Green paid 12 euros for the tea.")
    door = opens(FakeEngine(["Mrs. Green paid 12 euros."]))
    for arguments in ([str(folder)], [str(folder / "june.md"), str(folder / "may.md")]):
        shown = luciole("summarize", *arguments, "--json")
        result = json.loads(shown.out)
        assert result["kind"] == "files"
        assert result["sources"][0]["file"] == str(folder / "june.md")
        assert result["sources"][0]["lines"] == [3, 3]
    assert TEXT in asked(door.engine)[0]
    shown = luciole("summarize", str(folder))
    assert f"sources: {folder / 'june.md'}, line 3 (June): Mrs. Green" in shown.err


def test_a_guess_among_several_documents_is_told_once(luciole: Luciole, opens: Opens, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("The committee met and it agreed to the plan.")
    (tmp_path / "b.txt").write_bytes("会议纪要：本次会议讨论了第三季度的销售计划。".encode("gb18030"))
    opens(FakeEngine(["The committee agreed."]))
    shown = luciole("summarize", str(tmp_path))
    assert [line for line in shown.err.splitlines() if line.startswith("warning: ")] == [
        f"warning: {tmp_path / 'b.txt'}: read as gb18030 (a guess from its bytes)"
    ]


def test_a_longer_document_is_read_in_parts(luciole: Luciole, opens: Opens, tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    path.write_text("".join(f"The committee met on day {day} and it agreed to the plan.\n\n" for day in range(300)))
    opens(FakeEngine(["The committee agreed."], info=replace(FAKE_INFO, context=1500)))
    shown = luciole("summarize", str(path), "--json")
    result = json.loads(shown.out)
    assert result["strategy"] == "parts"
    assert result["tokens_read"] == result["tokens_total"] == 3600
    assert result["pieces"] > 1
    assert result["pieces_kept"] == 0
    shown = luciole("summarize", str(path))
    pieces = result["pieces"]
    assert f": {pieces} parts, {pieces} of them kept; " in shown.err
    assert "read: 3,600 of 3,600 tokens (100 %), " in shown.err


def test_what_was_not_read_is_said(luciole: Luciole, opens: Opens, tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    path.write_text("".join(f"The committee met on day {day} and it agreed to the plan.\n" for day in range(300)))
    opens(FakeEngine(["The committee agreed."], info=replace(FAKE_INFO, context=1500)))
    result = json.loads(luciole("summarize", str(path), "--strategy", "head-tail", "--json").out)
    assert result["strategy"] == "head-tail"
    assert 0 < result["tokens_read"] < result["tokens_total"]
    (unread,) = result["unread"]
    assert 1 < unread["lines"][0] < unread["lines"][1] < 300
    shown = luciole("summarize", str(path), "--strategy", "head-tail")
    assert "warning: " in shown.err
    assert "tokens were not read: lines " in shown.err
    assert "(100 %)" not in shown.err


def test_one_reading_where_it_does_not_fit_is_refused(luciole: Luciole, opens: Opens, tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    path.write_text("the word " * 500)
    opens(FakeEngine(info=replace(FAKE_INFO, context=500)))
    shown = luciole("summarize", str(path), "--strategy", "whole")
    assert (shown.code, shown.out) == (1, "")
    assert shown.err.startswith(f"error: {path} has 1,000 tokens; ")
    assert shown.err.count("\n") == 1


def test_what_was_interrupted_goes_on(luciole: Luciole, opens: Opens, tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    path.write_text("".join(f"The committee met on day {day} and it agreed to the plan.\n\n" for day in range(300)))
    made: list[int] = []

    def answer(_messages: object) -> str:
        made.append(1)
        if len(made) == 4:
            raise KeyboardInterrupt
        return "The committee agreed."

    # One part after the other, so that it is known how many are finished.
    opens(OneByOne([answer], info=replace(FAKE_INFO, context=1500)))
    shown = luciole("summarize", str(path))
    assert (shown.code, shown.out) == (130, "")
    assert "note: 3 of " in shown.err
    assert shown.err.endswith("parts are finished and kept; the same command goes on from there\ninterrupted\n")
    result = json.loads(luciole("summarize", str(path), "--json").out)
    assert result["pieces_kept"] == 3
    assert result["tokens_read"] == result["tokens_total"]


def test_what_is_not_kept_is_not_said_to_be(luciole: Luciole, opens: Opens, tmp_path: Path) -> None:
    (folder("config") / "settings.toml").write_text("[cache]\nreadings_gib = 0\n")
    path = tmp_path / "long.txt"
    path.write_text("".join(f"The committee met on day {day} and it agreed to the plan.\n\n" for day in range(300)))
    made: list[int] = []

    def answer(_messages: object) -> str:
        made.append(1)
        if len(made) == 4:
            raise KeyboardInterrupt
        return "The committee agreed."

    opens(OneByOne([answer], info=replace(FAKE_INFO, context=1500)))
    shown = luciole("summarize", str(path))
    assert (shown.code, shown.out) == (130, "")
    assert "kept" not in shown.err


class OneByOne(FakeEngine):
    """Answers several prompts one after the other, each script made when its turn comes."""

    def stream_many(self, prompts, sampling):  # type: ignore[no-untyped-def]
        for index, messages in enumerate(prompts):
            for event in self.stream(messages, sampling):
                yield index, event


def test_interrupting_an_answer_ends_its_line(
    luciole: Luciole, opens: Opens, report: str, looked_on: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    door = opens(FakeEngine([GOOD]))
    events = iter([Reading(0, 9), Text("The committee agreed to")])

    def stream(*_: object):  # type: ignore[no-untyped-def]
        yield from events
        raise KeyboardInterrupt

    monkeypatch.setattr(door.engine, "stream", stream)
    looked_on()
    shown = luciole("summarize", report)
    assert (shown.code, shown.out, shown.err) == (130, "The committee agreed to\n", "interrupted\n")
    assert door.engine.closed


def test_reused_tokens_are_told(luciole: Luciole, opens: Opens, report: str) -> None:
    usage = Usage(prompt_tokens=31, reused_tokens=20, answer_tokens=3, context=8192, read_seconds=0.2)
    opens(FakeEngine([[Reading(20, 31, 20), Text(GOOD), Finished("stop", usage)]]))
    shown = luciole("summarize", report)
    assert "; 20 tokens were read before and not again\n" in shown.err


def test_into_a_file(luciole: Luciole, opens: Opens, report: str, tmp_path: Path) -> None:
    opens(FakeEngine([BAD]))
    target = tmp_path / "summary.md"
    shown = luciole("summarize", report, "-o", str(target))
    assert (shown.code, shown.out) == (0, "")
    assert shown.err.startswith(f"note: the summary is in {target}\nchecked: ")
    assert target.read_text() == "The committee agreed to pay 99,999 euros [?], said Dr. Wu.\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.md", "summary.md"]


def test_json_into_a_file(luciole: Luciole, opens: Opens, report: str, tmp_path: Path) -> None:
    opens(FakeEngine([GOOD]))
    target = tmp_path / "summary.json"
    assert luciole("summarize", report, "--json", "-o", str(target)).out == ""
    assert json.loads(target.read_text())["summary"] == GOOD


def test_a_file_is_replaced_only_when_told(luciole: Luciole, opens: Opens, report: str, tmp_path: Path) -> None:
    door = opens(FakeEngine([GOOD]))
    target = tmp_path / "summary.md"
    target.write_text("precious")
    shown = luciole("summarize", report, "-o", str(target))
    assert (shown.code, shown.out) == (1, "")
    assert shown.err == f"error: {target} exists; a new file was expected; name another, or add --force\n"
    assert target.read_text() == "precious"
    assert not door.engine.received  # told before the reading
    assert luciole("summarize", report, "-o", str(target), "--force").code == 0
    assert target.read_text() == f"{GOOD}\n"


@pytest.mark.parametrize(("target", "said"), [("no/where.md", "is no place for a file"), (".", "is no place")])
def test_no_place_for_the_file(
    luciole: Luciole, opens: Opens, report: str, tmp_path: Path, target: str, said: str
) -> None:
    opens(FakeEngine())
    shown = luciole("summarize", report, "-o", str(tmp_path / target))
    assert shown.code == 1
    assert said in shown.err


def test_a_document_is_never_overwritten(luciole: Luciole, opens: Opens, report: str, tmp_path: Path) -> None:
    opens(FakeEngine())
    for documents in ([report], [str(tmp_path)], ["-", report]):
        shown = luciole("summarize", *documents, "--force", "-o", report, stdin=b"More.")
        assert shown.code == 1
        assert "is the document itself" in shown.err
    assert Path(report).read_text() == TEXT


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("missing.md", None, "does not exist"),
        ("empty.md", b"", "has no text in it"),
        ("binary.md", bytes(range(256)), "is not a text"),
        (".", None, "has no document that can be read in it"),
    ],
)
def test_no_document(luciole: Luciole, opens: Opens, tmp_path: Path, name: str, data: bytes | None, said: str) -> None:
    door = opens(FakeEngine())
    folder = tmp_path / "folder"
    folder.mkdir()
    path = folder / name
    if data is not None:
        path.write_bytes(data)
    shown = luciole("summarize", str(path))
    assert (shown.code, shown.out) == (1, "")
    assert shown.err.startswith(f"error: {path} {said}")
    assert shown.err.count("\n") == 1
    assert door.model is None  # no model was touched for it
    assert not door.engine.closed

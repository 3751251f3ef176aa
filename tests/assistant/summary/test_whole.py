"""Summaries: the whole document in one prompt, honest figures, a refusal with both counts."""

from contextlib import closing
from dataclasses import replace

import pytest

from assistant.documents.document import Document
from assistant.errors import EngineFailed, PromptTooLong
from assistant.events import Event, Finished, Loading, Reading, Text, Usage
from assistant.fake import FAKE_INFO, FakeEngine
from assistant.messages import Sampling
from assistant.summary.whole import SUMMARY_SAMPLING, Claims, Seconds, Summary, summarize
from assistant.wording import language_of

ENGLISH = Document("report.md", "The committee met in the spring and it agreed to a new plan for the river.", "utf-8")
CHINESE = Document("纪要.md", "会议纪要：本次会议讨论了第三季度的销售计划。", "gb18030", guessed=True)


def result(events: list[Event | Summary]) -> Summary:
    assert isinstance(events[-1], Summary)
    return events[-1]


def test_events_then_the_summary() -> None:
    events = list(summarize(ENGLISH, FakeEngine(["The plan is agreed."])))
    assert [type(event) for event in events] == [*[Loading] * 5, *[Reading] * 2, *[Text] * 4, Finished, Summary]
    assert result(events) == Summary(
        summary="The plan is agreed.",
        strategy="whole",
        language="en",
        model="fake",
        tokens_total=16,
        tokens_read=16,
        reused_tokens=0,
        readings=1,
        seconds=Seconds(load=0.0, read=0.5, write=1.0),
        claims=Claims(None, None, None),
        sources=(),
        warnings=(),
    )


def test_the_whole_document_comes_before_the_instruction() -> None:
    engine = FakeEngine()
    list(summarize(ENGLISH, engine))
    ((message,),) = engine.received
    assert message.role == "user"
    assert message.content.startswith(ENGLISH.text + "\n")
    assert "Summarize the text above" in message.content[len(ENGLISH.text) :]


def test_braces_in_a_document_stay_what_they_are() -> None:
    engine = FakeEngine()
    list(summarize(replace(ENGLISH, text="{document} {0} {x!r} %s"), engine))
    assert engine.received[0][0].content.startswith("{document} {0} {x!r} %s\n")


def test_chinese_is_asked_in_chinese() -> None:
    engine = FakeEngine(["会议讨论了销售计划。"])
    summary = result(list(summarize(CHINESE, engine)))
    assert engine.received[0][0].content == CHINESE.text + "\n\n\n\n\n\n请用中文总结以上内容："
    assert summary.language == "zh"
    assert summary.warnings == ("the encoding is a guess: read as gb18030",)


def test_a_summary_in_another_language_is_told() -> None:
    summary = result(list(summarize(CHINESE, FakeEngine(["The meeting was about the sales of the third quarter."]))))
    assert "the document is in Chinese, the summary is not" in summary.warnings


def test_a_cut_summary_is_told() -> None:
    summary = result(list(summarize(ENGLISH, FakeEngine(["a b c d"]), Sampling(max_tokens=3))))
    assert summary.summary == "a b c"
    assert summary.warnings == ("the summary was cut at 3 tokens; allow more with --max-tokens",)


def test_an_empty_summary_is_told() -> None:
    script: list[Event] = [Reading(20, 20), Finished("stop", Usage(prompt_tokens=20))]
    assert result(list(summarize(ENGLISH, FakeEngine([script])))).warnings == (
        "the model wrote nothing; try another model",
    )


def test_an_engine_that_read_less_is_not_covered_up() -> None:
    script: list[Event] = [Text("Short."), Finished("stop", Usage(prompt_tokens=10, reused_tokens=4))]
    summary = result(list(summarize(ENGLISH, FakeEngine([script]))))
    assert (summary.tokens_total, summary.tokens_read, summary.reused_tokens) == (16, 10, 4)


def test_a_document_that_does_not_fit_is_refused_with_both_counts() -> None:
    engine = FakeEngine(info=replace(FAKE_INFO, context=100))
    long = replace(ENGLISH, text="word " * 200, name="long\x1b.md")
    with pytest.raises(PromptTooLong) as refused:
        list(summarize(long, engine))
    instruction = len(engine.received[0][0].content.split()) - 200
    assert (refused.value.tokens, refused.value.limit) == (200, 100 - instruction)
    assert str(refused.value).startswith(f"long.md has 200 tokens; {100 - instruction} fit in one reading")


def test_closing_stops_the_engine_and_gives_no_summary() -> None:
    engine = FakeEngine()
    seen = []
    with closing(summarize(ENGLISH, engine)) as events:
        for event in events:
            seen.append(event)
            if isinstance(event, Reading):
                break
    assert not any(isinstance(event, Summary) for event in seen)


def test_a_failure_passes_through() -> None:
    with pytest.raises(EngineFailed):
        list(summarize(ENGLISH, FakeEngine([[Text("a"), EngineFailed("died")]])))


def test_the_same_document_gives_the_same_summary() -> None:
    assert SUMMARY_SAMPLING.temperature == 0


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (ENGLISH.text, "en"),
        (CHINESE.text, "zh"),
        ("我们在 GitHub 上用 llama.cpp 和 Python 开发 open source 工具，欢迎参与测试与讨论。", "zh"),
        (
            "# Title\n\nSee `pip install x`. The tool converts a folder to a file, and it says where each value is.",
            "en",
        ),
        ("Le comité a adopté le budget de l'année prochaine et les élèves paieront douze euros.", "und"),
        ("Der Haushalt für das nächste Jahr wurde beschlossen und die Schule wird gebaut.", "und"),
        ("会議の議事録：第三四半期の販売計画について話し合いました。", "und"),
        ("Протокол заседания: утвержден бюджет.", "und"),
        ("", "und"),
        ("12 34 56", "und"),
    ],
)
def test_languages(text: str, language: str) -> None:
    assert language_of(text) == language

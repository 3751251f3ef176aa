"""What a model is asked: the document first and untouched, then what was asked for and nothing else."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.messages import Sampling
from assistant.summary import wording
from assistant.summary.values import SUMMARY_SAMPLING, Request

TRAINED = "请用中文总结以下内容：\n\n\n\n\n\n{}\n\n\n\n\n\n请用中文总结以上内容："
NASTY = "{document} {0} {} %s </s> <|im_end|>\nreserved_0 {text} $x \\1"


def test_the_defaults_are_those_that_were_tried() -> None:
    english = "D\n\n---\n\nSummarize the text above in one paragraph of plain prose."
    assert wording.whole("D", Request(), "en") == english
    assert wording.whole("D", Request(), "zh") == "D\n\n\n\n\n\n请用中文总结以上内容："


def test_index_32k_gets_its_trained_prompt() -> None:
    assert wording.whole("文件", Request(), "zh", "Index-1.9B-32K") == TRAINED.format("文件")
    asked = Request(language="zh")
    assert wording.whole("文件", asked, "zh", "Index-1.9B-32K") == TRAINED.format("文件")


def test_index_32k_asked_for_more_shares_the_reading() -> None:
    before = TRAINED.format("文件").removesuffix("请用中文总结以上内容：")
    for request in (Request(style="bullets"), Request(length=50), Request(focus="钱")):
        asked = wording.whole("文件", request, "zh", "Index-1.9B-32K")
        assert asked.startswith(before)
        assert asked != TRAINED.format("文件")


def test_index_32k_in_other_languages_and_other_families_have_nothing_before_the_document() -> None:
    assert wording.whole("文件", Request(language="en"), "en", "Index-1.9B-32K").startswith("文件\n")
    assert wording.whole("文件", Request(), "zh", "Index-1.9B").startswith("文件\n")


@pytest.mark.parametrize("language", ["en", "zh", "fr", "ja", "und"])
@pytest.mark.parametrize("firm", [False, True])
def test_every_request_has_words_of_its_own(language: str, firm: bool) -> None:
    requests = [
        Request(length, style, focus=focus)
        for length, style, focus in itertools.product(
            ("short", "medium", "long", 77), ("prose", "bullets", "outline"), ("", "money")
        )
    ]
    prompts = {wording.whole("D", request, language, firm=firm) for request in requests}
    assert len(prompts) == len(requests)
    for prompt in prompts:
        assert prompt.startswith("D\n\n")
        assert "{" not in prompt
    numbered = wording.whole("D", replace(requests[0], length=77), language, firm=firm)
    assert "77" in numbered
    assert ("77 words" in numbered) == (language in {"en", "fr", "und"})


def test_languages_are_named() -> None:
    assert " in French." in wording.whole("D", Request(language="fr"), "fr")
    assert " in French." in wording.whole("D", Request(), "fr")  # the document is French
    assert "English" not in wording.whole("D", Request(), "en")
    assert " in English." in wording.whole("文件", Request(language="en"), "en")
    assert "in the language the text is written in" in wording.whole("D", Request(), "und")


@pytest.mark.parametrize(("language", "said"), [("en", "English only"), ("fr", "French only"), ("zh", "只能用中文写")])
def test_firmly(language: str, said: str) -> None:
    request = Request(language=language)
    plain, firm = (wording.whole("D", request, language, firm=firm) for firm in (False, True))
    assert said in firm
    assert said not in plain


@given(st.text(max_size=200), st.text(max_size=60))
def test_nothing_of_the_document_or_the_focus_is_a_pattern(text: str, focus: str) -> None:
    for language in ("en", "zh"):
        prompt = wording.whole(text + NASTY, Request(focus=focus), language)
        assert prompt.startswith((text + NASTY).strip())
        others = wording.whole("D", Request(focus=focus), language)
        assert prompt.removeprefix((text + NASTY).strip()) == others.removeprefix("D")


def test_a_focus_of_braces_and_lines() -> None:
    asked = wording.whole("D", Request(focus="{what}\n\n{0}\x1b[1m fines"), "en")
    assert asked.endswith("Write above all about this: {what} {0}[1m fines")


def test_pieces_are_prose_whatever_the_whole_is() -> None:
    asked = wording.piece("D", Request("long", "outline", focus="fines"), "en")
    assert asked == wording.piece("D", Request(focus="fines"), "en")
    assert asked.startswith("D\n\n---\n\nSummarize the text above, a part of a longer document, in one paragraph")
    assert asked.endswith("fines")


def test_a_merge_has_its_summaries_in_order() -> None:
    asked = wording.merge(["one {", "two }"], Request(style="bullets"), "en")
    assert asked.startswith("one {\n\ntwo }\n\n---\n\nWrite five bullet points")


def test_head_and_tail() -> None:
    asked = wording.head_tail("head\n", "\ntail", Request(), "zh")
    assert asked.startswith("head\n\n[...]\n\ntail\n\n\n\n\n\n请用中文总结")


def test_room() -> None:
    sampling = Sampling(max_tokens=400)

    def room(length: object, language: str = "en", most: int | None = None) -> int:
        return wording.answer_tokens(Request(length=length, max_tokens=most), sampling, language)  # type: ignore[arg-type]

    assert room("short") == room("medium") == 400
    assert room("long") > 700 * 1.3
    assert room(50) == 400
    assert room(1000) >= 2500
    assert room(1000, "zh") >= 2500
    # what the user said holds, whatever the length; what a settings file says is no less than it was
    assert room("long", most=7) == room(1000, most=7) == 7
    assert wording.answer_tokens(Request("long"), replace(SUMMARY_SAMPLING, max_tokens=5000), "en") == 5000

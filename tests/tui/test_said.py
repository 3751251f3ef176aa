"""What the library says comes in the user's language, and the sentences known here are those that it says."""

import ast
import re
from pathlib import Path

import pytest
from textual.app import App, ComposeResult

from assistant import FakeEngine, InvalidDocument, read_document
from tests.tui.support import drawn, prompt, screen, wait_until
from tui.app import LucioleApp
from tui.language import use
from tui.said import said
from tui.sentences import LANGUAGES, SENTENCES
from tui.widgets.turns import ErrorTurn

LIBRARY = Path(__file__).parents[2] / "assistant"


def skeleton(text: str) -> str:
    return re.sub(r"\{[^{}]*\}", "{}", text)


def said_in(path: Path) -> set[str]:
    """All texts of a file, with empty braces for what is filled in."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Constant(value=str() as text):
                found.add(text)
            case ast.JoinedStr(values=values):
                found.add("".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in values))
    return found


def test_the_library_says_these_sentences() -> None:
    says = {text for path in LIBRARY.rglob("*.py") for text in said_in(path)}
    # What ends where the next thing is filled in begins one of them: `f"... ({reason})"` may be built in two steps.
    missing = [
        sentence
        for sentence in (*SENTENCES, *LANGUAGES)
        if skeleton(sentence) not in says and not _built(sentence, says)
    ]
    assert missing == []


def _built(sentence: str, says: set[str]) -> bool:
    """As a constant to which what is filled in is added at the end."""
    return sentence.endswith("}") and skeleton(sentence).removesuffix("{}") in says


def test_no_sentence_hides_a_later_one() -> None:
    use("zh")
    for sentence in SENTENCES:
        values = {name: f"<{name}>" for name in re.findall(r"\{(\w+)\}", sentence) if name not in ("s", "comma")}
        values |= {"words": ": <words>"} if "words" in values else {}
        english = sentence.format(**values, s="s", comma=",")
        shown = said(english)
        assert re.search("[\u4e00-\u9fff]", shown), english
        assert sorted(re.findall(r"<\w+>", shown)) == sorted(f"<{name}>" for name in values), english


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_real_error(language: str, tmp_path: Path) -> None:
    use(language)
    with pytest.raises(InvalidDocument) as caught:
        read_document(str(tmp_path / "nowhere {x} 萤火虫.md"))
    shown = said(str(caught.value))
    assert "nowhere {x} 萤火虫.md" in shown
    assert ("check the path" in shown) == (language == "en")
    assert ("请检查路径" in shown) == (language == "zh")


def test_what_is_not_known_stays_and_reasons_are_sentences_too() -> None:
    use("zh")
    assert said("something else") == "something else"
    assert said("") == ""
    assert said("nothing of this conversation is being kept: x; y") == "本对话未被保存：x; y"
    wrong = "the summary is not in Chinese but in English, although that was asked for twice; try another model"
    assert said(wrong) == "摘要的语言不是中文而是英文（已要求两次）；请换一个模型"
    inner = "all 5 tokens are read"
    assert "5 个 token" in said(f"nothing of this conversation is being kept: {inner}")


async def test_errors_and_notices_on_the_screen_follow_the_language() -> None:
    async with screen(FakeEngine([[]])) as pilot:
        app = pilot.app
        assert isinstance(app, LucioleApp)
        app.speak("zh")
        prompt(pilot).replace_all("/open /nowhere/萤火虫.md")
        await pilot.press("enter")
        await wait_until(pilot, lambda: "不存在" in drawn(pilot))
        await pilot.press("f2")
        app.notify("the engine is closed; an open one was expected; start Luciole again", markup=False)
        await wait_until(pilot, lambda: "引擎已关闭" in drawn(pilot))


async def test_an_error_in_the_chat_is_drawn_anew_in_another_language() -> None:
    class Bare(App[None]):
        def compose(self) -> ComposeResult:
            yield ErrorTurn("x", "the engine is closed; an open one was expected; start Luciole again")

    app = Bare()
    async with app.run_test() as pilot:
        turn = app.query_one(ErrorTurn)
        assert str(turn.render()).split("\n")[0] == "the engine is closed"
        use("zh")
        turn.show_words()
        await pilot.pause()
        assert str(turn.render()).split("\n") == ["引擎已关闭", "请重新启动 Luciole"]

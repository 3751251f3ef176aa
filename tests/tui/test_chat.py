"""The chat, driven by a pilot: what is sent when, what is shown, what is kept."""

from collections.abc import Generator
from threading import Event as Flag
from time import monotonic

import pytest
from textual import events

from assistant import EngineFailed, FakeEngine, Finished, Loading, Message, ModelNotFound, Reading, Text, Usage
from tests.tui.support import (
    READ,
    HeldEngine,
    drawn,
    find,
    house,
    prompt,
    screen,
    send,
    settled,
    status,
    texts,
    transcript,
    wait_until,
    whole,
)
from tui.screens.help import HelpScreen
from tui.widgets.markdown import SafeMarkdown
from tui.widgets.progress import ProgressRule
from tui.widgets.turns import AnswerTurn


async def test_answers_stream_in_order_with_their_figures() -> None:
    engine = FakeEngine(["Paris is **the** capital.", "Rome."])
    async with screen(engine) as pilot:
        await send(pilot, "France?")
        await settled(pilot)
        await send(pilot, "Italy?")
        await settled(pilot, 2)
        assert texts(pilot) == ["you: France?", "model: Paris is **the** capital.", "you: Italy?", "model: Rome."]
        assert find(pilot, AnswerTurn)[0].mark == "4 tokens · 4.0 tok/s · read 1"
        assert status(pilot).state == "ready"
        assert status(pilot).context == "7 / 8,192"  # what the fake counts: words of the four turns
        assert status(pilot).model == "fake Q4_K_M"
        assert "Paris is the capital." in drawn(pilot)
    assert engine.closed
    assert [message.content for message in engine.received[1]] == ["France?", "Paris is **the** capital.", "Italy?"]


async def test_escape_stops_keeps_the_words_and_the_next_message_works() -> None:
    engine = HeldEngine([*READ, Text("The capital"), Text(" is")], whole(" Paris."))
    async with screen(engine) as pilot:
        await send(pilot, "France?")
        await wait_until(pilot, lambda: texts(pilot)[-1] == "model: The capital is")
        await pilot.press("escape")
        await settled(pilot)
        assert texts(pilot) == ["you: France?", "model: The capital is"]
        assert find(pilot, AnswerTurn)[0].mark == "stopped here"
        assert "stopped here" in drawn(pilot)
        engine.release.set()
        await send(pilot, "Go on")
        await settled(pilot, 2)
    assert engine.received[1] == (
        Message("user", "France?"),
        Message("assistant", "The capital is"),
        Message("user", "Go on"),
    )
    assert engine.most_running == 1


async def test_escape_stops_reading_and_the_turn_leaves_no_trace() -> None:
    engine = HeldEngine([Reading(0, 100), Reading(40, 100)], whole("Yes."), tick=Reading(40, 100))
    async with screen(engine) as pilot:
        await send(pilot, "Read this")
        await wait_until(pilot, lambda: status(pilot).state.startswith("reading 40 %"))
        assert find(pilot, ProgressRule)[0].fraction == 0.4
        await pilot.press("escape")
        await settled(pilot)
        assert find(pilot, AnswerTurn)[0].mark == "stopped before the first word; not part of the chat"
        assert status(pilot).context == "0 / 8,192"
        engine.release.set()
        await send(pilot, "Again")
        await settled(pilot, 2)
    assert engine.received[1] == (Message("user", "Again"),)


async def test_escape_stops_loading_and_the_next_message_loads() -> None:
    engine = FakeEngine(["Hello."], delay=0.05)
    async with screen(engine, ready=False) as pilot:
        await wait_until(pilot, lambda: status(pilot).state.startswith("loading"))
        await pilot.press("escape")
        await wait_until(pilot, lambda: status(pilot).state == "no model loaded")
        await send(pilot, "Hi")
        await settled(pilot)
        assert texts(pilot) == ["you: Hi", "model: Hello."]


class HeldLoading(FakeEngine):
    """Is half loaded until `release`."""

    def __init__(self) -> None:
        super().__init__()
        self.release = Flag()

    def load(self) -> Generator[Loading, None, None]:
        while not self.release.wait(0.05):
            yield Loading(0.5)
        yield from super().load()


async def test_what_is_typed_and_sent_while_loading_waits_and_goes_out() -> None:
    engine = HeldLoading()
    async with screen(engine, ready=False) as pilot:
        await wait_until(pilot, lambda: status(pilot).state.startswith("loading"))
        await pilot.press(*"Hi")
        prompt(pilot).action_submit()
        await wait_until(pilot, lambda: bool(texts(pilot)))
        assert texts(pilot) == ["queued: Hi"]
        await wait_until(pilot, lambda: "queued" in drawn(pilot))
        engine.release.set()
        await settled(pilot)
        assert texts(pilot) == ["you: Hi", "model: Hello."]


async def test_messages_sent_during_an_answer_queue_in_order_and_never_overlap() -> None:
    engine = HeldEngine([*READ, Text("one")], whole("."))
    async with screen(engine) as pilot:
        await send(pilot, "first")
        await wait_until(pilot, engine.waiting.is_set)
        await send(pilot, "second")
        await send(pilot, "third")
        assert [text for text in texts(pilot) if text.startswith("queued")] == ["queued: second", "queued: third"]
        engine.release.set()
        await settled(pilot, 3)
    assert [messages[-1].content for messages in engine.received] == ["first", "second", "third"]
    assert engine.most_running == 1


async def test_escape_gives_queued_messages_back_before_what_is_typed() -> None:
    engine = HeldEngine([*READ, Text("one")])
    async with screen(engine) as pilot:
        await send(pilot, "first")
        await wait_until(pilot, engine.waiting.is_set)
        await send(pilot, "second")
        await send(pilot, "third")
        await pilot.press(*"half", "escape")
        await settled(pilot)
        assert prompt(pilot).text == "second\nthird\nhalf"
        assert texts(pilot) == ["you: first", "model: one"]
    assert len(engine.received) == 1


@pytest.mark.parametrize("stuck", [False, True])
async def test_quitting_while_the_model_works_does_not_wait(stuck: bool) -> None:
    engine = FakeEngine(["word " * 1000], delay=3.0) if stuck else HeldEngine([*READ, Text("one")])
    async with screen(engine, ready=not stuck) as pilot:
        await send(pilot, "first")
        await pilot.pause(0.1)
        begin = monotonic()
        await pilot.press("ctrl+q")
    assert monotonic() - begin < 1
    assert engine.closed


async def test_a_dead_engine_is_explained_and_the_next_message_starts_it_again() -> None:
    error = EngineFailed("the child died; it should live; use less context")
    async with screen(FakeEngine([[*READ, Text("The cap"), error], "Paris."])) as pilot:
        await send(pilot, "France?")
        await wait_until(pilot, lambda: any(text.startswith("error") for text in texts(pilot)))
        assert texts(pilot) == ["you: France?", "model: The cap", f"error: {error}"]
        assert find(pilot, AnswerTurn)[0].mark == "ended here by an error"
        shown = drawn(pilot)
        assert "the next message starts it again" in shown
        assert "use less context" in shown
        assert status(pilot).state == "no model loaded"
        assert status(pilot).context == "? / 8,192"  # the words that came are kept, and nobody is there to count them
        await send(pilot, "Again?")
        await settled(pilot, 2)
        assert texts(pilot)[-1] == "model: Paris."


async def test_no_model_opens_the_screen_and_a_message_tries_again() -> None:
    found: list[FakeEngine] = []

    def open_engine() -> FakeEngine:
        if not found:
            raise ModelNotFound("no model is installed; one was expected; run: pip install 'luciole[starter]'")
        return found[0]

    async with screen(open_engine, ready=False) as pilot:
        await wait_until(pilot, lambda: "pip install 'luciole[starter]'" in drawn(pilot))
        await send(pilot, "Hi")
        await wait_until(pilot, lambda: len(texts(pilot)) == 2)
        assert prompt(pilot).text == "Hi"  # a message without an answer comes back
        found.append(FakeEngine(["Hello."]))
        await pilot.press("enter")
        await settled(pilot)
        assert texts(pilot)[-2:] == ["you: Hi", "model: Hello."]


async def test_a_message_that_does_not_fit_comes_back_with_both_counts() -> None:
    long = "word " * 9000
    async with screen(FakeEngine()) as pilot:
        await send(pilot, long)
        await wait_until(pilot, lambda: bool(texts(pilot)) and texts(pilot)[-1].startswith("error"))
        assert prompt(pilot).text == long
        assert len(texts(pilot)) == 1
        assert "9,000 tokens, 8,192 fit" in drawn(pilot)


async def test_an_answer_cut_at_its_limit_says_so() -> None:
    usage = Usage(10, 0, 1024, 8192, 0.0, 0.5, 1.0)
    async with screen(FakeEngine([[*READ, Text("and so on"), Finished("length", usage)]])) as pilot:
        await send(pilot, "Tell me all")
        await settled(pilot)
        assert "cut at 1,024 tokens" in drawn(pilot)


async def test_the_view_stays_at_the_end_only_while_the_reader_is_there() -> None:
    engine = HeldEngine([*READ, Text("line\n\n" * 40)], whole(*["more\n\n"] * 20))
    async with screen(engine) as pilot:
        await send(pilot, "Go")
        await wait_until(pilot, engine.waiting.is_set)
        await wait_until(pilot, lambda: transcript(pilot).max_scroll_y > 40)
        view = transcript(pilot)
        await wait_until(pilot, lambda: view.at_end)
        await pilot.press("pageup")
        await wait_until(pilot, lambda: not view.at_end)
        place = view.scroll_y
        engine.release.set()
        await settled(pilot)
        await wait_until(pilot, lambda: find(pilot, ProgressRule)[0].unseen)
        assert view.scroll_y == place
        assert "new text below" in drawn(pilot)
        await pilot.press("ctrl+end")
        await wait_until(pilot, lambda: view.at_end and not find(pilot, ProgressRule)[0].unseen)


async def test_the_mark_of_new_text_can_be_clicked() -> None:
    engine = HeldEngine([*READ, Text("line\n\n" * 40)], whole("more"))
    async with screen(engine) as pilot:
        await send(pilot, "Go")
        await wait_until(pilot, lambda: engine.waiting.is_set() and transcript(pilot).max_scroll_y > 40)
        await pilot.press("ctrl+home")
        engine.release.set()
        await wait_until(pilot, lambda: "new text below" in drawn(pilot))
        await pilot.click(ProgressRule)
        await wait_until(pilot, lambda: transcript(pilot).at_end and "new text below" not in drawn(pilot))


async def test_scrolling_down_at_the_very_end_does_not_let_go_of_it() -> None:
    engine = HeldEngine([*READ, Text("line\n\n" * 40)], whole(*["more\n\n"] * 20))
    async with screen(engine) as pilot:
        await send(pilot, "Go")
        await wait_until(pilot, lambda: engine.waiting.is_set() and transcript(pilot).max_scroll_y > 40)
        view = transcript(pilot)
        view.post_message(
            events.MouseScrollDown(
                view,
                x=5,
                y=5,
                delta_x=0,
                delta_y=1,
                button=0,
                shift=False,
                meta=False,
                ctrl=False,
                screen_x=5,
                screen_y=5,
            )
        )
        await pilot.press("pagedown")
        await pilot.pause(0.1)
        before = view.max_scroll_y
        engine.release.set()
        await settled(pilot)
        await wait_until(pilot, lambda: view.max_scroll_y > before and view.at_end)


async def test_new_chat_forgets_the_conversation_even_during_an_answer() -> None:
    engine = HeldEngine([*READ, Text("one")], whole("."))
    async with screen(engine) as pilot:
        await send(pilot, "first")
        await wait_until(pilot, engine.waiting.is_set)
        await pilot.press("ctrl+n")
        assert texts(pilot) == []
        engine.release.set()
        await send(pilot, "second")
        await settled(pilot)
        assert texts(pilot) == ["you: second", "model: one."]
    assert engine.received[-1] == (Message("user", "second"),)


async def test_history_comes_back_from_the_first_line_and_keeps_the_draft() -> None:
    async with screen(FakeEngine()) as pilot:
        await send(pilot, "one")
        await settled(pilot)
        await send(pilot, "two\nlines")
        await settled(pilot, 2)
        await pilot.press(*"draft", "up")
        assert prompt(pilot).text == "two\nlines"
        await pilot.press("up")  # within the message: to its first line
        assert prompt(pilot).text == "two\nlines"
        await pilot.press("up")
        assert prompt(pilot).text == "one"
        await pilot.press("down")
        assert prompt(pilot).text == "two\nlines"
        await pilot.press("down")
        assert prompt(pilot).text == "draft"


@pytest.mark.parametrize("key", ["ctrl+j", "shift+enter", "alt+enter"])
async def test_new_line_keys_grow_the_prompt(key: str) -> None:
    engine = FakeEngine()
    async with screen(engine) as pilot:
        before = prompt(pilot).size.height
        await pilot.press(*"a", key, *"b")
        await pilot.pause()
        assert prompt(pilot).text == "a\nb"
        assert prompt(pilot).size.height == before + 1
        await pilot.press("enter")
        await settled(pilot)
    assert engine.received[0][-1].content == "a\nb"


async def test_a_paste_is_text_and_sends_nothing() -> None:
    async with screen(FakeEngine()) as pilot:
        pilot.app.post_message(events.Paste("one\r\ntwo\rthree\x1b[31m\x07"))
        await wait_until(pilot, lambda: bool(prompt(pilot).text))
        assert prompt(pilot).text == "one\ntwo\nthree[31m"
        assert texts(pilot) == []


async def test_help_opens_over_the_chat_and_closes() -> None:
    async with screen(FakeEngine()) as pilot:
        await pilot.press("f1")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, HelpScreen))
        assert "Keys here: Chat" in drawn(pilot)
        await pilot.press("escape")
        await wait_until(pilot, lambda: pilot.app.screen is house(pilot))
        assert prompt(pilot).has_focus


async def test_an_unknown_command_comes_back_with_the_known_ones() -> None:
    async with screen(FakeEngine()) as pilot:
        await send(pilot, "/sumarize x")
        await wait_until(pilot, lambda: prompt(pilot).text == "/sumarize x")
        assert texts(pilot) == []
        await wait_until(pilot, lambda: "no command" in drawn(pilot))
        assert "/summarize" in drawn(pilot)


async def test_ctrl_c_copies_a_selection_else_stops_else_names_the_key_that_quits() -> None:
    engine = HeldEngine([*READ, Text("one")])
    async with screen(engine) as pilot:
        await pilot.press(*"copy", "ctrl+a", "shift+end", "ctrl+c")
        assert pilot.app.clipboard == "copy"
        await pilot.press("ctrl+c")
        await send(pilot, "first")
        await wait_until(pilot, engine.waiting.is_set)
        await pilot.press("ctrl+c")
        await settled(pilot)
        assert find(pilot, AnswerTurn)[0].mark == "stopped here"
        await pilot.press("ctrl+c")
        await wait_until(pilot, lambda: "Ctrl+Q quits" in drawn(pilot))


async def test_wide_characters_keep_the_columns() -> None:
    answer = "中文字符" * 30 + " 🦋👩‍🚀🇫🇷 " + "emoji 🎉 " * 20
    async with screen(FakeEngine([answer])) as pilot:
        await send(pilot, "请用中文回答 🙂")
        await settled(pilot)
        assert "中文字符中文字符" in drawn(pilot)  # `drawn` checks the width of every line


async def test_code_is_whole_after_streaming_and_long_lines_wrap() -> None:
    line = "x = " + " + ".join(str(number) for number in range(40))
    async with screen(FakeEngine([f"Here:\n\n```python\n{line}\n```\n\nDone."])) as pilot:
        await send(pilot, "Code")
        await settled(pilot)
        assert [code.text for code in find(pilot, SafeMarkdown)[0].codes] == [line]
        assert "+ 39" in drawn(pilot)


@pytest.mark.parametrize("size", [(20, 6), (40, 10), (300, 90)])
async def test_any_size_of_terminal_is_drawn(size: tuple[int, int]) -> None:
    answer = "| a | b |\n|---|---|\n| long words in here | 中文 |\n\n```\ncode\n```"
    async with screen(FakeEngine([answer]), size=size) as pilot:
        await send(pilot, "A question with 中文 that is wider than some")
        await settled(pilot)
        assert drawn(pilot)  # which checks the width of every line
        await pilot.resize_terminal(60, 15)
        await pilot.pause()
        assert "code" in drawn(pilot)
        await pilot.press("f1")
        await pilot.resize_terminal(*size)
        await pilot.pause()
        assert drawn(pilot)

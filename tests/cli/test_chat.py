"""`luciole chat` with a scripted engine: one question, a pipe, a conversation line by line."""

import json
from collections.abc import Generator, Sequence
from dataclasses import asdict, replace

from assistant.engine import EngineSettings
from assistant.errors import EngineFailed
from assistant.events import Event, Finished, Reading, Text, Usage
from assistant.fake import FAKE_INFO, FakeEngine
from assistant.messages import Message, Sampling
from tests.cli.conftest import Luciole, Opens, Typed

BANNER = "fake (Q4_K_M, 8,192 tokens of context); /help lists commands, Ctrl-D ends\n"


def asked(engine: FakeEngine, turn: int = -1) -> list[tuple[str, str]]:
    return [(message.role, message.content) for message in engine.received[turn]]


def test_the_answer_alone_is_on_stdout(luciole: Luciole, opens: Opens) -> None:
    door = opens(FakeEngine(["Paris, of course."]))
    shown = luciole("chat", "-m", "small", "--context", "512", "--threads", "2", "Capital of France?")
    assert (shown.code, shown.out, shown.err) == (0, "Paris, of course.\n", "")
    assert asked(door.engine) == [("system", "Answer in plain English."), ("user", "Capital of France?")]
    assert (door.model, door.settings) == ("small", EngineSettings(context=512, threads=2))
    assert door.engine.closed


def test_the_answer_is_made_printable(luciole: Luciole, opens: Opens) -> None:
    opens(FakeEngine([[Text("a\x1b]0;owned\x07"), Text("\x9b31m\u202eb 👩\u200d💻"), Finished("stop", Usage())]]))
    assert luciole("chat", "Hi").out == "a]0;owned31m<U+202E>b 👩\u200d💻\n"


def test_prompt_first_then_what_is_piped_in(luciole: Luciole, opens: Opens) -> None:
    door = opens(FakeEngine())
    luciole("chat", "Explain:", stdin=b"+ une ligne\r\n- autre\n")
    assert asked(door.engine) == [("user", "Explain:\n\n+ une ligne\n- autre")]


def test_piped_text_alone_is_the_prompt(luciole: Luciole, opens: Opens) -> None:
    door = opens(FakeEngine())
    assert luciole("chat", stdin="什么？\n".encode("gb18030")).code == 0
    assert asked(door.engine) == [("system", "请用中文回答。"), ("user", "什么？")]


def test_binary_input_is_refused(luciole: Luciole, opens: Opens) -> None:
    opens(FakeEngine())
    shown = luciole("chat", stdin=bytes(range(256)) * 4)
    assert (shown.code, shown.out) == (1, "")
    assert shown.err.startswith("error: standard input is not a text")


def test_json_is_one_object(luciole: Luciole, opens: Opens) -> None:
    opens(FakeEngine(["Yes \x1b[1m it is."]))
    shown = luciole("chat", "--json", "Is it?")
    assert json.loads(shown.out) == {
        "answer": "Yes \x1b[1m it is.",
        "system": "Answer in plain English.",
        "model": "fake",
        "sampling": json.loads(json.dumps(asdict(Sampling()))),
        "character": None,
        "dialogues": [],
        "finish_reason": "stop",
        "usage": {
            "prompt_tokens": 6,
            "reused_tokens": 0,
            "answer_tokens": 4,
            "context": 8192,
            "load_seconds": 0.0,
            "read_seconds": 0.5,
            "write_seconds": 1.0,
        },
    }
    assert "\x1b" not in shown.out
    assert shown.err == ""


def test_json_needs_a_prompt(luciole: Luciole, opens: Opens) -> None:
    opens(FakeEngine())
    assert luciole("chat", "--json", stdin=None).code == 2


def test_a_cut_answer_is_told(luciole: Luciole, opens: Opens) -> None:
    opens(FakeEngine(["one two three"]))
    shown = luciole("chat", "--max-tokens", "2", "Count")
    assert (shown.out, shown.err) == ("one two\n", "note: the answer was cut at 2 tokens; --max-tokens allows more\n")


def test_system_comes_first(luciole: Luciole, opens: Opens) -> None:
    door = opens(FakeEngine())
    luciole("chat", "--system", "Be brief.", "Hi")
    assert asked(door.engine) == [("system", "Be brief."), ("user", "Hi")]


def test_a_dying_engine_leaves_the_words_so_far(luciole: Luciole, opens: Opens) -> None:
    opens(FakeEngine([[Text("The capital"), EngineFailed("the engine died (SIGKILL); it starts anew; ask again")]]))
    shown = luciole("chat", "Hi")
    assert (shown.code, shown.out) == (1, "The capital\n")
    assert shown.err == "error: the engine died (SIGKILL); it starts anew; ask again\n"


def test_a_conversation(luciole: Luciole, opens: Opens, typed: Typed) -> None:
    door = opens(FakeEngine(["Paris.", "Rome, too."]))
    typed(["France?", "", "Italy?", "/new", "Spain?", "/exit"])
    shown = luciole("chat", stdin=None)
    assert (shown.code, shown.out) == (0, "Paris.\nRome, too.\nRome, too.\n")
    assert shown.err.replace("> ", "") == (
        BANNER + "[2 of 8,192 tokens]\n[5 of 8,192 tokens]\nnote: a new conversation\n[3 of 8,192 tokens]\n"
    )
    assert asked(door.engine, 1) == [("user", "France?"), ("assistant", "Paris."), ("user", "Italy?")]
    assert asked(door.engine, 2) == [("user", "Spain?")]


def test_several_lines(luciole: Luciole, opens: Opens, typed: Typed) -> None:
    door = opens(FakeEngine())
    typed(["one \\", "two", '"""three', "", 'four"""', '"""', "five", '"""', " /six"])
    luciole("chat", stdin=None)
    assert [asked(door.engine, turn)[-1][1] for turn in range(4)] == ["one \ntwo", "three\n\nfour", "five", " /six"]


def test_system_and_unknown_commands(luciole: Luciole, opens: Opens, typed: Typed) -> None:
    door = opens(FakeEngine())
    typed(["/system Be \x1b[1mbrief.", "Hi", "/system", "Hi", "/wat", "/help"])
    shown = luciole("chat", stdin=None)
    assert asked(door.engine, 0)[0] == ("system", "Be \x1b[1mbrief.")
    assert asked(door.engine, 1)[0] == ("user", "Hi")
    assert "error: /wat is not a command; /help lists them" in shown.err
    assert "/system TEXT" in shown.err
    assert shown.err.endswith("> \n")  # the end of input leaves the cursor on a line of its own


def test_prompts_stay_out_of_a_redirected_answer(luciole: Luciole, opens: Opens, typed: Typed) -> None:
    opens(FakeEngine(["Hello."]))
    prompts = typed(["Hi"])
    shown = luciole("chat", stdin=None)
    assert shown.out == "Hello.\n"
    assert prompts == ["", ""]


def test_interrupting_an_answer_keeps_it_and_goes_on(luciole: Luciole, opens: Opens, typed: Typed) -> None:
    engine = InterruptedEngine(["", "More."])
    opens(engine)
    typed(["Talk", "Go on"])
    shown = luciole("chat", stdin=None)
    assert (shown.code, shown.out) == (0, "So far\nMore.\n")
    assert "note: stopped; the words so far stay in the conversation\n" in shown.err
    assert asked(engine, 1) == [("user", "Talk"), ("assistant", "So far"), ("user", "Go on")]


def test_interrupting_the_prompt_leaves(luciole: Luciole, opens: Opens, typed: Typed) -> None:
    opens(FakeEngine())
    typed([KeyboardInterrupt])
    shown = luciole("chat", stdin=None)
    assert (shown.code, shown.out) == (130, "")
    assert shown.err.endswith("interrupted\n")


def test_the_conversation_outlives_the_engine(luciole: Luciole, opens: Opens, typed: Typed) -> None:
    broken: list[Event | EngineFailed] = [Reading(1, 1), Text("Half"), EngineFailed("the engine died; it starts anew")]
    door = opens(FakeEngine([broken, "Whole."]))
    typed(["Talk", "Again"])
    shown = luciole("chat", stdin=None)
    assert (shown.code, shown.out) == (0, "Half\nWhole.\n")
    assert "error: the engine died; it starts anew\n" in shown.err
    assert asked(door.engine, 1) == [("user", "Talk"), ("assistant", "Half"), ("user", "Again")]


def test_a_full_conversation_is_told_with_both_counts(luciole: Luciole, opens: Opens, typed: Typed) -> None:
    door = opens(FakeEngine(["a b c d"], info=replace(FAKE_INFO, context=6)))
    typed(["one two", "three four", "/new", "five"])
    shown = luciole("chat", stdin=None)
    assert "error: the conversation would have 8 tokens and 6 fit; nothing was dropped; /new starts anew\n" in shown.err
    assert asked(door.engine, 1)[0] == ("user", "one two")  # the old turns were not cut to make it fit
    assert asked(door.engine, 2) == [("user", "five")]


class InterruptedEngine(FakeEngine):
    """Ctrl-C is pressed after two words of the first answer."""

    def stream(self, messages: Sequence[Message], sampling: Sampling) -> Generator[Event, None, None]:
        if self.received:
            yield from super().stream(messages, sampling)
        else:
            self.received.append(tuple(messages))
            yield Text("So")
            yield Text(" far")
            raise KeyboardInterrupt

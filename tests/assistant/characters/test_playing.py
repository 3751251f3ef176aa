"""What a prompt holds: the description, the most similar dialogues that fit, nearest the end; in each form."""

from contextlib import closing
from dataclasses import replace
from types import SimpleNamespace

import pytest

from assistant.attachments import Attachment, attach
from assistant.characters import forms
from assistant.characters.folder import load_character
from assistant.characters.playing import Playing
from assistant.characters.values import Character, PromptSettings
from assistant.characters.wording import BLOCK
from assistant.conversation.conversation import Conversation
from assistant.conversation.part import Part
from assistant.conversation.turns import Forgot
from assistant.events import Finished, Text
from assistant.fake import FAKE_INFO, FakeEngine
from assistant.gguf.header import Header
from assistant.messages import Message, Plain, Sampling
from assistant.models import open_engine
from tests.assistant.characters.support import made

ROWS = "\n\n".join(
    f"{who}: What about the {what}?\nGlim: The {what} is where it always was, number {number}.\n{who}: Oh."
    for number, (who, what) in enumerate(
        [("Bram", "ferry"), ("Tobin", "lamp"), ("Hale", "cat"), ("Osk", "clock"), ("Ines", "stove")]
    )
)
TOML = 'name = "Glim"\nuser = "Visitor"\ngreeting = "Mind the cat."\ndescription = "Keeps a reading room."\n'


def character(more: str = "", rows: str = ROWS) -> Character:
    return load_character(made("one", TOML + more, d_txt=rows))


def played(
    found: Character | None = None, scripts: tuple[str, ...] = ("Hm.",), *, context: int = 8192, retrieval: bool = True
) -> tuple[Playing, FakeEngine]:
    engine = FakeEngine(list(scripts), info=replace(FAKE_INFO, context=context))
    part = Playing(found or character(), engine, retrieval=retrieval)
    for _ in (*engine.load(), *part.prepare()):
        pass
    return part, engine


def asking(*words: str) -> tuple[Message, ...]:
    roles = ("user", "assistant")
    return tuple(Message(roles[number % 2], text) for number, text in enumerate(words))


def chat(part: Part, messages: tuple[Message, ...]) -> tuple[Message, ...]:
    prompt = part.prompt(messages)
    assert not isinstance(prompt, Plain)
    return prompt


def test_turns_of_a_chat() -> None:
    part, _ = played()
    messages = asking("Hi", "Sit down.", "Why?", "It rains.", "Where is the clock?")
    system, *turns, begun = chat(part, messages)
    assert system.role == "system"
    for text in ("You are Glim, in a conversation with Visitor.", "Keeps a reading room.", "Mind the cat."):
        assert text in system.content
    assert [turn.role for turn in turns] == ["user", "assistant"] * 7 + ["user"]
    named = asking("Visitor: Hi", "Glim: Sit down.", "Visitor: Why?", "Glim: It rains.", "Visitor: Where is the clock?")
    assert turns[:2] == [*named[:2]], "what was read before is used again"
    assert turns[-3:] == [*named[2:]], "a question stands behind what it is about"
    assert turns[-5:-3] == [
        Message("user", "Osk: What about the clock?"),
        Message("assistant", "Glim: The clock is where it always was, number 3."),
    ], "the most similar one last, without what follows the character's last line"
    assert begun == Message("assistant", "Glim:"), "the model speaks as the character, not about it"
    assert part.shown(part.drawn(asking("Where is the clock?"))[-1]).startswith("Osk: What about the clock?\nGlim: ")
    assert part.shown("gone") == ""


def test_dialogues_of_several_speakers_become_turns_of_two() -> None:
    rows = (
        "Glim: Come in out of the rain, both.\nBram: It rains.\nTobin: It does.\nGlim: So it does, all day.\nGlim: Tea?"
    )
    part, _ = played(character(rows=rows))
    assert chat(part, asking("Rain?"))[1:-2] == asking(
        "…",
        "Glim: Come in out of the rain, both.",
        "Bram: It rains.\nTobin: It does.",
        "Glim: So it does, all day.\nTea?",
    )


def test_the_name_of_the_user_stands_behind_what_is_attached() -> None:
    part, _ = played(retrieval=False)
    words = attach("What is it?", [Attachment("a.txt", "A text.")])
    assert chat(part, asking(words))[1].content == "[a.txt · 1 line]\nA text.\n[end of a.txt]\n\nVisitor: What is it?"


def test_the_block_in_the_language_of_the_character() -> None:
    part, _ = played(character('[prompt]\nform = "trained"\n'))
    prompt = part.prompt((Message("system", "Rhyme."), *asking("Hi\n\n there ", "Sit down.", "The lamp?")))
    assert isinstance(prompt, Plain)
    assert prompt.text.startswith(BLOCK["en"].split("{", maxsplit=1)[0])
    assert prompt.text.endswith("\nGlim:Mind the cat.\nVisitor:Hi there\nGlim:Sit down.\nVisitor:The lamp?\nGlim:")
    assert "Keeps a reading room.\nRhyme.\n" in prompt.text
    assert prompt.text.rindex("number 1") > prompt.text.rindex("number 4"), "the most similar one nearest the end"


def test_an_answer_that_goes_on_keeps_its_material() -> None:
    part, _ = played()
    messages = asking("Where is the clock?")
    going_on = (*messages, Message("assistant", "The lamp, the lamp"))
    assert chat(part, going_on) == (*chat(part, messages)[:-1], Message("assistant", "Glim: The lamp, the lamp"))
    assert part.drawn(going_on) == part.drawn(messages)


def test_retrieval_can_be_switched_off() -> None:
    part, engine = played(retrieval=False)
    messages = asking("Where is the clock?")
    assert part.drawn(messages) == ()
    assert chat(part, messages)[1:-1] == asking("Visitor: Where is the clock?")
    part.retrieval = True
    assert len(part.drawn(messages)) == 5
    assert part.prompt(()) == ()
    assert engine.prompts == []


def test_settings_the_length_and_the_context_limit_what_is_drawn() -> None:
    found = character()
    messages = asking("Where is the clock?")

    def drawn(context: int = 8192, **prompt: int) -> list[str]:
        part, _ = played(replace(found, prompt=PromptSettings(**prompt)), context=context)
        return [part.shown(one)[:3] for one in part.drawn(messages)]

    assert drawn()[-1] == "Osk"
    assert len(drawn()) == 5
    assert drawn(dialogues=2) == [drawn()[-2], "Osk"]
    assert drawn(dialogues=0) == []
    assert drawn(characters=400) == ["Osk"], "a quarter of the characters is always the dialogues'"
    assert drawn(context=3 * 32) == ["Osk"], "a third of the context"
    assert drawn(context=30) == []


def test_one_that_is_too_long_makes_room_for_the_next() -> None:
    long = "Long: clock clock clock\nGlim: clock " + "tick " * 2000
    part, _ = played(character(rows=f"{ROWS}\n\n{long}"))
    drawn = part.drawn(asking("Where is the clock?"))
    assert [part.shown(one)[:3] for one in drawn][-1] == "Osk"
    assert len(drawn) == 5


def test_a_template_without_instructions(monkeypatch: pytest.MonkeyPatch) -> None:
    template = "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no') }}{% endif %}{{ m.content }}"
    monkeypatch.setattr(forms, "_header", lambda _: header(template + "{% endfor %}"))
    part, _ = played()
    turns = chat(part, asking("Hi", "Sit down.", "Where is the clock?"))
    assert [turn.role for turn in turns] == ["user", "assistant"] * 7
    assert turns[0].content.startswith("You are Glim")
    assert turns[0].content.endswith("\n\nInes: What about the stove?")
    assert "no place for instructions" in part.form.reason
    first = chat(part, asking("Where is the clock?"))
    assert first[0].content.startswith("You are Glim")
    assert first[-2].content == "Visitor: Where is the clock?"


def test_an_answer_that_the_template_begins_with_a_thought_is_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    template = "{% for m in messages %}{{ m.content }}{% endfor %}{% if add_generation_prompt %}<think>\n{% endif %}"
    monkeypatch.setattr(forms, "_header", lambda _: header(template))
    part, _ = played(retrieval=False)
    turns = asking("Hi", "Sit down.", "Where is the clock?")
    assert [turn.role for turn in chat(part, turns)] == ["system", "user", "assistant", "user"]
    assert chat(part, turns)[2] == turns[1], "nor are the answers before it named"
    assert chat(part, turns[:2])[-1] == turns[1]


def test_the_form_by_what_the_file_says(monkeypatch: pytest.MonkeyPatch) -> None:
    def form(found: Header | None, called: str = "x", wanted: str = "auto") -> tuple[str, str, str]:
        monkeypatch.setattr(forms, "_header", lambda _: found)
        one = load_character(made(f"{wanted}{len(seen)}", TOML + f'[prompt]\nform = "{wanted}"\n'))
        seen.append(one)
        made_ = forms.form_for(one, replace(FAKE_INFO, name=called))
        return made_.kind, made_.language, made_.reason

    seen: list[Character] = []
    index = ("<unk>", "<s>", "</s>", "reserved_0", "reserved_1")
    assert form(header("{{ x }}", index), "Index-1.9B-Character-Q8_0")[:2] == ("trained", "zh")
    assert form(header("{{ x }}", index, name="index character"))[:2] == ("trained", "zh")
    assert form(header("{{ x }}", index), "Index-1.9B-Chat")[:2] == ("chat", "en")
    assert form(header("{{ x }}"), "my-character")[:2] == ("chat", "en")
    assert form(header(None)) == ("trained", "en", "the model's file carries no chat template")
    assert form(header("{{ x }}", index), "Index-1.9B-Character", "chat")[:2] == ("chat", "en")
    assert form(header("{{ x }}"), "x", "trained")[:2] == ("trained", "en")
    assert form(None) == ("chat", "en", "the model takes turns")
    monkeypatch.setattr(forms, "read_origin", lambda _: SimpleNamespace(repository="IndexTeam/Index-1.9B-Character"))
    assert form(header("{{ x }}", index), "renamed")[:2] == ("trained", "zh"), "it is known by where it came from"


def header(template: str | None, tokens: tuple[str, ...] = ("a",), name: str = "") -> Header:
    keys = {"general.architecture": "llama", "general.name": name, "tokenizer.ggml.tokens": tokens}
    return Header(3, 32, keys | ({} if template is None else {"tokenizer.chat_template": template}), (), 0, 0)


def test_attached_texts_are_not_searched() -> None:
    part, _ = played()
    words = attach("Where is the clock?", [Attachment("a.txt", "ferry ferry ferry stove stove cat lamp")])
    assert part.drawn(asking(words))[-1] == part.drawn(asking("Where is the clock?"))[-1]


def test_a_conversation_with_it() -> None:
    part, engine = played(scripts=("Glim: The clock.\nVisitor: Thanks", "**Glim**: No."))
    assert part.stops[:2] == ("\nVisitor:", "\nVisitor：")
    assert "\nBram:" in part.stops
    conversation = Conversation(engine)
    conversation.play(part)
    events = list(conversation.say("Where is the clock?"))
    assert "".join(event.text for event in events if isinstance(event, Text)) == "The clock."
    assert isinstance(events[-1], Finished)
    list(conversation.say("And the cat?"))
    assert [turn.content for turn in conversation.path] == ["Where is the clock?", "The clock.", "And the cat?", "No."]
    assert len(conversation.path[1].dialogues) == 5
    assert conversation.heading.character == "one"


def test_long_conversations_keep_description_and_dialogues() -> None:
    part, engine = played(scripts=("word " * 40,), context=400)
    conversation = Conversation(engine)
    conversation.play(part)
    forgot = [event for n in range(12) for event in conversation.say("The clock? " * 20) if isinstance(event, Forgot)]
    assert forgot, "old turns go, and that is said"
    received = engine.received[-1]
    assert "Keeps a reading room." in received[0].content
    assert any("The clock is where it always was" in message.content for message in received)
    assert sum(len(message.content.split()) for message in received) <= 400


def test_braces_and_another_name_for_the_user() -> None:
    found = replace(character(rows="Tom: {role}\nGlim: {0} {dialogues}"), description="{user} {", user="Anna")
    part, _ = played(found)
    turns = chat(part, asking("{words}"))
    assert "{user} {" in turns[0].content
    assert [turn.content for turn in turns[1:-1]] == ["Tom: {role}", "Glim: {0} {dialogues}", "Anna: {words}"]


def test_a_character_without_dialogues() -> None:
    part, _ = played(load_character(made("bare", TOML)))
    assert part.drawn(asking("Hi")) == ()
    assert chat(part, asking("Hi"))[-2].content == "Visitor: Hi"


@pytest.mark.slow
def test_a_conversation_with_the_starter() -> None:
    """It is small and silly; yet each answer is one turn of the character's own, and earlier turns are read once."""
    glim = load_character("glim")
    sampling = Sampling(temperature=0, repeat_penalty=1.1, max_tokens=120)
    with closing(open_engine("starter")) as engine:
        conversation = Conversation(engine, sampling)
        conversation.play(Playing(replace(glim, prompt=PromptSettings(dialogues=4)), engine))
        for words in ("Hello", "Who are you?", "I can't sleep.", "My lamp is broken, can you mend it?"):
            for _ in conversation.say(words):
                pass
    answers = conversation.path[1::2]
    assert [answer.reason for answer in answers] == ["stop"] * 4
    assert all(answer.content and len(answer.content.split()) <= 80 for answer in answers)
    assert not any("Glim:" in answer.content or "Visitor:" in answer.content for answer in answers)
    reused = [answer.usage.reused_tokens for answer in answers[1:] if answer.usage is not None]
    assert 300 < reused[0] <= reused[1] < reused[2], "instruction and description, then the turns before the last ones"

"""The regular form of a chat template, and its writing in Go: both make the prompts of the template itself."""

import pytest

from assistant.errors import TemplateFailed
from assistant.library.exporting.go import go_template
from assistant.library.exporting.turns import Turns, conversations, find_turns
from assistant.messages import Message
from assistant.prompt.render import render
from tests.assistant.library.exporting.go_subset import execute
from tests.assistant.library.exporting.templates import HABITS, IRREGULAR, REGULAR

BOS, EOS = "<s>", "</s>"
WORDS = ("Why?", "Because\nof the {{ light }}.", "一 二　三", 'He said """so"""\nand "so"', "And\n\n\nnow?")


def prompt(template: str, messages: list[Message]) -> str:
    return "".join(run.text for run in render(template, messages, bos=BOS, eos=EOS))


@pytest.mark.parametrize("name", REGULAR)
def test_the_form_and_gos_template_make_the_prompts_of_the_template(name: str) -> None:
    template = REGULAR[name]
    turns = find_turns(template, bos=BOS, eos=EOS)
    written = go_template(turns)
    for messages in conversations(WORDS, system=turns.takes_system):
        expected = prompt(template, messages)
        assert turns.prompt(messages) == expected
        assert execute(written, messages) == expected


@pytest.mark.parametrize("name", REGULAR)
def test_an_answer_is_gone_on_with_as_here(name: str) -> None:
    template = REGULAR[name]
    turns = find_turns(template, bos=BOS, eos=EOS)
    written = go_template(turns)
    for messages in conversations(WORDS, system=turns.takes_system):
        going_on = [*messages, Message("assistant", "It is")]
        expected = prompt(template, going_on)
        assert turns.prompt(going_on) == expected
        assert execute(written, going_on) == expected


@pytest.mark.parametrize("name", [name for name, template in REGULAR.items() if "bos_token" in template])
def test_the_begin_token_can_be_left_to_who_cuts_the_prompt(name: str) -> None:
    template = REGULAR[name]
    turns = find_turns(template, bos=BOS, eos=EOS)
    without = turns.without_beginning(BOS)
    assert without is not None
    for messages in conversations(WORDS, system=turns.takes_system):
        assert BOS + execute(go_template(without), messages) == prompt(template, messages)


@pytest.mark.parametrize("name", [name for name, template in REGULAR.items() if "bos_token" not in template])
def test_no_begin_token_is_taken_from_where_none_is(name: str) -> None:
    assert find_turns(REGULAR[name], bos=BOS, eos=EOS).without_beginning(BOS) is None
    assert find_turns(REGULAR[name], bos="", eos=EOS).without_beginning("") is None


def test_what_a_template_does_beside_is_known() -> None:
    def found(name: str) -> tuple[bool, bool]:
        turns = find_turns(HABITS[name], bos=BOS, eos=EOS)
        return turns.takes_system, turns.strips

    assert found("default-system") == (True, False)
    assert found("no-system") == (False, True)
    assert found("strips") == (True, True)
    assert found("inside") == (True, False)


def test_chatml_is_taken_apart_where_its_turns_are() -> None:
    assert find_turns(REGULAR["chatml"], bos=BOS, eos=EOS) == Turns(
        start="<|im_start|>user\n",
        system_before="<|im_start|>system\n",
        system_after="<|im_end|>\n<|im_start|>user\n",
        user_before="<|im_start|>user\n",
        user_after="<|im_end|>\n",
        answer_before="<|im_start|>assistant\n",
        answer_after="<|im_end|>\n",
        opening="<|im_start|>assistant\n",
    )


@pytest.mark.parametrize("name", IRREGULAR)
def test_a_template_of_another_form_is_refused_with_the_reason(name: str) -> None:
    with pytest.raises(TemplateFailed) as caught:
        find_turns(IRREGULAR[name], bos=BOS, eos=EOS)
    assert str(caught.value).count(";") == 2


def test_a_cut_conversation_begins_with_an_answer() -> None:
    """Ollama leaves out the oldest messages where the context is full; the system message stays."""
    for template in REGULAR.values():
        turns = find_turns(template, bos=BOS, eos=EOS)
        cut = [Message("assistant", "so it is"), Message("user", "and now?")]
        for messages in (cut, [Message("system", "Be brief."), *cut]) if turns.takes_system else (cut,):
            found = execute(go_template(turns), messages)
            assert found == turns.prompt(messages)
            assert all(message.content in found for message in messages)

"""Messages to a prompt: the model's chat template around contents that can never become control tokens.

`render` gives runs: text of the template, or content of a message. The engine turns runs into ids; control tokens are
recognised in the template's text only. Where the last message is the assistant's, the prompt ends with its words so
far, so that the model goes on with them. Nothing here knows a model or its ids.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant.errors import TemplateFailed
from assistant.messages import Message
from assistant.prompt.template import render_template

_STRIPS: tuple[Callable[[str], str], ...] = (
    str,
    lambda text: text.rstrip("\n"),
    lambda text: text.lstrip("\n"),
    lambda text: text.strip("\n"),
    str.rstrip,
    str.lstrip,
    str.strip,
)
"""What templates do to a content: nothing, or one kind of stripping, the gentlest first."""
_MARK = re.compile("\ue000(\\d+)\ue001")
_THOUGHT = "</think>"


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of the prompt. `trusted`: from the template, so control tokens in it are meant."""

    text: str
    trusted: bool


def render(template: str, messages: Sequence[Message], *, bos: str, eos: str) -> tuple[Run, ...]:
    """The prompt for the next answer, or for more of the last one. `bos`, `eos`: texts of the begin and end tokens.

    The template is rendered twice, with the contents and with marks in their place, so that it is known which text is
    whose. Raises TemplateFailed where it is broken, refuses the messages, or rewrites a content.
    """
    if messages and messages[-1].role == "assistant":
        return _going_on(template, messages, bos, eos)
    real = _render(template, [message.content for message in messages], messages, bos, eos)
    marked = _render(template, _marks(messages), messages, bos, eos)
    # text, number, text, number, ... text
    parts = _MARK.split(marked)
    if {int(number) for number in parts[1::2]} != set(range(len(messages))):
        raise TemplateFailed(
            "the model's chat template leaves out messages; all were expected in the prompt; "
            "leave out the system message, or use another model"
        )
    runs = [Run(parts[0], trusted=True)]
    at = len(parts[0])
    for number, after in zip(parts[1::2], parts[2::2], strict=True):
        content = _content(real, at, messages[int(number)].content, after)
        runs += [Run(content, trusted=False), Run(after, trusted=True)]
        at += len(content) + len(after)
    if "".join(run.text for run in runs) != real:
        raise _rewritten()
    return tuple(run for run in runs if run.text)


def _going_on(template: str, messages: Sequence[Message], bos: str, eos: str) -> tuple[Run, ...]:
    """The prompt that the answer was begun with, then its words: what the model had before it when they were cut.

    Not the template's own form of an answer: that may leave thoughts out, or put an empty one in (Qwen3's).
    """
    *before, last = messages
    opening = render(template, before, bos=bos, eos=eos)
    runs = [*opening]
    if last.content and not last.content[0].isspace():
        runs.append(Run(_gap(template, messages, "".join(run.text for run in opening), bos, eos), trusted=True))
    runs.append(Run(last.content, trusted=False))
    return tuple(run for run in runs if run.text)


def _gap(template: str, messages: Sequence[Message], opening: str, bos: str, eos: str) -> str:
    """White space that the template puts between the beginning of an answer and its words; models write it themselves,
    but it is not there where others wrote the answer, or somebody stripped it.
    """
    marks = [message.content for message in messages[:-1]] + _marks(messages)[-1:]
    try:
        whole = _render(template, marks, messages, bos, eos, answering=False)
    except TemplateFailed:
        return ""
    gap = whole.removeprefix(opening).partition(marks[-1])[0]
    return gap if whole.startswith(opening) and gap.isspace() else ""


def _marks(messages: Sequence[Message]) -> list[str]:
    return [f"\ue000{index}\ue001" for index in range(len(messages))]


def _content(real: str, at: int, content: str, after: str) -> str:
    """The form in which the content stands at this place, followed by the template's next text."""
    forms = [content]
    if _THOUGHT in content:
        forms.append(content.rpartition(_THOUGHT)[2])  # reasoning models' templates keep the answer, not its thoughts
    for form in forms:
        for strip in _STRIPS:
            candidate = strip(form)
            if real.startswith(candidate + after, at):
                return candidate
    raise _rewritten()


def _render(
    template: str, contents: Sequence[str], messages: Sequence[Message], bos: str, eos: str, *, answering: bool = True
) -> str:
    values = [{"role": message.role, "content": content} for message, content in zip(messages, contents, strict=True)]
    return render_template(template, values, bos=bos, eos=eos, answering=answering)


def _rewritten() -> TemplateFailed:
    return TemplateFailed(
        "the model's chat template rewrites the messages; one that carries them unchanged was expected, so that a text "
        "can never become a control token; use another model"
    )

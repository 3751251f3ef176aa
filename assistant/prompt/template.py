"""Compiles and renders chat templates: programs of strangers, with a budget for what they may do.

A template gets what transformers gives it and nothing else, in a sandbox that counts (`assistant.prompt.sandbox`). What
the text means is not known here.
"""

from collections.abc import Sequence
from functools import lru_cache

import jinja2

from assistant.errors import TemplateFailed
from assistant.prompt.budget import MAX_STEPS, begin
from assistant.prompt.sandbox import Sandbox

MAX_TEMPLATE = 1 << 17
"""Characters. The longest that models carry have some 30,000."""
MAX_CHARACTERS = 1 << 20

FAILURES = (
    jinja2.TemplateError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    MemoryError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
)
"""A template is a program of the model's author: whatever it raises is its own failure."""


def render_template(
    template: str, messages: Sequence[dict[str, str]], *, bos: str, eos: str, answering: bool = True
) -> str:
    """The template's text for these messages and, where `answering`, the beginning of an answer.

    Raises TemplateFailed.
    """
    length = sum(len(message["content"]) for message in messages)
    room = MAX_CHARACTERS + 4 * length
    pieces: list[str] = []
    begin(MAX_STEPS + 4 * length)
    try:
        compiled = _compile(template)
        for piece in compiled.generate(
            messages=messages,
            tools=None,
            documents=None,
            add_generation_prompt=answering,
            bos_token=bos,
            eos_token=eos,
        ):
            room -= len(piece)
            if room < 0:
                raise jinja2.TemplateRuntimeError("it writes far more than the messages")
            pieces.append(piece)
    except FAILURES as error:
        words = " ".join(str(error).split())[:200] or type(error).__name__
        raise TemplateFailed(
            f"the model's chat template fails ({words}); one that renders these messages was expected; "
            "leave out the system message, or use another model"
        ) from error
    return "".join(pieces)


@lru_cache(maxsize=4)
def _compile(template: str) -> jinja2.Template:
    if len(template) > MAX_TEMPLATE:
        raise TemplateFailed(
            f"the model's chat template has {len(template):,} characters; at most {MAX_TEMPLATE:,} were expected; "
            "use another model"
        )
    return Sandbox().template(template)

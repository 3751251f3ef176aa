"""What the screen says in words: the model, an error's title, what a finished answer came to. No widget in sight."""

import re

from assistant import AssistantError, FinishReason, ModelInfo, PromptTooLong, Usage
from tui.activity import bill
from tui.figures import size
from tui.language import N_, _

_CLAUSES = re.compile("(; |；)")
_PROOF = (N_("proven"), N_("partly proven"), N_("unproven"))
_TITLES = {
    "ModelNotFound": N_("no model"),
    "InvalidModelFile": N_("not a usable model"),
    "InvalidDocument": N_("not a readable document"),
    "TemplateFailed": N_("chat template"),
    "EngineFailed": N_("the engine failed; the next message starts it again"),
}


def named(info: ModelInfo) -> str:
    """The model's name, with its quantization if the name lacks it."""
    return info.name if info.quantization.lower() in info.name.lower() else f"{info.name} {info.quantization}"


def running(info: ModelInfo) -> tuple[str, ...]:
    """How it runs, for the status line: types of keys and values, memory; empty before anything was read."""
    return tuple(filter(None, (info.kv, size(info.memory) if info.memory else "")))


def ended(reason: FinishReason, usage: Usage) -> str:
    """Under a finished answer: what it took, or why it is not whole."""
    match reason:
        case "length":
            return _("cut at {count} tokens, the longest answer allowed").format(count=f"{usage.answer_tokens:,}")
        case "repetition":
            return _("stopped, because it repeated itself without end · {bill}").format(bill=bill(usage))
        case "stop":
            return bill(usage)


def capital(words: str) -> str:
    """With a capital letter in front, where the language has them."""
    return words[:1].upper() + words[1:]


def title(error: AssistantError) -> str:
    """Above the message of an error."""
    if isinstance(error, PromptTooLong):
        return _("too long: {count} tokens, {limit} fit").format(count=f"{error.tokens:,}", limit=f"{error.limit:,}")
    return _(_TITLES.get(type(error).__name__, N_("error")))


def clauses(message: str) -> str:
    """An error with a line for each of its parts: what was found, expected, to be done. Brackets stay whole."""
    lines, depth = [""], 0
    for part in _CLAUSES.split(message):
        if part in {"; ", "；"} and depth <= 0:
            lines.append("")
        else:
            depth += sum((letter in "(（") - (letter in ")）") for letter in part)
            lines[-1] += part
    return "\n".join(lines)

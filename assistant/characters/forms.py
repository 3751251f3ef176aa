"""In which form a model takes a character: as the block it was trained on, or in turns of its own chat template.

Decided by what the model's file says, and told with the reason. The module knows nothing of corpora and conversations.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from assistant.characters.values import Character, Language
from assistant.engine import ModelInfo
from assistant.errors import TemplateFailed
from assistant.gguf.file import read_header
from assistant.gguf.header import Header
from assistant.library.origin import read_origin
from assistant.messages import Message

_INDEX_TOKENS = ("reserved_0", "reserved_1")
"""Tokens 3 and 4 of every Index-1.9B, of which no other model has these two."""
_NAMES = ("general.name", "general.basename", "general.finetune")


@dataclass(frozen=True, slots=True)
class Form:
    """`kind`: a block of plain text, or turns; `language` of its wording; `reason` in a few words."""

    kind: Literal["trained", "chat"]
    language: Language
    reason: str
    system: bool = True
    """Whether the chat template takes a message of role `system`."""
    begins: bool = True
    """Whether an answer may be begun for the model: not where the template itself begins it with a thought."""


def form_for(character: Character, info: ModelInfo | None) -> Form:
    """The form for a loaded model. Raises InvalidModelFile where its file cannot be read any more."""
    called = known_as(Path(info.path), info.name) if info is not None else ""
    return form_of(character, _header(info), called)


def form_of(character: Character, header: Header | None, called: str) -> Form:
    """The form for a model with this header, which is called so; None: a scripted one, which takes everything."""
    of_index = header is not None and is_index_character(header, called)
    wanted, language = character.prompt.form, character.language
    if wanted == "trained":
        return Form("trained", "zh" if of_index else language, "the character's settings ask for the trained block")
    if wanted == "auto" and of_index:
        return Form("trained", "zh", "Index-1.9B-Character was trained on this block, in Chinese")
    if header is None:
        return Form("chat", language, "the model takes turns")
    template = header.chat_template
    if template is None:
        return Form("trained", language, "the model's file carries no chat template")
    reason = "the character's settings ask for the chat template" if wanted == "chat" else "the model's chat template"
    asked = (Message("user", "b"),)
    begins = not _rendered(header, template, asked).rstrip().endswith("<think>")
    if _rendered(header, template, (Message("system", "a"), *asked)):
        return Form("chat", language, reason, begins=begins)
    return Form("chat", language, f"{reason}, which has no place for instructions", system=False, begins=begins)


def is_index_character(header: Header, called: str) -> bool:
    """Whether this is Index-1.9B-Character: by its vocabulary, and by one of its names. `called`: those it has here."""
    if header.architecture != "llama" or header.tokens[3:5] != _INDEX_TOKENS:
        return False
    names = (called, *(header.text(key) or "" for key in _NAMES))
    return any("character" in name.casefold() for name in names)


def known_as(path: Path, name: str) -> str:
    """The model's name here, and the one it has on the hub: it may have been renamed since."""
    origin = read_origin(path)
    return name if origin is None else f"{name} {origin.repository}"


def _header(info: ModelInfo | None) -> Header | None:
    """A scripted engine has no file."""
    if info is None or not Path(info.path).is_file():
        return None
    return read_header(Path(info.path))


def _rendered(header: Header, template: str, messages: tuple[Message, ...]) -> str:
    """The prompt of these messages; empty where the template refuses them."""
    from assistant.prompt.render import render  # noqa: PLC0415  jinja takes a while

    of = {token.role: token.text for token in header.special_tokens}
    try:
        runs = render(template, messages, bos=of.get("bos", ""), eos=of.get("eos", ""))
    except TemplateFailed:
        return ""
    return "".join(run.text for run in runs)

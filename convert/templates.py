"""The prompt format of a checkpoint: its chat template, from the places where transformers looks, in its order."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from convert.checkpoint import Checkpoint
from convert.errors import InvalidCheckpoint

_MARKS = (
    # text that only this format's template contains -> its usual name
    ("<|start_header_id|>", "llama3"),
    ("<|im_start|>", "chatml"),
    ("[INST]", "llama2"),
    ("<|assistant|>", "zephyr"),
    ("### Human:", "human-assistant"),
)


@dataclass(frozen=True, slots=True)
class Template:
    """Jinja text of the default template (None: the checkpoint has none), further ones by name, and where it stood."""

    text: str | None
    source: str
    named: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str | None:
        """The usual name of the format, `custom` for an unknown one, None without a template."""
        if self.text is None:
            return None
        return next((name for mark, name in _MARKS if mark in self.text), "custom")


def read_template(checkpoint: Checkpoint) -> Template:
    """chat_template.jinja, else chat_template.json, else tokenizer_config.json. Raises InvalidCheckpoint."""
    text = checkpoint.text("chat_template.jinja")
    if text:
        return Template(text, "chat_template.jinja")
    for file in ("chat_template.json", "tokenizer_config.json"):
        value = (checkpoint.json(file) or {}).get("chat_template")
        if value:
            return _parse(value, file)
    return Template(None, "no file of the checkpoint carries one")


def _parse(value: Any, file: str) -> Template:
    if isinstance(value, str):
        return Template(value, f"{file}: chat_template")
    try:
        named = {item["name"]: item["template"] for item in value}
    except (TypeError, KeyError) as error:
        raise InvalidCheckpoint(f"chat_template in {file} is neither a text nor a list of named texts") from error
    if not all(isinstance(text, str) for pair in named.items() for text in pair):
        raise InvalidCheckpoint(f"chat_template in {file} has an entry that is no text; restore the file")
    default = named.pop("default", None)
    return Template(default, f"{file}: chat_template 'default'", named)

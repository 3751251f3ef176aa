"""What a conversion writes into its file about itself, so that `verify` can derive the file once more.

Which quantizer made the bytes, and what the user chose in place of what the checkpoint's files say. Paths are not
written: of a template from a file, only that there was one.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

from convert.choices import Choices
from convert.errors import VerificationFailed
from convert.gguf.bounds import quantizer

QUANTIZER, CHOICES = "luciole.quantizer", "luciole.choices"
FROM_FILE = "(a file)"


def recorded(choices: Choices) -> dict[str, str]:
    """The keys to write."""
    if choices.template is not None and ("." in choices.template or Path(choices.template).name != choices.template):
        choices = replace(choices, template=FROM_FILE)
    said = {name: value for name, value in asdict(choices).items() if value not in {None, False}}
    return {QUANTIZER: quantizer()} | ({CHOICES: json.dumps(said)} if said else {})


def in_words(choices: Choices) -> str:
    """What the user put in place of the checkpoint's own, to stand behind its name; empty where nothing was."""
    said = {name: value for name, value in asdict(choices).items() if value is not None and name != "force"}
    words = " ".join(f"--{name.replace('_', '-')} {value}" for name, value in said.items())
    return f" with {words}" if words else ""


def choices_of(keys: Mapping[str, Any]) -> Choices:
    """The choices written in a file; none where it has none. Raises VerificationFailed where they cannot be read."""
    text = keys.get(CHOICES, "{}")
    try:
        said = json.loads(text)
        known = {field.name for field in fields(Choices)}
        if not isinstance(said, dict) or not said.keys() <= known:
            raise ValueError(f"known are {', '.join(sorted(known))}")
        return Choices(**said)
    except (TypeError, ValueError, RecursionError) as error:
        raise VerificationFailed(f"{CHOICES} is {str(text)[:60]!r} in the file ({error}); convert it again") from error

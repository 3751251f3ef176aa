"""The prompt format of a checkpoint: chosen by the user, else its own chat template, else the one it was trained on.

Its own is looked for where transformers looks, in that order. A format that is only recognised is reported as such;
where nothing points to one, none is written. Templates are programs of strangers: they are parsed here, never run.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jinja2

from convert.checkpoint import Checkpoint
from convert.errors import InvalidCheckpoint, UnsupportedTemplate
from convert.formats import MARKS, NAMES, format_text, missing_tokens, recognise
from convert.tokenizer.entries import Vocabulary

_OPTION = "--template"
_NONE = "none"
_GENERATION = re.compile(r"\{%-?\s*(?:end)?generation\s*-?%\}")
"""transformers' mark of what is trained on; plain jinja2 does not know the tag."""
_MAX_CHARACTERS = 1 << 20


@dataclass(frozen=True, slots=True)
class Template:
    """Jinja text of the default template (None: there is none), its usual name, further ones by name, its place."""

    text: str | None
    source: str
    name: str | None = None
    """The usual name of the format, `custom` for an unknown one, None without a template."""
    named: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def read_template(checkpoint: Checkpoint, vocabulary: Vocabulary, choice: str | None = None) -> Template:
    """What the user chose (a name or a file), else the checkpoint's own, else the format it shows to be trained on.

    Raises UnsupportedTemplate, InvalidCheckpoint.
    """
    if choice is not None:
        return _chosen(choice, vocabulary)
    own = _own(checkpoint)
    if own is not None:
        return own
    names = [checkpoint.name, *(value for value in [checkpoint.config.get("_name_or_path")] if isinstance(value, str))]
    named = checkpoint.config.get("architectures")
    classes = [value for value in named if isinstance(value, str)] if isinstance(named, list) else []
    found = recognise([name.replace("\\", "/").rsplit("/", 1)[-1] for name in names], classes, vocabulary)
    if found is None:
        warning = (
            "the checkpoint carries no chat template, and nothing shows which format it was trained on; chat will need "
            f"one ({_OPTION} with one of {', '.join(NAMES)}, or a file), completion works"
        )
        return Template(None, "no file of the checkpoint carries one", warnings=(warning,))
    name, signs = found
    return Template(
        format_text(name),
        f"recognised by {signs}",
        name,
        warnings=(
            f"the checkpoint carries no chat template; {name} was recognised by {signs}; "
            f"if the model's card says otherwise, pass {_OPTION} with a name, a file or {_NONE}",
        ),
    )


def _chosen(choice: str, vocabulary: Vocabulary) -> Template:
    if choice.lower() == _NONE:
        return Template(None, f"{_OPTION} {_NONE}")
    if choice.lower() in NAMES:
        name = choice.lower()
        missing = missing_tokens(name, vocabulary)
        warnings = (
            f"{_OPTION} {name} was used, but the vocabulary has no control token {' or '.join(missing)}; the model was "
            "not trained on this format, and sees its marks as plain text",
        )
        return Template(format_text(name), f"{_OPTION} {name}", name, warnings=warnings if missing else ())
    return _from_file(Path(choice))


def _from_file(path: Path) -> Template:
    try:
        with path.open("rb") as file:
            data = file.read(4 * _MAX_CHARACTERS + 1)  # a device may have no end
        text = data.decode("utf-8").strip()
    except FileNotFoundError as error:
        raise UnsupportedTemplate(
            f"{_OPTION} {path} is no format and no file; {', '.join((*NAMES, _NONE))} or a Jinja file was expected"
        ) from error
    except (OSError, ValueError) as error:
        raise UnsupportedTemplate(
            f"{path!s:.200} cannot be read ({error}); a Jinja file in UTF-8 was expected"
        ) from error
    problem = _problem(text)
    if problem or not text:
        raise UnsupportedTemplate(f"{path} {problem or 'is empty'}; a Jinja chat template was expected; correct it")
    return Template(text, f"{_OPTION} {path.name}", _name(text))


def _own(checkpoint: Checkpoint) -> Template | None:
    """chat_template.jinja, else chat_template.json, else tokenizer_config.json."""
    text = checkpoint.text("chat_template.jinja")
    if text:
        return _checked(text, "chat_template.jinja", {})
    for file in ("chat_template.json", "tokenizer_config.json"):
        value = (checkpoint.json(file) or {}).get("chat_template")
        if value:
            return _parse(value, file)
    return None


def _parse(value: Any, file: str) -> Template:
    if isinstance(value, str):
        return _checked(value, f"{file}: chat_template", {})
    try:
        named = {item["name"]: item["template"] for item in value}
    except (TypeError, KeyError) as error:
        raise InvalidCheckpoint(f"chat_template in {file} is neither a text nor a list of named texts") from error
    if not all(isinstance(text, str) for pair in named.items() for text in pair):
        raise InvalidCheckpoint(f"chat_template in {file} has an entry that is no text; restore the file")
    return _checked(named.pop("default", None), f"{file}: chat_template 'default'", named)


def _checked(text: str | None, source: str, named: Mapping[str, str]) -> Template:
    """The checkpoint's own, written as it is; a warning where no program could use it."""
    problem = _problem(text) if text else ""
    warnings = (
        (f"the chat template of {source} {problem}; it is written as it stands, and chat will need {_OPTION}",)
        if problem
        else ()
    )
    if text is None:
        warnings = (f"{source} is missing among {', '.join(sorted(named))}; chat will need {_OPTION}",)
    return Template(text, source, _name(text), named, warnings)


def _problem(text: str) -> str:
    """Why jinja2 cannot read it, with the line; empty where it can.

    It is parsed, and its filters and tests looked up; compiling it would already compute the constants in it, however
    large.
    """
    if len(text) > _MAX_CHARACTERS:
        return f"has {len(text):,} characters, more than {_MAX_CHARACTERS:,}"
    environment = jinja2.Environment(extensions=["jinja2.ext.loopcontrols"], autoescape=False)  # noqa: S701 - not run
    try:
        tree = environment.parse(_GENERATION.sub("", text))
        known = {jinja2.nodes.Filter: environment.filters, jinja2.nodes.Test: environment.tests}
        for kind, names in known.items():
            for node in tree.find_all(kind):
                if node.name not in names:
                    word = kind.__name__.lower()
                    return f"asks for the {word} {node.name!r:.60} (line {node.lineno}), which Jinja does not have"
    except jinja2.TemplateSyntaxError as error:
        return f"is no Jinja template (line {error.lineno}: {' '.join(str(error.message).split())[:120]})"
    except RecursionError:
        return "is nested too deeply"
    except (ValueError, OverflowError) as error:  # a number of more digits than Python reads
        return f"is no Jinja template ({error})"
    return ""


def _name(text: str | None) -> str | None:
    if text is None:
        return None
    ours = next((name for name in NAMES if format_text(name) == text.strip()), None)
    return ours or next((name for mark, name in MARKS.items() if mark in text), "custom")

"""`luciole characters list`, `show` and `check`: read from their folders; no model is loaded."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from assistant.characters.check import Findings
    from assistant.characters.folder import Listed
    from assistant.characters.forms import Form
    from assistant.characters.values import Character

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
MODEL = click.option("-m", "--model", metavar="MODEL", help="Tell how MODEL takes it too; it is not loaded.")
_MOST_SHOWN = 12


@click.command("list", epilog="Example:\n  luciole characters list --json")
@AS_JSON
def list_(as_json: bool) -> None:
    """List the characters that can be played.

    Your own come first; those that ship with this program can be played and copied, not changed.
    """
    from assistant.characters.folder import character_folder
    from assistant.characters.folder import characters as found
    from assistant.commands.rows import print_rows
    from assistant.console import note
    from assistant.sanitize import one_line, printable_json

    listed = found()
    if as_json:
        rows = [_row(one) for one in listed]
        click.echo(printable_json({"folder": str(character_folder()), "characters": rows}))
        return
    if not listed:
        note("no character is here; luciole characters new NAME makes one")
        return
    print_rows((one.id, _words(one)) for one in listed if not one.problem)
    for one in listed:
        if one.problem:
            click.echo(f"{one_line(one.id)}: {one_line(one.problem)}")


@click.command(epilog="Examples:\n\n\b\n  luciole characters show glim\n  luciole characters show glim -m starter")
@click.argument("character", metavar="CHARACTER")
@MODEL
@AS_JSON
def show(character: str, model: str | None, as_json: bool) -> None:
    """Show everything that is known of CHARACTER.

    CHARACTER is a name that the list shows, or a folder.
    """
    from assistant.commands.rows import print_rows
    from assistant.sanitize import printable, printable_json

    found = named(character)
    form = _form(found, model)
    if as_json:
        click.echo(printable_json(facts(found) | _form_facts(form)))
        return
    print_rows(_rows(found, form))
    for title, text in (("greeting", found.greeting), ("description", found.description)):
        if text:
            click.echo(f"\n{title}:\n{printable(text)}")


@click.command(epilog="Examples:\n\n\b\n  luciole characters check glim\n  luciole characters check ~/my-character")
@click.argument("character", metavar="CHARACTER")
@MODEL
@AS_JSON
def check(character: str, model: str | None, as_json: bool) -> None:
    """Look for what is wrong with CHARACTER.

    What cannot be read is an error, and says where. Else it tells how many dialogues there are, who speaks in them,
    which were left out and why, and how many of them fit a prompt. CHARACTER is a name that the list shows, or a
    folder.
    """
    from dataclasses import asdict

    from assistant.characters.check import check_character
    from assistant.commands.rows import print_rows
    from assistant.console import note
    from assistant.sanitize import printable_json

    found = named(character)
    form = _form(found, model)
    findings = check_character(found)
    if as_json:
        click.echo(printable_json(facts(found) | {"check": asdict(findings)} | _form_facts(form)))
        return
    print_rows((*_check_rows(found, findings), *(_form_rows(form))))
    shown = findings.left_out[:_MOST_SHOWN]
    for one in shown:
        note(f"{one.where} is left out: {one.why}")
    if len(shown) < len(findings.left_out):
        note(f"{len(findings.left_out) - len(shown):,} more are left out; --json lists them all")
    for text in findings.notes:
        note(text)


def named(text: str) -> "Character":
    """The character of that name, or in that folder: what has a slash, or is none of their names and a folder."""
    import os
    from pathlib import Path

    from assistant.characters.folder import characters_named, load_character

    path = Path(text).expanduser()
    if os.sep in text or (path.is_dir() and not characters_named(text)):
        return load_character(path)
    return load_character(text)


def facts(character: "Character") -> dict[str, object]:
    """The fields of `--json`."""
    from dataclasses import asdict

    return {
        "id": character.id,
        "name": character.name,
        "folder": str(character.folder),
        "shipped": character.shipped,
        "user": character.user,
        "language": character.language,
        "greeting": character.greeting,
        "description": character.description,
        "dialogues": len(character.dialogues),
        "files": [asdict(file) for file in character.corpus.files],
        "sampling": dict(character.sampling),
        "prompt": asdict(character.prompt),
        "retrieval": asdict(character.retrieval),
        "notes": list(character.corpus.notes),
    }


def _row(one: "Listed") -> dict[str, object]:
    return {
        "id": one.id,
        "name": one.name,
        "folder": str(one.folder),
        "shipped": one.shipped,
        "dialogues": one.dialogues,
        "language": one.language,
        "problem": one.problem or None,
    }


def _words(one: "Listed") -> str:
    count = f"{one.dialogues:,} dialogue{'' if one.dialogues == 1 else 's'}"
    name = f"{one.name}, " if one.name != one.id else ""
    return f"{name}{one.language}, {count}{', ships with luciole' if one.shipped else ''}"


def _rows(character: "Character", form: "Form | None") -> list[tuple[str, str]]:
    prompt = character.prompt
    return [
        ("name", character.name),
        ("folder", f"{character.folder}{' (ships with luciole)' if character.shipped else ''}"),
        ("calls you", character.user),
        ("language", character.language),
        ("dialogues", _files(character)),
        ("in a prompt", f"at most {prompt.dialogues:,} of them, and {prompt.characters:,} characters in all"),
        ("found by", _search(character)),
        *((key.replace("_", " "), str(value)) for key, value in character.sampling.items()),
        *_form_rows(form),
    ]


def _files(character: "Character") -> str:
    files = (
        f"{file.dialogues:,} in {file.name}" + (f" ({file.encoding}, a guess)" if file.guessed else "")
        for file in character.corpus.files
    )
    return ", ".join(files) or "none"


def _search(character: "Character") -> str:
    model = character.retrieval.embedding_model
    return "their words" if model is None else f"their words, and vectors of {model}"


def _check_rows(character: "Character", found: "Findings") -> list[tuple[str, str]]:
    speakers = list(found.speakers.items())
    more = f" and {len(speakers) - _MOST_SHOWN:,} more" if len(speakers) > _MOST_SHOWN else ""
    least, middle, most = found.in_prompt
    rows = [
        ("name", character.name),
        ("language", character.language),
        (
            "dialogues",
            f"{found.dialogues:,} of {found.read:,} that were read, {found.lines:,} lines: {_files(character)}",
        ),
        ("speakers", ", ".join(f"{name} {count:,}" for name, count in speakers[:_MOST_SHOWN]) + more),
        ("left out", f"{len(found.left_out):,}"),
    ]
    if found.dialogues:
        rows += [
            ("longest", f"{found.longest:,} characters ({found.longest_at})"),
            ("in a prompt", f"{middle:,} mostly, {least:,} to {most:,}" if least < most else f"{most:,}"),
        ]
    if found.index is not None:
        index = found.index
        made = f", {index.vectors:,} of {index.wanted:,} made by {index.model}" if index.model else ""
        rows.append(("vectors", f"{index.state}{made}; what is missing is made when it is next played"))
    return [(name, value) for name, value in rows if value]


def _form(character: "Character", model: str | None) -> "Form | None":
    """How this model takes the character."""
    if model is None:
        return None
    from assistant.characters.forms import form_of, known_as
    from assistant.gguf.file import read_header
    from assistant.models import find_model

    path = find_model(model)
    return form_of(character, read_header(path), known_as(path, path.stem))


def _form_rows(form: "Form | None") -> list[tuple[str, str]]:
    if form is None:
        return []
    kind = "one block of text" if form.kind == "trained" else "turns of a chat"
    return [("form", f"{kind}, worded in {form.language}: {form.reason}")]


def _form_facts(form: "Form | None") -> dict[str, object]:
    from dataclasses import asdict

    return {} if form is None else {"form": asdict(form)}

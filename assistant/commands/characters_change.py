"""`luciole characters new` and `remove`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from assistant.commands.characters_list import AS_JSON

if TYPE_CHECKING:
    from assistant.characters.values import Language

NEW_EPILOG = """\b
Examples:
  luciole characters new 三三 --from ~/三三.csv --description "B站的站娘，话不多。"
  luciole characters new holmes --description "A detective who notices everything." --greeting "You have been in Kent."
  luciole characters new mine --from ~/somebody/           (a folder with character.toml, or with dialogues)
"""


@click.command(epilog=NEW_EPILOG)
@click.argument("name", metavar="NAME")
@click.option(
    "--from", "source", type=click.Path(path_type=Path), metavar="FILE|FOLDER", help="Dialogues: .csv, .jsonl or .txt."
)
@click.option("--description", metavar="TEXT", default="", help="Who it is; character.toml holds it.")
@click.option("--greeting", metavar="TEXT", default="", help="What it says first.")
@click.option("--language", type=click.Choice(["en", "zh"]), help="Of the prompts; default: that of the dialogues.")
@AS_JSON
def new(
    name: str, source: Path | None, description: str, greeting: str, language: "Language | None", as_json: bool
) -> None:
    """Make a character NAME, of dialogues or a description.

    NAME is who speaks in the dialogues, and the name of the new folder; where a whole character is copied, that keeps
    its own name. Files are copied; nothing is overwritten.
    """
    from assistant.characters.changes import new_character
    from assistant.characters.folder import SAMPLES
    from assistant.characters.toml import FILE
    from assistant.commands.characters_list import facts
    from assistant.console import note
    from assistant.sanitize import one_line, printable_json

    made = new_character(
        name,
        source.expanduser() if source is not None else None,
        description=description.strip(),
        greeting=greeting.strip(),
        language=language,
    )
    for text in made.corpus.notes:
        note(text)
    if left_out := len(made.corpus.left_out):
        entries = "1 entry is" if left_out == 1 else f"{left_out:,} entries are"
        note(f"{entries} left out; luciole characters check {made.id} lists what")
    if not made.description and not made.dialogues:
        note(f"nothing says who {made.name} is; write a description into {made.folder / FILE}")
    if (SAMPLES / made.id).is_dir():
        note(f"it stands before the {made.id} that ships with luciole; luciole characters remove {made.id} undoes that")
    if as_json:
        click.echo(printable_json(facts(made)))
    else:
        count = len(made.dialogues)
        note(f"{made.name} is made, with {count:,} dialogue{'' if count == 1 else 's'}, in {made.folder}")
        note(f"luciole chat --character {one_line(made.id)} begins")


@click.command(epilog="Example:\n  luciole characters remove 三三")
@click.argument("names", metavar="CHARACTER...", nargs=-1, required=True)
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
def remove(names: tuple[str, ...], yes: bool) -> None:
    """Remove a character; asks first.

    Its folder goes with all that lies in it. Conversations that were held with it stay.
    """
    from assistant.characters.changes import expect_own, remove_character
    from assistant.characters.folder import find_character
    from assistant.commands.asking import can_ask, confirmed
    from assistant.console import note

    found = list(dict.fromkeys(map(find_character, names)))
    for place in found:  # all of them can be removed, or none is
        expect_own(place)
    if not yes:
        if not can_ask():
            raise click.UsageError("nobody can be asked here; --yes removes without asking")
        shown = ", ".join(f"{place.name} with {_count(place)}" for place in found)
        if not confirmed(f"remove {shown}?", default=False):
            note("nothing was removed")
            return
    for place in found:
        remove_character(place)
        note(f"{place.name} is removed")


def _count(place: Path) -> str:
    """What goes with it."""
    if place.is_symlink():
        return "the link to its folder"
    files = sum(1 for file in place.rglob("*") if not file.is_dir())
    return f"{files:,} file{'' if files == 1 else 's'}"

"""`luciole history`: kept conversations listed, shown, found, exported, imported, removed and restored."""

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Generator

    from assistant.conversation.store import Entry, Store

EPILOG = """\b
Examples:
  luciole history list
  luciole history search "quarterly report"
  luciole history export 4kqz -o report.md
  luciole chat --continue 4kqz
"""

_AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
_SHOWN = 30


@click.group(epilog=EPILOG, invoke_without_command=True)
@click.pass_context
def history(ctx: click.Context) -> None:
    """List, show, search, export, import or remove kept conversations.

    Without a command it lists them. An ID is as much of it as the list shows; last is the conversation that was changed
    last.
    """
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_, everything=False, removed=False, as_json=False)


@history.command("list", epilog="Example:\n  luciole history list --all")
@click.option("--all", "everything", is_flag=True, help=f"Not only the last {_SHOWN}.")
@click.option("--removed", is_flag=True, help="Those that were removed, instead.")
@_AS_JSON
def list_(everything: bool, removed: bool, as_json: bool) -> None:
    """List the conversations, the last changed first."""
    from assistant.console import note
    from assistant.conversation.markdown import shown_time
    from assistant.sanitize import one_line, printable_json

    with _store() as store:
        entries = store.entries(removed=removed)
    if as_json:
        click.echo(printable_json({"conversations": [_facts(entry) for entry in entries]}))
        return
    if not entries:
        note("no conversation was removed" if removed else "no conversation is kept yet; luciole chat begins one")
    shown = entries if everything else entries[:_SHOWN]
    width = max((len(entry.short) for entry in shown), default=0)
    for entry in shown:
        turns = f"{entry.turns:,} turn{'s' if entry.turns != 1 else ''}"
        about = f"  [{one_line(entry.heading.about)}]" if entry.heading.document else ""
        if entry.heading.character:
            about = f"  [with {one_line(entry.heading.character)}]"
        archived = "  (archived)" if entry.heading.archived else ""
        said = one_line(entry.title)
        click.echo(f"{entry.short:{width}}  {shown_time(entry.changed)}  {turns:>9}  {said}{about}{archived}")
    if len(shown) < len(entries):
        note(f"{len(entries) - len(shown):,} older ones; --all lists them too")


@history.command(epilog="Example:\n  luciole history show 4kqz")
@click.argument("name", metavar="ID")
@click.option("--branches", is_flag=True, help="All branches, not only the current path.")
@_AS_JSON
def show(name: str, branches: bool, as_json: bool) -> None:
    """Show a conversation."""
    click.echo(_exported(name, branches=branches, as_json=as_json), nl=False)


@history.command(epilog='Example:\n  luciole history search "quarterly report"')
@click.argument("text")
@_AS_JSON
def search(text: str, as_json: bool) -> None:
    """Find turns and titles that hold all words of TEXT, in all branches.

    Parts of words are found too; upper and lower case are one.
    """
    from dataclasses import asdict

    from assistant.console import note
    from assistant.conversation.markdown import shown_time
    from assistant.sanitize import one_line, printable_json

    with _store() as store:
        hits = store.search(text)
    if as_json:
        click.echo(printable_json({"hits": [asdict(hit) for hit in hits]}))
        return
    if not hits:
        note(f"nothing holds {text}")
    who = {"user": "you", "assistant": "model", "title": "title"}
    width = max((len(hit.short) for hit in hits), default=0)
    for hit in hits:
        click.echo(
            f"{hit.short:{width}}  {shown_time(hit.created)}  {who[hit.role]:>5}  "
            f"{one_line(hit.excerpt)}  [{one_line(hit.title)}]"
        )


@history.command(epilog="Example:\n  luciole history export 4kqz -o report.md")
@click.argument("name", metavar="ID")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="A new file; default: stdout.")
@click.option("--branches", is_flag=True, help="All branches, not only the current path.")
@click.option("--json", "as_json", is_flag=True, help="JSON with all branches, which import reads, not Markdown.")
def export(name: str, output: Path | None, branches: bool, as_json: bool) -> None:
    """Write a conversation as Markdown or JSON."""
    from assistant.output import write_new

    text = _exported(name, branches=branches, as_json=as_json)
    if output is None:
        click.echo(text, nl=False)
    else:
        write_new(output, text)


@history.command("import", epilog="Example:\n  luciole history import report.json")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@_AS_JSON
def import_(file: Path, as_json: bool) -> None:
    """Add the conversation of an exported JSON file; - is standard input."""
    from assistant.console import note
    from assistant.conversation.exchange import LARGEST, import_json
    from assistant.errors import HistoryFailed
    from assistant.sanitize import printable_json

    try:
        if str(file) == "-":
            data = sys.stdin.buffer.read(LARGEST + 1)
        else:
            with file.open("rb") as stream:
                data = stream.read(LARGEST + 1)
    except OSError as error:
        raise HistoryFailed(
            f"{file} cannot be read ({error.strerror}); an export of luciole history export --json was expected; "
            "look at its name"
        ) from error
    heading, tree = import_json(data)
    with _store() as store:
        store.add(heading, tree)
        entry = next(entry for entry in store.entries() if entry.heading.id == heading.id)
    if as_json:
        click.echo(printable_json(_facts(entry)))
    else:
        note(f"imported as {entry.short}: {entry.title}")


@history.command(epilog="Example:\n  luciole history remove 4kqz")
@click.argument("names", metavar="ID...", nargs=-1, required=True)
@click.option("--for-good", is_flag=True, help="Delete the words from the disk; nothing brings them back.")
def remove(names: tuple[str, ...], for_good: bool) -> None:
    """Take conversations out of the list; restore brings them back."""
    from assistant.console import note

    with _store() as store:
        for identity in [store.find(name) for name in names]:  # all of them are there, or none is removed
            if for_good:
                gone = store.purge(identity)
                note(f"{identity} is deleted")
                if not gone:
                    note("another program has the file open; its log holds the words until all have ended")
            else:
                store.remove(identity)
                note(f"{identity} is removed; luciole history restore {identity} brings it back")


@history.command(epilog="Example:\n  luciole history restore 4kqz")
@click.argument("names", metavar="ID...", nargs=-1, required=True)
def restore(names: tuple[str, ...]) -> None:
    """Bring removed conversations back into the list."""
    from assistant.console import note

    with _store() as store:
        for identity in [store.find(name) for name in names]:
            store.restore(identity)
            note(f"{identity} is in the list again")


@contextmanager
def _store() -> "Generator[Store, None, None]":
    """The kept conversations; what is to be known of the opening is told."""
    from assistant.console import note
    from assistant.conversation.store import Store

    with Store() as store:
        if store.notice:
            note(store.notice)
        yield store


def _exported(name: str, *, branches: bool, as_json: bool) -> str:
    from assistant.conversation.exchange import export_json
    from assistant.conversation.markdown import export_markdown
    from assistant.sanitize import printable_json

    with _store() as store:
        heading, tree = store.load(store.find(name))
    if as_json:
        return printable_json(export_json(heading, tree)) + "\n"
    return export_markdown(heading, tree, branches=branches)


def _facts(entry: "Entry") -> dict[str, object]:
    heading = entry.heading
    return {
        "id": heading.id,
        "short": entry.short,
        "title": entry.title,
        "created": heading.created,
        "changed": entry.changed,
        "turns": entry.turns,
        "document": heading.document or None,
        "character": heading.character or None,
        "archived": heading.archived,
        "removed": heading.removed,
    }

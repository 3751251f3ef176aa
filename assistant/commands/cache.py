"""`luciole cache`: what lies in the cache folder for quicker answers, and emptying it."""

import click

EPILOG = """\b
Examples:
  luciole cache
  luciole cache clear
"""

CLEAR_EPILOG = """\b
Example:
  luciole cache clear
"""


@click.group(invoke_without_command=True, epilog=EPILOG)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def cache(ctx: click.Context, as_json: bool) -> None:
    """Show what was kept of documents already read, or clear it.

    The memory of a model that has read a long prompt is kept on disk, so that the same document is not read twice; of a
    document read in parts, the summaries of its parts. Both hold what the document says; the least recently used goes
    when the limit is reached.
    """
    if ctx.invoked_subcommand is not None:
        return
    from dataclasses import asdict

    from assistant.readings import kept, readings_folder
    from assistant.sanitize import printable_json
    from assistant.summary.kept import kept_pieces, pieces_folder

    found, pieces = kept(), kept_pieces()
    if as_json:
        parts = {"folder": str(pieces_folder()), **asdict(pieces)}
        click.echo(printable_json({"folder": str(readings_folder()), **asdict(found), "summaries_of_parts": parts}))
    else:
        click.echo(f"{found.words} in {readings_folder()}")
        click.echo(f"summaries of parts: {pieces.words} in {pieces_folder()}")


@cache.command(epilog=CLEAR_EPILOG)
def clear() -> None:
    """Remove all saved readings and summaries of parts; documents are read anew from then on."""
    from assistant.readings import clear as remove
    from assistant.readings import kept
    from assistant.summary.kept import clear_pieces, kept_pieces

    freed = remove() + clear_pieces()
    left = kept().bytes + kept_pieces().bytes
    click.echo(f"freed {freed / 2**20:,.1f} MiB")
    if left:
        click.echo(f"{left / 2**20:,.1f} MiB could not be removed", err=True)

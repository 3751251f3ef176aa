"""`luciole characters`: who can be played, what is known of one, and how one comes and goes."""

import click

from assistant.commands.lazy import Entry, LazyGroup

COMMANDS = {
    "list": Entry("assistant.commands.characters_list:list_", "List the characters that can be played."),
    "new": Entry("assistant.commands.characters_change:new", "Make a character NAME, of dialogues or a description."),
    "show": Entry("assistant.commands.characters_list:show", "Show everything that is known of CHARACTER."),
    "check": Entry("assistant.commands.characters_list:check", "Look for what is wrong with CHARACTER."),
    "remove": Entry("assistant.commands.characters_change:remove", "Remove a character; asks first."),
}

EPILOG = """\b
Examples:
  luciole characters
  luciole characters new 三三 --from ~/三三.csv --description "B站的站娘"
  luciole characters check 三三
  luciole chat --character 三三
"""


@click.group(cls=LazyGroup, table=COMMANDS, invoke_without_command=True, epilog=EPILOG)
@click.pass_context
def characters(ctx: click.Context) -> None:
    """List, make, show, check or remove characters to be played.

    Without a command it lists them. A character is a folder with character.toml and dialogues; CHARACTER is the name of
    that folder or, where only one has it, its own.
    """
    if ctx.invoked_subcommand is None:
        from assistant.commands.characters_list import list_

        ctx.invoke(list_, as_json=False)

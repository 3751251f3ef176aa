"""A group of commands that knows them as a table, and imports one only when it is called or asked for its own help."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, NamedTuple

import click


class Entry(NamedTuple):
    """Where a command lies, as `module:attribute`, and the first sentence of its help."""

    target: str
    help: str


class LazyGroup(click.Group):
    """A group whose commands are those of `table`, in its order."""

    def __init__(self, *arguments: Any, table: Mapping[str, Entry], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.table = table

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(self.table)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.table:
            return None
        command = load(self.table[cmd_name].target)
        if not isinstance(command, click.Command):
            raise TypeError(f"{self.table[cmd_name].target} is no click command")
        return command

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in self.table.items()])


def load(target: str) -> object:
    """What lies at `module:attribute`."""
    module, _, attribute = target.partition(":")
    loaded: object = getattr(import_module(module), attribute)
    return loaded

"""`luciole models remove`, `default` and `rename`: what changes a model that is here, told before and after."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from assistant.library.installed import Installed


@click.command(epilog="Example:\n  luciole models remove qwen2.5-0.5b-q4_k_m")
@click.argument("names", metavar="MODEL...", nargs=-1, required=True)
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
def remove(names: tuple[str, ...], yes: bool) -> None:
    """Remove models; asks, and says what is freed.

    Only models of the model folder are removed, with all their parts and the report of their proof.
    """
    from assistant.commands.asking import can_ask, confirmed
    from assistant.commands.models_list import called
    from assistant.console import note
    from assistant.figures import size
    from assistant.library.changes import freed_by_removing, remove_model
    from assistant.library.files import expect_own

    found = list({model.path: model for model in map(_named, names)}.values())
    for model in found:  # all of them can be removed, or none is
        expect_own(model)
    if not yes:
        if not can_ask():
            raise click.UsageError("nobody can be asked here; --yes removes without asking")
        freed = size(sum(map(freed_by_removing, found)))
        if not confirmed(f"remove {', '.join(map(called, found))}? {freed} will be free again", default=False):
            note("nothing was removed")
            return
    for model in found:
        freed = size(remove_model(model))
        note(f"{called(model)} is removed; {freed} are free again")
        if model.is_default:
            note("it was the default; no default is set any more, so the starter is meant where no model is named")


@click.command(epilog="Examples:\n\n\b\n  luciole models default\n  luciole models default starter")
@click.argument("model", metavar="[MODEL]", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def default(model: str | None, as_json: bool) -> None:
    """Say which model is the default, or choose it.

    The default is meant wherever no model is named. MODEL is a name that luciole models shows, starter, or the path of
    a GGUF file.
    """
    from assistant.commands.models_list import called, facts
    from assistant.console import note
    from assistant.errors import InvalidModelFile
    from assistant.library.changes import make_default
    from assistant.sanitize import one_line, printable_json

    found = _named(model)
    if model is not None:
        if found.problem:
            raise InvalidModelFile(found.problem)
        make_default(found)
        found = _named(None)
    if as_json:
        click.echo(printable_json(facts(found)))
    elif model is None:
        click.echo(one_line(called(found)))
    else:
        note(f"{called(found)} is the default now")


@click.command(epilog="Example:\n  luciole models rename qwen2.5-0.5b-instruct-q4_k_m little")
@click.argument("model", metavar="MODEL")
@click.argument("name", metavar="NAME")
def rename(model: str, name: str) -> None:
    """Give MODEL another NAME.

    Its parts and the report of its proof get it too; where it is the default, it stays so.
    """
    from assistant.commands.models_list import called
    from assistant.console import note
    from assistant.library.changes import rename_model

    found = _named(model)
    note(f"{called(found)} is called {called(rename_model(found, name))} now")


def _named(name: str | None) -> "Installed":
    from pathlib import Path

    from assistant.library.installed import installed_model
    from assistant.models import find_model

    # a path becomes the name of a model elsewhere; the default must be found from other folders too
    return installed_model(Path.cwd() / find_model(name))

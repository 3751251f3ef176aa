"""`luciole models pull`: a repository of the hub becomes a model of the model folder. Told first, then fetched."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from assistant.hub.names import HubName
    from assistant.library.installed import Installed

EPILOG = """\b
Examples:
  luciole models pull Qwen/Qwen2.5-0.5B-Instruct-GGUF
  luciole models pull Qwen/Qwen2.5-0.5B-Instruct-GGUF:q8_0 --dry-run
  luciole models pull IndexTeam/Index-1.9B-32K --convert -q q4_k_m --remove-source
"""


@click.command(epilog=EPILOG)
@click.argument("name", metavar="OWNER/NAME[:TYPE]")
@click.option("--revision", metavar="REVISION", help="A branch, a tag or a commit; default: main.")
@click.option(
    "-q", "--quantization", metavar="TYPE", help="As :TYPE behind the name; default: q4_k_m, or the only one."
)
@click.option("--convert", is_flag=True, help="Convert the checkpoint, also where there are GGUF files.")
@click.option("--name", "called", metavar="NAME", help="What the model is called; default: as its file or repository.")
@click.option(
    "--keep-source/--remove-source",
    default=None,
    help="Of a conversion: keep the checkpoint in the hub's cache, or remove it; default: asked, else kept.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be fetched; fetch nothing.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def pull(
    name: str,
    revision: str | None,
    quantization: str | None,
    convert: bool,
    called: str | None,
    keep_source: bool | None,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Fetch a model from the hub, or a checkpoint and convert it.

    Of a repository with GGUF files, the one of TYPE is taken, with all its parts; a checkpoint is converted. Sizes, the
    licence and the room on the disk are told first. What came before an interruption is kept, and the same command goes
    on from there. HF_ENDPOINT, HF_TOKEN, HF_HUB_CACHE and HF_HUB_OFFLINE are respected.
    """
    from assistant.commands.fetching import fetched, planned
    from assistant.commands.models_list import facts
    from assistant.commands.models_plan import plan_facts, tell_plan
    from assistant.commands.models_telling import tell_model
    from assistant.console import note
    from assistant.errors import AlreadyHere
    from assistant.library.installed import installed_model
    from assistant.models import find_model, pulled_model
    from assistant.sanitize import printable_json

    wanted = _wanted(name, revision, quantization, convert=convert)
    path = None if called or dry_run else pulled_model(wanted)
    model = installed_model(path) if path is not None else None
    if model is not None and model.origin is not None and (model.origin.converted or not convert):
        _tell_here(wanted, model, as_json=as_json)
        return
    try:
        plan = planned(wanted, convert=wanted.quantization if convert else None, called=called)
    except AlreadyHere as error:
        _tell_here(wanted, installed_model(find_model(error.name)), as_json=as_json)
        return
    if dry_run and as_json:
        click.echo(printable_json(plan_facts(plan)))
        return
    tell_plan(plan, err=not dry_run)
    if dry_run:
        return
    pulled = fetched(plan, keep_source=keep_source, yes=yes)
    if pulled is None:
        note("nothing was fetched")
    elif as_json:
        click.echo(
            printable_json(
                {
                    "model": facts(pulled.model),
                    "fetched": plan.left,
                    "freed": pulled.freed,
                    "source_kept": pulled.kept,
                    **plan_facts(plan),
                    "warnings": [*plan.warnings, *pulled.warnings],
                }
            )
        )
    else:
        tell_model(pulled.model, f"revision {plan.revision[:8]}")


def _tell_here(wanted: "HubName", model: "Installed", *, as_json: bool) -> None:
    """Nothing needs to be fetched."""
    from assistant.commands.models_list import facts
    from assistant.commands.models_telling import tell_model
    from assistant.console import note
    from assistant.sanitize import printable_json

    at = f", at {model.origin.revision[:12]}" if model.origin else ""
    note(f"{wanted} is here already{at}; luciole models remove takes it away, and --name fetches it once more")
    if as_json:
        click.echo(printable_json({"model": facts(model), "fetched": 0, "freed": 0, "source_kept": 0}))
    else:
        tell_model(model, "nothing was fetched")


def _wanted(name: str, revision: str | None, quantization: str | None, *, convert: bool) -> "HubName":
    from dataclasses import replace
    from pathlib import Path

    from assistant.hub.names import hub_name
    from assistant.hub.quantizations import normal
    from assistant.library.conversion import QUANTIZATIONS

    wanted = hub_name(name, revision)
    if wanted is None:
        if Path(name).exists():
            raise click.UsageError(
                f"{name} lies on the disk; a name on the hub was expected; see luciole models import"
            )
        raise click.UsageError(f"{name!r} is no name on the hub; owner/name or owner/name:q4_k_m was expected")
    if quantization is None and convert:
        quantization = wanted.quantization or QUANTIZATIONS[0]
    if quantization is None:
        return wanted
    if wanted.quantization is not None and normal(wanted.quantization) != normal(quantization):
        raise click.UsageError(f"{name} and -q {quantization} name two types; give one of them")
    if convert and normal(quantization) not in QUANTIZATIONS:
        raise click.UsageError(f"-q {quantization} cannot be converted to; give one of {', '.join(QUANTIZATIONS)}")
    return replace(wanted, quantization=quantization)

"""`luciole models import`: a GGUF, or a checkpoint folder that is converted, comes into the model folder."""

import os
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from assistant.library.conversion import Converted
    from assistant.library.importing import Imported

EPILOG = """\b
Examples:
  luciole models import ~/Downloads/qwen2.5-0.5b-q4_k_m.gguf
  luciole models import ~/models/Index-1.9B-32K -q q8_0 --name index
"""


@click.command("import", epilog=EPILOG)
@click.argument("source", metavar="FILE|FOLDER")
@click.option("-q", "--quantization", metavar="TYPE", help="Of a checkpoint: type of the weights; default: q4_k_m.")
@click.option("--name", metavar="NAME", help="What the model is called; default: as the file or folder.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask before a conversion.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def import_(source: str, quantization: str | None, name: str | None, yes: bool, as_json: bool) -> None:
    """Take a GGUF file, or a checkpoint folder, in.

    A file gets a second name in the model folder and takes no room where the disk can do that; else it is copied. A
    Hugging Face model folder is converted: what that takes and gives is shown first.
    """
    from assistant.commands.models_list import facts
    from assistant.commands.models_telling import tell_model
    from assistant.sanitize import printable_json

    path = Path(os.path.expanduser(source))  # noqa: PTH111  pathlib's raises where there is no such home
    if os.path.isdir(path):  # noqa: PTH112  pathlib's raises for folders it may not enter
        converted = _convert(path, quantization, name, yes=yes)
        if converted is None:
            return
        model, how = converted.model, f"converted in {converted.seconds:,.0f} s"
    elif quantization is not None:
        raise click.UsageError(f"-q is for a folder that is converted; {source} is none")
    else:
        imported = _take(path, name)
        model, how = imported.model, "linked, it takes no more room" if imported.linked else "copied"
    if as_json:
        click.echo(printable_json(facts(model)))
    else:
        tell_model(model, how)


def _take(path: Path, name: str | None) -> "Imported":
    from assistant.commands.models_progress import narrated
    from assistant.library.importing import Imported, import_file

    with closing(narrated(import_file(path, name))) as events:
        for event in events:
            if isinstance(event, Imported):
                return event
    raise AssertionError("an import ends with what it brought")


def _convert(path: Path, quantization: str | None, name: str | None, *, yes: bool) -> "Converted | None":
    """What the conversion gave; None where the answer was no."""
    from assistant.commands.asking import can_ask, confirmed
    from assistant.commands.models_progress import narrated
    from assistant.commands.models_telling import tell_preview
    from assistant.console import note
    from assistant.library.conversion import QUANTIZATIONS, Converted, Preview, convert_folder, preview_conversion
    from assistant.library.files import expect_absent, expect_name
    from assistant.library.installed import ENDING
    from assistant.paths import models_folder

    wanted = (quantization or QUANTIZATIONS[0]).lower()
    if wanted not in QUANTIZATIONS:
        raise click.BadParameter(f"{quantization!r} is not one of {', '.join(QUANTIZATIONS)}", param_hint="'-q'")
    if name is not None:
        expect_name(name)
        expect_absent(models_folder() / f"{name}{ENDING}")
    with closing(narrated(preview_conversion(path, quantization=wanted))) as looks:
        for look in looks:
            if isinstance(look, Preview):
                tell_preview(look, name)
    if not yes and can_ask() and not confirmed("convert it?", default=True):
        note("nothing was converted")
        return None
    with closing(narrated(convert_folder(path, quantization=wanted, name=name))) as events:
        for event in events:
            if isinstance(event, Converted):
                return event
    raise AssertionError("a conversion ends with what it made")

"""`luciole export`: what other programs need to run a model as it runs here."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assistant.commands.options import GPU_LAYERS, KV
from assistant.engine import KvTypes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.library.exporting.setting import Running

EPILOG = """\b
Examples:
  luciole export starter --ollama -o Modelfile && ollama create smollm2 -f Modelfile
  luciole export index-1.9b-32k.gguf --llama-cpp --context 32768
  luciole export starter --lmstudio
"""


@click.command(epilog=EPILOG)
@click.argument("model", metavar="MODEL")
@click.option("--ollama", "target", flag_value="ollama", help="A Modelfile for Ollama.")
@click.option("--lmstudio", "target", flag_value="lmstudio", help="Commands and settings for LM Studio.")
@click.option("--llama-cpp", "target", flag_value="llama-cpp", help="Command lines of llama-cli and llama-server.")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="A new file; default: stdout.")
@click.option("--context", type=click.IntRange(1), metavar="N", help="Tokens of context; default: the most that fits.")
@KV
@GPU_LAYERS
@click.option(
    "--template", type=click.Path(path_type=Path), metavar="FILE", help="A Jinja chat template to use instead."
)
@click.option("--no-template", is_flag=True, help="A Modelfile without TEMPLATE, whatever the model's template is.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def export(
    model: str,
    target: str | None,
    output: Path | None,
    context: int | None,
    kv: KvTypes | None,
    gpu_layers: int | None,
    template: Path | None,
    no_template: bool,
    as_json: bool,
) -> None:
    """Write what Ollama, LM Studio or llama.cpp need to run MODEL.

    With the template, the ends of answers, the sampling and the context that it has here. Ollama's own template is
    made from the model's, and believed only where it writes the same prompts.
    """
    from assistant.console import note
    from assistant.library.exporting.running import running
    from assistant.models import find_model
    from assistant.output import write_new
    from assistant.sanitize import printable, printable_json

    if target is None:
        raise click.UsageError("name what it is for: --ollama, --lmstudio or --llama-cpp")
    if no_template and (target != "ollama" or template is not None):
        raise click.UsageError("--no-template goes with --ollama, and not with --template")
    found = running(find_model(model), context=context, kv=kv, gpu_layers=gpu_layers, template=template)
    text, facts, notes = _written(found, target, template, with_template=not no_template)
    shown = printable_json(facts) + "\n" if as_json else printable(text)
    if output is None:
        click.echo(shown, nl=False)
    else:
        write_new(output, shown)
    if output is not None or not sys.stdout.isatty():  # on a terminal they were just read
        for line in notes:
            note(line)


def _written(
    found: "Running", target: str, template: Path | None, *, with_template: bool
) -> tuple[str, dict[str, object], "Sequence[str]"]:
    """The text, the fields of `--json`, and the notes."""
    from assistant.library.exporting.command_lines import command_lines
    from assistant.library.exporting.lm_studio import lm_studio
    from assistant.library.exporting.modelfile import modelfile, ollama_name

    facts: dict[str, object]
    common: dict[str, object] = {"model": found.name, "for": target, "files": [str(path) for path in found.parts]}
    if target == "ollama":
        made = modelfile(found, with_template=with_template)
        stops = [value for name, value in made.parameters if name == "stop"]
        facts = {
            "name": ollama_name(found.name),
            "text": made.text,
            "template": made.template,
            "parameters": {name: value for name, value in made.parameters if name != "stop"} | {"stop": stops},
        }
        return made.text, common | facts | {"notes": list(made.notes)}, made.notes
    if target == "lmstudio":
        studio = lm_studio(found)
        facts = {
            "folder": studio.folder,
            "commands": [list(command) for command in studio.commands],
            "settings": [list(setting) for setting in studio.settings],
        }
        return studio.text, common | facts | {"notes": list(studio.notes)}, studio.notes
    lines = command_lines(found, template_file=template.absolute() if template is not None else None)
    facts = {"llama-cli": list(lines.chat), "llama-server": list(lines.server)}
    return lines.text, common | facts | {"notes": list(lines.notes)}, lines.notes

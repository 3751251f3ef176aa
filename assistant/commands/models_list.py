"""`luciole models list` and `show`: the models that are here, from their headers; nothing is loaded."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from assistant.gguf.header import Rope
    from assistant.library.installed import Installed

_AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
_PROOF = {"proven": "proven", "partly proven": "partly", "unproven": "-"}
"""In the table, which is narrow."""


@click.command("list", epilog="Example:\n  luciole models list --json")
@_AS_JSON
def list_(as_json: bool) -> None:
    """List the models that are here, the last used first.

    The default, which is meant where no model is named, is marked with a star. What is proven of a model, and why not
    more, is told by show.
    """
    from assistant.console import note
    from assistant.library.installed import installed
    from assistant.paths import models_folder
    from assistant.sanitize import one_line, printable_json

    models = installed()
    if as_json:
        listed = [facts(model) for model in models]
        click.echo(printable_json({"folder": str(models_folder()), "models": listed}))
        return
    if not models:
        note("no model is here; luciole models import FILE.gguf brings one, luciole models pull OWNER/NAME fetches one")
        return
    _print_list([model for model in models if not model.problem])
    for model in models:
        if model.problem:
            click.echo(f"  {one_line(called(model))}: {one_line(model.problem)}")


@click.command(epilog="Example:\n  luciole models show starter")
@click.argument("model", metavar="[MODEL]", required=False)
@_AS_JSON
def show(model: str | None, as_json: bool) -> None:
    """Show everything that is known of MODEL.

    MODEL is a name that the list shows, starter, or the path of a GGUF file; left out, the default.
    """
    from assistant.library.installed import installed_model
    from assistant.models import find_model
    from assistant.sanitize import printable_json

    found = installed_model(find_model(model))
    if as_json:
        click.echo(printable_json(facts(found)))
    else:
        _print_model(found)


def called(model: "Installed") -> str:
    """What a person types to mean it: of a model in parts the name without the number of the first."""
    if model.place != "folder":
        return model.name
    return model.name if model.path.with_name(f"{model.stem}.gguf").exists() else model.stem


def facts(model: "Installed") -> dict[str, object]:
    """The fields of `--json`."""
    from dataclasses import asdict

    return {
        "name": called(model),
        "path": str(model.path),
        "place": model.place,
        "bytes": model.bytes,
        "default": model.is_default,
        "problem": model.problem or None,
        "architecture": model.architecture or None,
        "parameters": model.parameters,
        "layers": model.layers,
        "quantization": model.quantization or None,
        "context": model.context,
        "rope": asdict(model.rope) if model.rope is not None else None,
        "chats": model.chats,
        "licence": (model.origin.licence if model.origin else "") or model.licence or None,
        "origin": {**asdict(model.origin), "pulled": model.origin.pulled.isoformat()} if model.origin else None,
        "proof": {"verdict": model.proof, "why": model.why},
        "last_used": model.last_used.isoformat() if model.last_used is not None else None,
    }


def _print_list(models: "list[Installed]") -> None:
    from rich.table import Table
    from rich.text import Text

    from assistant.console import Output
    from assistant.figures import size, tokens
    from assistant.sanitize import one_line

    console = Output(highlight=False)
    if not console.is_terminal:
        console.width = 240  # lines of a pipe are for `grep`: no wrapping at 80
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("  model", overflow="fold")
    for title in ("size", "type", "context"):
        table.add_column(title, justify="left" if title == "type" else "right", no_wrap=True)
    table.add_column("proof", no_wrap=True)
    table.add_column("used", no_wrap=True)
    for model in models:
        used = f"{model.last_used.astimezone():%Y-%m-%d}" if model.last_used is not None else "never"
        table.add_row(
            Text(f"{'*' if model.is_default else ' '} {one_line(called(model))}"),
            size(model.bytes),
            one_line(model.quantization),
            tokens(model.context),
            _PROOF[model.proof],
            used,
            style="bold" if model.is_default else None,
        )
    console.print(table)


def _print_model(model: "Installed") -> None:
    from assistant.commands.rows import print_rows

    rows = [("model", called(model) + (" (the default)" if model.is_default else ""))]
    rows += [("problem", model.problem)] if model.problem else _known(model)
    files = _files(model)
    rows += [("file" if len(files) == 1 else "files", files[0]), *(("", file) for file in files[1:])]
    print_rows(rows)


def _known(model: "Installed") -> list[tuple[str, str]]:
    from assistant.figures import size

    layers = f", {model.layers} layers" if model.layers is not None else ""
    context = "the file does not say" if model.context is None else f"{model.context:,} tokens"
    used = "never" if model.last_used is None else f"{model.last_used.astimezone():%Y-%m-%d %H:%M}"
    return [
        ("kind", f"{model.architecture}, {model.parameters:,} parameters{layers}"),
        ("size", f"{size(model.bytes)} ({model.bytes:,} bytes)"),
        ("quantization", model.quantization),
        ("context", context),
        ("rope", _rope(model.rope)),
        ("template", "a chat template" if model.chats else "none: it only continues texts"),
        ("proof", f"{model.proof}: {model.why}"),
        *_licence(model),
        *_origin(model),
        ("last used", used),
    ]


def _licence(model: "Installed") -> list[tuple[str, str]]:
    """As the repository's card names it, else as the file does; and where it can be read."""
    origin = model.origin
    name = (origin.licence if origin else "") or model.licence or "not stated"
    return [("licence", name), *([("", origin.link)] if origin and origin.link else [])]


def _origin(model: "Installed") -> list[tuple[str, str]]:
    origin = model.origin
    if origin is None:
        return []
    files = f"{len(origin.files)} files" if len(origin.files) != 1 else "one file"
    when = f"{origin.pulled.astimezone():%Y-%m-%d %H:%M}"
    return [
        ("repository", f"{origin.name} at {origin.revision[:12]}"),
        ("came", f"{when}, {'converted from' if origin.converted else 'as'} {files}"),
    ]


def _rope(rope: "Rope | None") -> str:
    if rope is None or rope.base is None:
        return "the file does not say"
    factor = f" by {rope.factor:g}" if rope.factor is not None else ""
    scaling = "not scaled" if rope.scaling == "none" else f"scaled: {rope.scaling}{factor}"
    if rope.original_context is not None:
        scaling += f", from {rope.original_context:,} tokens"
    return f"base {rope.base:,.10g}, {scaling}"


def _files(model: "Installed") -> list[str]:
    from assistant.library.files import files_of

    return [str(path) for path in files_of(model)]

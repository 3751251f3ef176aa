"""What is told of a model that is about to come, on stderr, and of one that came, on standard output."""

import shlex
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from assistant.library.conversion import Preview
    from assistant.library.installed import Installed


def tell_model(model: "Installed", how: str) -> None:
    """The model is here, and the command that tries it."""
    from assistant.commands.models_list import called
    from assistant.figures import size
    from assistant.sanitize import one_line

    click.echo(one_line(f"{called(model)}: {model.quantization}, {size(model.bytes)}, {model.proof}; {how}"))
    click.echo(f"try it: {trial(model)}")


def trial(model: "Installed") -> str:
    """A command that tries a model."""
    from assistant.commands.models_list import called
    from assistant.sanitize import one_line

    name = shlex.quote(one_line(called(model)))
    return f'luciole chat -m {name} "Hello"' if model.chats else f"luciole models show {name}"


def tell_preview(preview: "Preview", name: str | None) -> None:
    """What a conversion would make, where its facts come from, and what it costs."""
    from assistant.commands.rows import print_rows
    from assistant.console import note
    from assistant.figures import size

    print_rows(
        [
            ("converts to", f"{name or preview.path.stem}: {preview.quantization}, {size(preview.bytes)}"),
            ("free disk", size(preview.free_bytes)),
            ("memory", f"{size(preview.peak_memory_bytes)} at the worst moment"),
            ("time", f"about {preview.seconds:,.0f} s, and what the disk takes to read {size(preview.source_bytes)}"),
            *((fact.name, f"{fact.value} ({fact.source})") for fact in preview.facts),
        ],
        err=True,
    )
    for warning in preview.warnings:
        note(warning, "warning")

"""The command `luciole`: a table of commands, each loaded only when it is used, so that `--help` answers at once.

The one place where the packages meet: the screen and the converter are known here by name only.
"""

import os
import sys

import click

from assistant.commands.lazy import Entry, LazyGroup, load
from assistant.sanitize import one_line

COMMANDS = {
    "chat": Entry("assistant.commands.chat:chat", "Ask one question, or hold a conversation line by line."),
    "history": Entry(
        "assistant.commands.history:history", "List, show, search, export, import or remove kept conversations."
    ),
    "summarize": Entry("assistant.commands.summarize:summarize", "Summarize documents DOC of any length and kind."),
    "ask": Entry("assistant.commands.ask:ask", "Answer a QUESTION about the document DOC, from it alone."),
    "convert": Entry("convert.cli:convert", "Convert a Hugging Face model folder SRC to one GGUF file."),
    "verify": Entry("convert.verify_cli:verify", "Prove FILE.gguf against the model folder it was made of."),
    "inspect": Entry("assistant.commands.inspect:inspect", "Show what the header of a GGUF file says."),
    "plan": Entry("assistant.commands.plan:plan", "Show how MODEL may run on this machine, and what is fastest."),
    "models": Entry(
        "assistant.commands.models:models",
        "List, fetch, import, rename or remove models.",
    ),
    "characters": Entry(
        "assistant.commands.characters:characters",
        "List, make, show, check or remove characters to be played.",
    ),
    "export": Entry("assistant.commands.export:export", "Write what Ollama, LM Studio or llama.cpp need to run MODEL."),
    "cache": Entry("assistant.commands.cache:cache", "Show what was kept of documents already read, or clear it."),
    "doctor": Entry("assistant.commands.doctor:doctor", "Show what this installation and this machine can do."),
}
"""The help is kept twice, here and in the command; a test compares them."""

SCREEN = "tui.__main__:run"

EPILOG = """\b
Examples:
  luciole                                        (the screen)
  luciole chat "What is the capital of France?"
  luciole summarize report.md
  luciole ask report.pdf "Who signed it?"
"""


class Commands(LazyGroup):
    """The group of all of them: where a command ends early, the exit code is decided here."""

    def invoke(self, ctx: click.Context) -> object:
        """As click's, but an interruption is no abort with an empty line, and a closed pipe no failure."""
        try:
            result = super().invoke(ctx)
            if sys.stdout is not None:  # it may be closed
                sys.stdout.flush()
        except KeyboardInterrupt:
            click.echo("interrupted", err=True)
            ctx.exit(130)
        except BrokenPipeError:
            # Whoever reads has had enough (`| head`); what Python still holds must not fail again at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(0)
        return result


@click.group(cls=Commands, table=COMMANDS, invoke_without_command=True, epilog=EPILOG)
@click.version_option(package_name="luciole", message="luciole %(version)s")
@click.option("-m", "--model", metavar="MODEL", hidden=True, help="Model for the screen.")
@click.pass_context
def luciole(ctx: click.Context, model: str | None) -> None:
    """Chat with local language models and have documents summarized, offline. Without a command: the screen."""
    if ctx.invoked_subcommand is not None:
        if model is not None:
            command = ctx.invoked_subcommand
            raise click.UsageError(f"-m comes after the command: luciole {command} -m {one_line(model)}")
        return
    if not all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout)):
        raise click.UsageError("the screen needs a terminal; in a pipe use luciole chat or luciole summarize")
    if model is not None and "/" in model:
        from assistant.commands.fetching import here

        model = here(model)
    screen = load(SCREEN)
    if not callable(screen):
        raise TypeError(f"{SCREEN} cannot be called")
    screen(model=model)

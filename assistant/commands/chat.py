"""`luciole chat`: one question from the arguments or a pipe, or a conversation line by line on a terminal."""

import sys
from contextlib import ExitStack, closing
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from assistant.commands.keeping import Keeping, keeping_options, told
from assistant.commands.options import engine_options, settings
from assistant.commands.playing import Casting, character_options
from assistant.commands.sampling_options import sampling_options
from assistant.engine import KvTypes

if TYPE_CHECKING:
    from assistant.conversation.conversation import Conversation

EPILOG = """\b
Examples:
  luciole chat "What is the capital of France?"
  git diff | luciole chat "Explain this change:"
  luciole chat --character glim
  luciole chat --continue
"""


@click.command(epilog=EPILOG)
@click.argument("prompt", required=False)
@engine_options
@click.option(
    "--system",
    metavar="TEXT",
    help="Instruction before the conversation; default: to answer in the language of the question; empty: none.",
)
@character_options
@sampling_options()
@keeping_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def chat(
    prompt: str | None,
    model: str | None,
    context: int | None,
    kv: KvTypes | None,
    gpu_layers: int | None,
    threads: int | None,
    system: str | None,
    casting: Casting,
    chosen: dict[str, object],
    keeping: Keeping,
    as_json: bool,
) -> None:
    """Ask one question, or hold a conversation line by line.

    With PROMPT, or with text on standard input (which then follows PROMPT), one answer is printed. With neither, on a
    terminal, a conversation begins; /help in it lists what it knows. Conversations are kept as they happen, single
    questions only with --keep; luciole history shows them.
    """
    from assistant.models import open_engine
    from assistant.sampling_defaults import model_sampling

    question = _question(prompt)
    if question is None and as_json:
        raise click.UsageError("--json prints one answer; give PROMPT, or text on standard input")
    saved = keeping.saved()
    character = casting.character(saved[0] if saved is not None else None)
    its = dict(character.sampling) if character is not None else {}
    sampling = model_sampling(model, **(its | chosen))
    dialogue = question is None
    with (
        closing(open_engine(model, settings(context, gpu_layers, threads, kv))) as engine,
        keeping.hold(engine, sampling, system, saved=saved, dialogue=dialogue, chosen=chosen) as conversation,
        ExitStack() as stack,
    ):
        if character is not None:
            stack.enter_context(closing(casting.play(conversation, character)))
        if question is None:
            from assistant.commands.dialogue import hold

            hold(conversation)
        elif as_json:
            _answer_json(conversation, question)
        else:
            _answer(conversation, question)


def _question(prompt: str | None) -> str | None:
    """PROMPT, then what is piped in; None: a conversation on the terminal."""
    from assistant.documents.read import decode_document

    piped = None if sys.stdin is None or sys.stdin.isatty() else sys.stdin.buffer.read()
    parts = [prompt] if prompt is not None else []
    if piped and piped.strip():
        parts.append(decode_document(piped, "standard input").text.rstrip("\n"))
    if not parts and piped is None:
        return None
    question = "\n\n".join(parts)
    if not question.strip():
        raise click.UsageError("there is no question; give PROMPT, or text on standard input")
    return question


def _answer(conversation: "Conversation", question: str) -> None:
    from assistant.console import Answer, follow, tell_if_cut

    with Answer() as answer:
        last = follow(told(conversation.say(question)), answer.write)
    tell_if_cut(last)


def _drawn(conversation: "Conversation") -> list[dict[str, str]]:
    """What the character drew upon for the last answer, the most similar last."""
    part = conversation.part
    return [{"id": one, "text": part.shown(one)} for one in conversation.path[-1].dialogues] if part is not None else []


def _answer_json(conversation: "Conversation", question: str) -> None:
    from assistant.console import follow
    from assistant.events import Finished
    from assistant.sanitize import printable_json

    pieces: list[str] = []
    match follow(told(conversation.say(question)), pieces.append):
        case Finished(reason, usage):
            info = conversation.engine.info
            result = {
                "answer": "".join(pieces),
                "system": conversation.messages[0].content if conversation.messages[0].role == "system" else None,
                "model": info.name if info else None,
                "finish_reason": reason,
                "sampling": asdict(conversation.sampling),
                "character": conversation.heading.character or None,
                "dialogues": _drawn(conversation),
                "usage": asdict(usage),
            }
            click.echo(printable_json(result))

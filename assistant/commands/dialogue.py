"""The line conversation of `luciole chat`: a prompt, an answer, and again; Ctrl-C stops an answer, Ctrl-D ends it all.

Answers go to stdout, everything else to stderr. No turn is ever dropped: what no longer fits is said with both counts.
"""

import sys
from importlib.util import find_spec

import click

from assistant.console import Answer, follow, narrate, note, tell_if_cut
from assistant.conversation.conversation import Conversation
from assistant.errors import AssistantError, PromptTooLong
from assistant.events import Finished

HELP = """\
/new            forget the conversation and start anew
/system TEXT    set the instruction before the conversation; without TEXT: to answer in the
                language of the question, as at the start
/exit           leave (Ctrl-D too)
/help           this list
A line that ends with \\ goes on in the next; \"\"\" begins and ends a text of several lines.
Ctrl-C stops an answer; the words so far stay in the conversation."""


def hold(conversation: Conversation) -> None:
    """Talk until the user leaves. Errors of a single turn are shown, and the conversation goes on."""
    for _ in narrate(conversation.engine.load()):
        pass
    info = conversation.engine.info
    if info is not None:
        context = f"{info.context:,} tokens of context"
        click.echo(f"{info.name} ({info.quantization}, {context}); /help lists commands, Ctrl-D ends", err=True)
    if find_spec("readline") is not None:
        import readline  # noqa: F401  `input` edits lines and remembers them once this is imported
    while (text := _read()) is not None:
        if text.startswith("/"):
            if not _obey(text, conversation):
                return
        elif text.strip():
            _turn(conversation, text)


def _turn(conversation: Conversation, text: str) -> None:
    try:
        with Answer() as answer:
            last = follow(conversation.say(text), answer.write)
    except KeyboardInterrupt:
        note("stopped; the words so far stay in the conversation")
    except PromptTooLong as error:
        note(
            f"the conversation would have {error.tokens:,} tokens and {error.limit:,} fit; nothing was dropped; "
            "/new starts anew",
            kind="error",
        )
        return
    except AssistantError as error:
        note(str(error), kind="error")
        return
    else:
        tell_if_cut(last)
        if isinstance(last, Finished):
            used = last.usage.prompt_tokens + last.usage.answer_tokens
            # what the engine has room for now is less than what it may grow to
            limit = info.context if (info := conversation.engine.info) else last.usage.context
            click.echo(f"[{used:,} of {limit:,} tokens]", err=True)


def _obey(text: str, conversation: Conversation) -> bool:
    """A line that starts with a slash; False: leave."""
    command, _, argument = text.partition(" ")
    match command:
        case "/exit" | "/quit":
            return False
        case "/new":
            conversation.clear()
            note("a new conversation")
        case "/system":
            conversation.system = argument.strip() or None
            note("the instruction is set" if conversation.system else "the instruction is the one by language again")
        case "/help":
            click.echo(HELP, err=True)
        case _:
            note(f"{command} is not a command; /help lists them; begin with a space to send a slash", kind="error")
    return True


def _read() -> str | None:
    """What the user typed, continued lines joined; None at the end of input."""
    lines: list[str] = []
    quoted = False
    while True:
        try:
            line = _line("... " if lines or quoted else "> ")
        except EOFError:
            click.echo(err=True)
            return None
        if not lines and not quoted and line.startswith('"""'):
            quoted, line = True, line[3:]
            if not line:
                continue
        if quoted and line.endswith('"""'):
            return "\n".join([*lines, line[:-3]]).strip("\n")
        if not quoted and not line.endswith("\\"):
            return "\n".join([*lines, line])
        lines.append(line if quoted else line[:-1])


def _line(prompt: str) -> str:
    """One line from the terminal. The prompt is not part of the answer: with stdout in a file it goes to stderr."""
    if sys.stdout.isatty():
        return input(prompt)
    click.echo(prompt, nl=False, err=True)
    return input()

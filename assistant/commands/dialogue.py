"""The line conversation of `luciole chat`: a prompt, an answer, and again; Ctrl-C stops an answer, Ctrl-D ends it all.

Answers go to stdout, everything else to stderr. What no longer fits is said with both counts, or left out and said, as
the conversation is set.
"""

from collections.abc import Callable, Generator
from importlib.util import find_spec

import click

from assistant.attachments import question_in
from assistant.commands.keeping import told
from assistant.commands.slash import beside, excerpt, greet, line, obey
from assistant.console import Answer, follow, narrate, note, tell_if_cut
from assistant.conversation.conversation import Conversation, Said
from assistant.conversation.markdown import shown_time
from assistant.conversation.turns import title_of
from assistant.errors import AssistantError, PromptTooLong
from assistant.events import Finished
from assistant.sanitize import one_line

Tell = Callable[[Generator[Said, None, None]], object]
"""Shows an answer while it is given, and gives the last event."""


def hold(conversation: Conversation, tell: Tell | None = None) -> None:
    """Talk until the user leaves. Errors of a single turn are shown, and the conversation goes on.

    `tell` shows the answers; None: the words as they come, behind the name of who is played.
    """
    tell = tell or (lambda said: _tell(said, conversation))
    for _ in narrate(conversation.engine.load()):
        pass
    info = conversation.engine.info
    if info is not None:
        context = f"{info.context:,} tokens of context"
        click.echo(f"{info.name} ({info.quantization}, {context}); /help lists commands, Ctrl-D ends", err=True)
    if conversation.path:
        _resume(conversation)
    else:
        greet(conversation)
    if find_spec("readline") is not None:
        import readline  # noqa: F401  `input` edits lines and remembers them once this is imported
    while (text := _read()) is not None:
        if text.startswith("/"):
            if text.partition(" ")[0] in {"/exit", "/quit"}:
                return
            said = obey(text, conversation)
            if said is not None:
                _turn(conversation, said, tell)
        elif text.strip():
            _turn(conversation, conversation.say(text), tell)


def _resume(conversation: Conversation) -> None:
    """Say which conversation goes on, and where it is."""
    path = conversation.path
    title = one_line(title_of(conversation.heading.title, question_in(path[0].content)))
    count = f"{len(path):,} turn{'s' if len(path) > 1 else ''}"
    click.echo(f"continuing {title} ({count}, {shown_time(path[-1].created)}); it ended with:", err=True)
    click.echo(f"  {excerpt(path[-1].content)}", err=True)
    if path[-1].role == "user":
        note("that question has no answer yet; /again answers it")


def _tell(said: Generator[Said, None, None], conversation: Conversation) -> object:
    part = conversation.part
    named = part is None

    def write(piece: str) -> None:
        nonlocal named
        if part is not None and not named and not conversation.path[-1].content:  # one that goes on has its name
            beside(f"{one_line(part.name)}: ", end="")
        named = True
        answer.write(piece)

    with Answer() as answer:
        return follow(told(said), write)


def _turn(conversation: Conversation, said: Generator[Said, None, None], tell: Tell) -> None:
    try:
        last = tell(said)
    except KeyboardInterrupt:
        note("stopped; the words so far stay in the conversation")
    except PromptTooLong as error:
        drops = conversation.when_full != "stop" or conversation.part is not None
        what = "the question alone would have" if drops else "the conversation would have"
        note(
            f"{what} {error.tokens:,} tokens and {error.limit:,} fit; nothing was dropped; /new starts anew",
            kind="error",
        )
        return
    except AssistantError as error:
        note(str(error), kind="error")
        return
    else:
        tell_if_cut(last, more="/continue goes on with it")
        if isinstance(last, Finished):
            used = last.usage.prompt_tokens + last.usage.answer_tokens
            # what the engine has room for now is less than what it may grow to
            limit = info.context if (info := conversation.engine.info) else last.usage.context
            click.echo(f"[{used:,} of {limit:,} tokens]", err=True)


def _read() -> str | None:
    """What the user typed, continued lines joined; None at the end of input."""
    lines: list[str] = []
    quoted = False
    while True:
        try:
            typed = line("... " if lines or quoted else "> ")
        except EOFError:
            click.echo(err=True)
            return None
        if not lines and not quoted and typed.startswith('"""'):
            quoted, typed = True, typed[3:]
            if not typed:
                continue
        if quoted and typed.endswith('"""'):
            return "\n".join([*lines, typed[:-3]]).strip("\n")
        if not quoted and not typed.endswith("\\"):
            return "\n".join([*lines, typed])
        lines.append(typed if quoted else typed[:-1])

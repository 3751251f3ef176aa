"""What may be typed after a slash in the line conversation of `luciole chat`. All they say goes to stderr."""

import sys
from collections.abc import Callable, Generator
from contextlib import suppress
from pathlib import Path
from shutil import get_terminal_size

import click
from rich.cells import cell_len, set_cell_size

from assistant.console import note
from assistant.conversation.conversation import Conversation, Said
from assistant.conversation.export import export_conversation
from assistant.conversation.part import prepared
from assistant.conversation.turns import Turn
from assistant.errors import AssistantError
from assistant.sanitize import one_line, printable

Answer = Generator[Said, None, None]

HELP = """\
/again          answer the last question anew; the answer before stays as a branch (/regenerate too)
/continue       go on with the last answer, where it was cut
/edit [TEXT]    ask the last question in other words; without TEXT it is there to be changed
/branches [N]   list the alternatives along the way, or go to number N of them
/window         tokens used, free, and left out
/title TEXT     give the conversation a title
/save FILE      write it to a new file: Markdown, or JSON with all branches where the name ends in .json
/new            begin a new conversation; the one before is kept
/dialogues [N]  what the character drew upon for its last answer, a line each; or number N, whole
/retrieval [on|off]
                whether it draws upon its dialogues
/system TEXT    set the instruction before the conversation; without TEXT: to answer in the
                language of the question, as at the start
/exit           leave (Ctrl-D too)
/help           this list
A line that ends with \\ goes on in the next; \"\"\" begins and ends a text of several lines.
Ctrl-C stops an answer; the words so far stay in the conversation.
luciole chat --continue goes on with the last conversation, luciole history lists all."""


def obey(text: str, conversation: Conversation) -> Answer | None:
    """Do what a line that starts with a slash says; where that is to ask the model, its answer."""
    command, _, argument = text.partition(" ")
    action = _COMMANDS.get(command)
    if action is None:
        note(f"{command} is not a command; /help lists them; begin with a space to send a slash", kind="error")
        return None
    return action(conversation, argument.strip())


def excerpt(text: str) -> str:
    """The beginning of a text on one line of the terminal, behind a number and a name."""
    words, width = one_line(text), max(min(get_terminal_size().columns, 112) - 12, 20)
    return words if cell_len(words) <= width else set_cell_size(words, width - 1).rstrip() + "…"


def beside(text: str, *, end: str = "\n") -> None:
    """Words around the answers, where their reader sees them: on stderr where stdout goes into a file."""
    click.echo(text + end, nl=False, err=not sys.stdout.isatty())


def greet(conversation: Conversation) -> None:
    """What the character says first, where there is one and it says something."""
    if (part := conversation.part) is not None and part.greeting:
        beside(f"{one_line(part.name)}: {printable(part.greeting)}")


def line(prompt: str) -> str:
    """One line from the terminal. The prompt is not part of the answer: with stdout in a file it goes to stderr."""
    if sys.stdout.isatty():
        return input(prompt)
    click.echo(prompt, nl=False, err=True)
    return input()


def _again(conversation: Conversation, _argument: str) -> Answer | None:
    if conversation.path:
        return conversation.regenerate()
    note("there is no question yet", kind="error")
    return None


def _continue(conversation: Conversation, _argument: str) -> Answer | None:
    if conversation.can_resume:
        return conversation.resume()
    note("the last answer was not cut; /again writes another one", kind="error")
    return None


def _edit(conversation: Conversation, text: str) -> Answer | None:
    question = next((turn for turn in reversed(conversation.path) if turn.role == "user"), None)
    if question is None:
        note("there is no question yet", kind="error")
        return None
    text = text or _changed(question.content)
    if text.strip() and text != question.content:
        return conversation.edit(question.id, text)
    note("nothing was changed; /edit TEXT asks with other words")
    return None


def _changed(text: str) -> str:
    """The text as the user changes it on one line of the terminal; empty where this terminal cannot offer it."""
    readline = sys.modules.get("readline")
    if "\n" in text or readline is None or not hasattr(readline, "set_startup_hook"):
        return ""
    readline.set_startup_hook(lambda: readline.insert_text(one_line(text)))
    try:
        return line("> ")
    except EOFError:
        click.echo(err=True)
        return ""
    finally:
        readline.set_startup_hook()


def _branches(conversation: Conversation, number: str) -> None:
    """The turns of the path that have alternatives, all of them numbered; or go to one."""
    path = {turn.id for turn in conversation.path}
    families = [conversation.tree.siblings(turn.id) for turn in conversation.path]
    choices = [turn for family in families if len(family) > 1 for turn in family]
    if not choices:
        note("there are no branches; /again and /edit make one")
    elif not number:
        for place, turn in enumerate(choices, 1):
            mark = "*" if turn.id in path else " "
            click.echo(f"{mark}{place:>3}  {_who(turn):>5}  {excerpt(turn.content)}", err=True)
    elif number.isdecimal() and 1 <= int(number) <= len(choices):
        conversation.select(choices[int(number) - 1].id)
        click.echo(f"  {excerpt(conversation.path[-1].content)}", err=True)
    else:
        note(f"{number} is none of 1 to {len(choices)}; /branches lists them", kind="error")


def _who(turn: Turn) -> str:
    return "you" if turn.role == "user" else one_line(turn.speaker) or "model"


def _window(conversation: Conversation, _argument: str) -> None:
    try:
        window = conversation.window()
    except AssistantError as error:
        note(str(error), kind="error")
        return
    left = ""
    if window.dropped_turns:
        instead = ", a summary stands for them" if window.summarized else ""
        left = f"; the first {window.dropped_turns:,} turns ({window.dropped_tokens:,} tokens) are left out{instead}"
    click.echo(f"{window.used:,} of {window.limit:,} tokens used, {window.free:,} free{left}", err=True)


def _title(conversation: Conversation, title: str) -> None:
    conversation.rename(title)
    note("the title is set" if title else "the first question stands for the title again")


def _save(conversation: Conversation, name: str) -> None:
    if not name:
        note("/save needs the name of a new file, as /save talk.md", kind="error")
        return
    path = Path(name)
    with suppress(RuntimeError):  # `~nobody`
        path = path.expanduser()
    try:
        export_conversation(conversation.heading, conversation.tree, path)
    except AssistantError as error:
        note(str(error), kind="error")
    else:
        note(f"written to {path}")


def _new(conversation: Conversation, _argument: str) -> None:
    conversation.clear()
    note("a new conversation")
    greet(conversation)


def _system(conversation: Conversation, text: str) -> None:
    conversation.system = text or None
    note("the instruction is set" if text else "the instruction is the one by language again")


def _dialogues(conversation: Conversation, number: str) -> None:
    part = conversation.part
    if part is None:
        note("no character is played; luciole chat --character NAME plays one", kind="error")
        return
    try:
        for _ in prepared(part, conversation.engine):
            pass
    except AssistantError as error:
        note(str(error), kind="error")
        return
    last = next((turn for turn in reversed(conversation.path) if turn.role == "assistant"), None)
    if last is None or not last.dialogues:
        note("no dialogues were drawn for the last answer" if last is not None else "there is no answer yet")
        return
    texts = [part.shown(dialogue) or "(gone from the dialogues of the character)" for dialogue in last.dialogues]
    if not number:
        for place, text in zip(range(len(texts), 0, -1), texts, strict=True):
            click.echo(f"{place:>3}  {excerpt(text)}", err=True)
        note(f"{len(texts):,} drawn, the most similar last; /dialogues 1 shows that one whole")
    elif number.isdecimal() and 1 <= int(number) <= len(texts):
        click.echo(printable(texts[-int(number)]), err=True)
    else:
        note(f"{number} is none of 1 to {len(texts)}; /dialogues lists them", kind="error")


def _retrieval(conversation: Conversation, choice: str) -> None:
    if conversation.part is None:
        note("no character is played; luciole chat --character NAME plays one", kind="error")
    elif choice in {"on", "off"}:
        conversation.retrieval = choice == "on"
        note(f"dialogues are {'drawn' if conversation.retrieval else 'not drawn'} for the next answers")
    elif choice:
        note(f"{choice} is neither on nor off; /retrieval on draws dialogues, /retrieval off does not", kind="error")
    else:
        note(f"dialogues are {'drawn' if conversation.retrieval else 'not drawn'}")


def _help(_conversation: Conversation, _argument: str) -> None:
    click.echo(HELP, err=True)


_COMMANDS: dict[str, Callable[[Conversation, str], Answer | None]] = {
    "/again": _again,
    "/regenerate": _again,
    "/continue": _continue,
    "/edit": _edit,
    "/branch": _branches,
    "/branches": _branches,
    "/siblings": _branches,
    "/window": _window,
    "/title": _title,
    "/save": _save,
    "/new": _new,
    "/dialogues": _dialogues,
    "/retrieval": _retrieval,
    "/system": _system,
    "/help": _help,
}

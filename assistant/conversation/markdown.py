"""A conversation as Markdown to read and to print: the current path, or every branch with its place marked.

The words are the model's and the user's own; what is around them are headings and lines in italics. What a terminal
would obey is made visible, so the file may be shown anywhere.
"""

from collections.abc import Iterator
from datetime import datetime

from assistant.attachments import question_in
from assistant.conversation.tree import Tree
from assistant.conversation.turns import Heading, Turn, title_of
from assistant.sanitize import one_line, printable

_ENDS = {
    "length": "cut at the longest answer allowed",
    "repetition": "ended here because it repeated itself",
    "stopped": "stopped here",
    "failed": "ended here by an error",
    None: "without an end: the program was ended meanwhile, or is still writing",
}


def export_markdown(heading: Heading, tree: Tree, *, branches: bool = False) -> str:
    """The document, ending in a newline. `branches`: all of them, each under the question or answer it forks from."""
    turns = list(_all(tree)) if branches else list(tree.path)
    title = one_line(title_of(heading.title, question_in(turns[0].content) if turns else "")) or "A conversation"
    parts = [f"# {title}", f"*{shown_time(heading.created)}*"]
    if heading.document:
        parts.append(f"*About {one_line(heading.about)}*")
    if heading.character:
        parts.append(f"*With {one_line(heading.character)}*")
    if heading.system:
        parts += ["## Instruction", printable(heading.system).strip()]
    current = {turn.id for turn in tree.path}
    for turn in turns:
        if (mark := tree.marks.get(turn.id)) is not None:
            parts.append(f"*{one_line(mark.text)}*")
        parts.append(f"## {who(turn)}{_place(tree, turn, current) if branches else ''}")
        if words := printable(turn.content).strip("\n"):
            parts.append(words)
        if end := shown_end(turn):
            parts.append(f"*{end}*")
    return "\n\n".join(parts) + "\n"


def who(turn: Turn) -> str:
    """Who speaks: a character before the model that plays it."""
    return "You" if turn.role == "user" else one_line(turn.speaker) or one_line(turn.model) or "Answer"


def shown_end(turn: Turn) -> str:
    """How an answer ended, where it did not come to its end by itself; else empty."""
    return "" if turn.role == "user" or turn.reason == "stop" else _ENDS[turn.reason]


def shown_time(seconds: float) -> str:
    """Date and time here."""
    return f"{datetime.fromtimestamp(seconds).astimezone():%Y-%m-%d %H:%M}"


def _place(tree: Tree, turn: Turn, current: set[str]) -> str:
    family = tree.siblings(turn.id)
    if len(family) < 2:
        return ""
    place = f"{family.index(turn) + 1} of {len(family)}"
    return f" ({place}, current)" if turn.id in current else f" ({place})"


def _all(tree: Tree) -> Iterator[Turn]:
    """Every turn that is not removed, each branch to its end before the next one."""
    left = list(reversed(tree.children(None)))
    while left:
        turn = left.pop()
        yield turn
        left += reversed(tree.children(turn.id))

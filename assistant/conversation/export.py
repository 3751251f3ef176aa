"""A conversation as a file of its own, in the form that its name says."""

from pathlib import Path

from assistant.conversation.exchange import export_json
from assistant.conversation.markdown import export_markdown
from assistant.conversation.tree import Tree
from assistant.conversation.turns import Heading
from assistant.output import write_new
from assistant.sanitize import printable_json


def export_conversation(heading: Heading, tree: Tree, path: Path) -> None:
    """Write a new file: JSON with all branches where its name ends in `.json`, else the current path as Markdown.

    Raises OutputFailed, also where there is a file of that name.
    """
    if path.suffix.lower() == ".json":
        write_new(path, printable_json(export_json(heading, tree)) + "\n")
    else:
        write_new(path, export_markdown(heading, tree))

"""What the first frame does without: rooms and pages that are imported a moment later, or when one goes there sooner.

Importing takes as long as drawing the first frame. It is done in a thread of its own, so that no key waits for it.
"""

from importlib import import_module
from threading import Thread

MODULES = (
    "tui.rooms.documents.room",
    "tui.rooms.models.room",
    "tui.rooms.history.room",
    "tui.screens.help",
    "tui.screens.settings",
    "tui.screens.first_run",
    "tui.screens.characters",
    "tui.screens.dialogues",
)


def load() -> None:
    """Import them now, those that are not yet."""
    for module in MODULES:
        import_module(module)


def load_aside() -> None:
    """Import them in a thread; the program may end meanwhile."""
    Thread(target=load, name="luciole-later", daemon=True).start()

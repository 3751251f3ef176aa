"""What can be done with a document, as words to click on, each with its key."""

from collections.abc import Sequence

from textual.app import App
from textual.content import Content
from textual.style import Style

from tui.key_names import key_words
from tui.language import N_, _
from tui.preferences import preferences

Offer = tuple[str, str, str, str]
"""The binding's name, its key unless the user gave it another, the room's action, and the words."""

BEFORE: Sequence[Offer] = (
    ("documents.summarize", "s", "summarize_again", N_("summarize it")),
    ("documents.options", "o", "options", N_("choose length, style, language and focus, and summarize it")),
    ("documents.ask", "a", "ask", N_("ask a question about it")),
    ("documents.find", "/", "find", N_("find words in it")),
    ("documents.watch", "w", "watch_on_off", N_("keep up with the file when it changes")),
)
AFTER: Sequence[Offer] = (
    ("documents.summarize", "s", "summarize_again", N_("again")),
    ("documents.options", "o", "options", N_("otherwise")),
    ("documents.watch", "w", "watch_on_off", N_("watch")),
    ("documents.changes", "d", "changes", N_("changes")),
    ("documents.export", "x", "export", N_("export")),
)
META = "do"
"""Of the words: the action that a click asks for."""


def offered(app: App[object], offers: Sequence[Offer], between: str) -> Content:
    """All of them."""
    chosen = preferences(app).settings.screen.keys
    return Content(between).join(
        Content.assemble((key_words(chosen.get(name, key).partition(",")[0].strip()), "bold $primary"), f" {_(words)}")
        .stylize_before("$foreground 75%")
        .stylize(Style.from_meta({META: action}))
        for name, key, action, words in offers
    )

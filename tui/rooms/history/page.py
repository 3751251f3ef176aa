"""What is shown beside the list: a conversation in short, or the place in it that was found.

`page_of` reads it from the store, in the librarian's thread; `drawn` makes words of it. No widgets here.
"""

import re
from dataclasses import dataclass

from textual.content import Content

from assistant import Entry, Store, Turn, detach, found_in, one_line, printable
from tui.language import _, plural
from tui.rooms.history.dates import moment_of
from tui.rooms.history.items import title_of

_FIRST, _LAST = 2, 4
"""Turns of a conversation that are shown: its beginning, and where it was left."""
_AFTER = 2
_LONGEST = 1500
"""Characters shown of a turn."""
_BEFORE, _LINES_BEFORE = 300, 4
"""Characters, and lines begun, before the words that were found."""


@dataclass(frozen=True, slots=True)
class Page:
    """A conversation, and those of its turns that are shown."""

    entry: Entry
    turns: tuple[Turn | int, ...]
    """Or how many are left out here."""
    found: str | None = None
    """The turn that was found."""
    search: str = ""

    def is_before(self, entry: Entry) -> bool:
        """It is of this conversation as it was before something changed."""
        return self.entry.heading.id == entry.heading.id and self.entry != entry


def page_of(store: Store, entry: Entry, *, turn: str | None = None, search: str = "") -> Page:
    """With the turn where it was found in context, else with how it began and how it ended. Raises HistoryFailed."""
    _heading, tree = store.load(entry.heading.id)
    if turn is not None and turn in tree:
        tree.select(turn)
    path = tree.path
    places = [place for place, step in enumerate(path) if step.id == turn]
    if places:
        place = places[0]
        first = max(place - 1, 0)
        return Page(entry, _part(path, first, place + 1 + _AFTER), turn, search)
    if len(path) <= _FIRST + _LAST + 1:
        return Page(entry, path, None, search)
    skipped = len(path) - _FIRST - _LAST
    return Page(entry, (*path[:_FIRST], skipped, *path[-_LAST:]), None, search)


def _part(path: tuple[Turn, ...], first: int, end: int) -> tuple[Turn | int, ...]:
    left = len(path) - end
    return (*((first,) if first else ()), *path[first:end], *((left,) if left > 0 else ()))


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it was written, in Markdown."""

    text: str


def drawn(page: Page, now: float) -> list[Content | Answer]:
    """The page, one part under the other; `now` in seconds since 1970.

    Where something was found answers are plain words, in which it can stand out.
    """
    entry, heading = page.entry, page.entry.heading
    facts = [
        plural("{count} turn", "{count} turns", entry.turns),
        _("begun {moment}").format(moment=moment_of(heading.created, now)),
    ]
    models = {one_line(turn.model): None for turn in page.turns if isinstance(turn, Turn) and turn.model}
    found: list[Content | Answer] = []
    parts = [
        marked(Content.styled(title_of(entry), "bold"), page.search),
        Content.styled(" · ".join([*facts, *models]), "$foreground 60%"),
    ]
    if entry.speaker:
        who = _("with {name}").format(name=one_line(entry.speaker))
        parts.append(Content.styled(who if heading.retrieval else f"{who} · {_('no dialogues')}", "$secondary"))
    if heading.document:
        parts += [Content.styled(f"▤ {one_line(path)}", "$secondary") for path in heading.document.split("\n")]
    if heading.system:
        parts.append(Content.styled(_("Instruction: {text}").format(text=_short(heading.system)), "$foreground 60%"))
    for turn in page.turns:
        if isinstance(turn, int):
            parts += [
                Content(""),
                Content.styled(f"⋯ {plural('{count} turn', '{count} turns', turn)}", "$foreground 60%"),
            ]
            continue
        who = _("You") if turn.role == "user" else one_line(turn.speaker or turn.model) or _("Answer")
        parts += [
            Content(""),
            Content.styled(who, "bold $primary" if turn.role == "user" else "bold $secondary"),
            *_attached(turn, page),
        ]
        if turn.role == "user" or page.search:
            parts.append(marked(Content(_words(turn, page)), page.search if page.found in (None, turn.id) else ""))
        else:
            found += [Content("\n").join(parts), Answer(_words(turn, page))]
            parts = []
    return [*found, Content("\n").join(parts)] if parts else found


def marked(content: Content, search: str) -> Content:
    """The words that were searched for stand out, without colour too."""
    for start, end in found_in(content.plain, search):
        content = content.stylize("bold underline $warning", start, end)
    return content


def _attached(turn: Turn, page: Page) -> list[Content]:
    """The documents in a message, by their names, unless it is in one of them that something was found."""
    if _text(turn, page) == turn.content:
        return []
    attachments, _question = detach(turn.content)
    return [
        Content.styled(
            f"▤ {attachment.name} · {plural('{count} line', '{count} lines', attachment.lines)}", "$secondary"
        )
        for attachment in attachments
    ]


def _text(turn: Turn, page: Page) -> str:
    if turn.role != "user":
        return turn.content
    question = detach(turn.content)[1]
    elsewhere = turn.id == page.found and not found_in(question, page.search)
    return turn.content if elsewhere else question


def _words(turn: Turn, page: Page) -> str:
    """Of a long turn its beginning, or what stands around the words that were found."""
    text = printable(_text(turn, page)).strip("\n")
    spans = found_in(text, page.search) if turn.id == page.found else ()
    at = spans[0][0] if spans else 0
    start = at - len("\n".join(text[:at].split("\n")[-_LINES_BEFORE:])[-_BEFORE:])  # near enough to be in view
    words = text[start : start + _LONGEST]
    return ("… " if start else "") + words + (" …" if start + _LONGEST < len(text) else "")


def _short(text: str) -> str:
    words = re.sub(r"\s+", " ", printable(text[:400])).strip()
    return words if len(words) <= 200 else words[:199] + "…"

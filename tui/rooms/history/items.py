"""What the list shows of conversations and of places in them: rows in words, under the days they are of."""

from collections.abc import Iterable, Mapping
from functools import partial

from assistant import Entry, Hit, found_in, one_line
from tui.language import _, plural
from tui.rooms.history.dates import group_of, moment_of
from tui.rooms.history.shelf import Heading, Item, Row, Texts


def kept_items(entries: Iterable[Entry], now: float) -> list[Item]:
    """A row for each conversation, in their order; `now` in seconds since 1970."""
    items: list[Item] = []
    above = ""
    for entry in entries:
        group = group_of(entry.changed, now)
        if group != above:
            items.append(Heading(group))
            above = group
        items.append(Row(entry.heading.id, partial(_kept, entry, now)))
    return items


def found_items(hits: Iterable[Hit], entries: Mapping[str, Entry], search: str, now: float) -> list[Item]:
    """A row for each place, in their order; those in titles have a heading of their own."""
    items: list[Item] = []
    above = ""
    for hit in hits:
        entry = entries.get(hit.conversation)
        if entry is None:
            continue
        group = _("In titles") if hit.turn is None else group_of(hit.created, now)
        if group != above:
            items.append(Heading(group))
            above = group
        items.append(Row(key_of(hit), partial(_found, hit, entry, search, now)))
    return items


def key_of(hit: Hit) -> str:
    """Names the row of a place."""
    return f"{hit.conversation}:{hit.turn or ''}"


def title_of(entry: Entry) -> str:
    """Safe to show."""
    return one_line(entry.title) or _("a conversation without words")


def _kept(entry: Entry, now: float) -> Texts:
    return Texts(title_of(entry), moment_of(entry.changed, now), _facts(entry))


def _found(hit: Hit, entry: Entry, search: str, now: float) -> Texts:
    title = title_of(entry)
    if hit.turn is None:
        return Texts(title, moment_of(entry.changed, now), _facts(entry), title_marks=found_in(title, search))
    who = _("You") if hit.role == "user" else one_line(entry.speaker) or _("Answer")
    said = one_line(hit.excerpt)
    begin = len(who) + 2
    marks = tuple((start + begin, end + begin) for start, end in found_in(said, search))
    return Texts(title, moment_of(hit.created, now), f"{who}: {said}", line_marks=marks)


def _facts(entry: Entry) -> str:
    heading = entry.heading
    facts = [plural("{count} turn", "{count} turns", entry.turns)]
    if heading.document:
        facts.insert(0, f"▤ {one_line(heading.about)}")
    if entry.speaker:
        facts.insert(0, _("with {name}").format(name=one_line(entry.speaker)))
    if heading.archived:
        facts.append(_("archived"))
    return " · ".join(facts)

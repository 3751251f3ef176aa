"""Values as rows of the tables, and back. What another version wrote is read as far as this one knows it."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from typing import Any

from assistant.conversation.turns import END_REASONS, Change, Heading, Marked, Placed, Renamed, Turn, Words, now
from assistant.errors import InvalidSetting
from assistant.events import Usage
from assistant.messages import Sampling


def text_out(text: str) -> str:
    """The text as SQLite can hold it: undecodable bytes of a terminal or an argument are no characters."""
    return text.encode(errors="replace").decode() if not text.isascii() else text


def heading_in(row: Mapping[str, Any]) -> Heading:
    """A row of `conversations`."""
    return Heading(
        row["id"],
        row["created"],
        row["title"],
        row["system"],
        row["current"],
        archived=bool(row["archived"]),
        removed=row["removed"] is not None,
        document=row["document"],
        content=row["content"],
        sampling=sampling_in(row["sampling"]),
        character=row["character"],
        user=row["user"],
        retrieval=bool(row["retrieval"]),
    )


def turn_in(row: Mapping[str, Any]) -> Turn:
    """A row of `turns`. Raises ValueError."""
    reason = row["reason"]
    return Turn(
        row["id"],
        row["parent"],
        row["role"],
        row["content"],
        row["created"],
        row["model"],
        reason if reason in END_REASONS else None,
        usage_in(row["usage"]),
        bool(row["removed"]),
        row["speaker"],
        dialogues_in(row["dialogues"]),
    )


def usage_out(usage: Usage | None) -> str | None:
    """The figures as JSON."""
    return None if usage is None else json.dumps(asdict(usage))


def usage_in(text: str | None) -> Usage | None:
    """The figures again; one that an older or newer program did not write is left at its default. Raises ValueError."""
    if text is None:
        return None
    values = json.loads(text)
    if not isinstance(values, dict):
        raise ValueError("the figures of an answer are an object")
    return Usage(**{name: value for name, value in values.items() if name in _FIGURES})


_FIGURES = {field.name for field in fields(Usage)}


def dialogues_in(text: str | None) -> tuple[str, ...]:
    """Ids in a JSON list. Raises ValueError."""
    values = [] if text is None else json.loads(text)
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise ValueError("the dialogues of an answer are a list of texts")
    return tuple(values)


def sampling_in(text: str | None) -> Sampling | None:
    """The sampling again; a field that this program does not know, or finds no value of its kind in, is left at its
    default.
    """
    if text is None:
        return None
    try:
        values = json.loads(text)
    except ValueError:
        values = None
    return known_sampling(values)[0] if isinstance(values, dict) else None


def known_sampling(values: Mapping[str, Any]) -> tuple[Sampling, InvalidSetting | None]:
    """A sampling of those fields that can be meant, and what is wrong with the first of the others, if any."""
    sampling, wrong = Sampling(), None
    for name, value in values.items():
        if name in _CHOICES:
            try:
                sampling = replace(sampling, **{name: value})
            except InvalidSetting as error:
                wrong = wrong or error
    return sampling, wrong


_CHOICES = {field.name for field in fields(Sampling)}


def write_change(connection: sqlite3.Connection, change: Change) -> None:
    """Bring one change into the tables. Raises sqlite3.IntegrityError where what it refers to is gone."""
    execute = connection.execute
    match change:
        case Heading():
            execute(
                """
                INSERT INTO conversations
                    (id, title, system, created, changed, current, archived, document, content, sampling,
                     character, user, retrieval)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET system = excluded.system, changed = excluded.changed,
                    current = excluded.current, document = excluded.document, content = excluded.content,
                    sampling = excluded.sampling, character = excluded.character, user = excluded.user,
                    retrieval = excluded.retrieval
                """,
                (
                    change.id,
                    text_out(change.title),
                    None if change.system is None else text_out(change.system),
                    change.created,
                    now(),
                    change.current,
                    change.archived,
                    text_out(change.document),
                    change.content,
                    None if change.sampling is None else text_out(json.dumps(asdict(change.sampling))),
                    text_out(change.character),
                    text_out(change.user),
                    change.retrieval,
                ),
            )
        case Renamed(conversation, title):
            execute("UPDATE conversations SET title = ? WHERE id = ?", (text_out(title), conversation))
        case Placed(conversation, turn):
            execute(
                """
                INSERT INTO turns (id, conversation, parent, role, content, created, model, reason, usage, removed,
                                   speaker, dialogues)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET content = excluded.content, model = excluded.model,
                    reason = excluded.reason, usage = excluded.usage, removed = excluded.removed,
                    speaker = excluded.speaker, dialogues = excluded.dialogues, indexed = 0
                """,
                (
                    turn.id,
                    conversation,
                    turn.parent,
                    turn.role,
                    text_out(turn.content),
                    turn.created,
                    text_out(turn.model),
                    turn.reason,
                    usage_out(turn.usage),
                    turn.removed,
                    text_out(turn.speaker),
                    json.dumps(turn.dialogues) if turn.dialogues else None,
                ),
            )
        case Marked(turn_id, mark):
            values = (turn_id, mark.turns, mark.tokens, text_out(mark.summary))
            execute("INSERT OR REPLACE INTO marks (turn, turns, tokens, summary) VALUES (?, ?, ?, ?)", values)
        case Words(turn_id, text):
            execute("UPDATE turns SET content = content || ?, indexed = 0 WHERE id = ?", (text_out(text), turn_id))

"""Rows of the tables as values, and back. What another version wrote is read as far as this one knows it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from assistant.conversation.turns import END_REASONS, Heading, Turn
from assistant.events import Usage


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

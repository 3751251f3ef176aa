"""The three forms in which dialogues are written, each taken apart: tables (CSV), JSON lines and plain text.

Each function yields dialogues and what of the text is none, with where it stands. Knows no file on a disk.

CSV: a header and a column of dialogues, each a cell of lines `Name：words` (`序号,对话` in Index-1.9B's corpora).
JSON lines: an object a line, with one of

    {"dialogue": [["name", "words"], …]}                      pairs; or lines ["Name：words", …], or one text of them
    {"dialogue": [{"speaker": "name", "words": "…"}, …]}      speaker, name or from; words, text, content or value
    {"messages": [{"role": "user", "content": "…"}, …]}       what the assistant says, the character says
    {"conversations": [{"from": "human", "value": "…"}, …]}   likewise
Plain text: lines `Name：words`, dialogues parted by empty lines or by lines of dashes.
"""

import csv
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from typing import Any

from assistant.characters.lines import lines_in
from assistant.characters.values import Dialogue, LeftOut, Line
from assistant.documents.lines import lines_of
from assistant.errors import InvalidCharacter
from assistant.sanitize import one_line

Found = Iterator[Dialogue | LeftOut]

COLUMNS = ("对话", "dialogue", "dialog", "dialogues", "conversation")
"""What the column of dialogues is called."""
_LISTS = ("dialogue", "dialog", "messages", "conversations")
_SPEAKERS = ("speaker", "name", "role", "from")
_WORDS = ("words", "text", "content", "value")
_SELF, _OTHER = {"assistant", "gpt", "bot", "model", "character"}, {"user", "human"}
_PARTING = re.compile(r"(?:[-=*_—]{3,})?")
_NO_SPEAKER = "its first line names nobody who speaks"
_NO_LINES = "it is empty"


def in_table(text: str, name: str, *speakers: str) -> Found:
    """Dialogues of a CSV file; `speakers` as in `lines_in`.

    Raises InvalidCharacter: no such column, or a quoted cell without an end.
    """
    delimiter, header, column = _header(text, name, speakers)
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    began, number, spoken, elsewhere = 1, 0, False, ""
    try:
        for number, row in enumerate(_rows(reader, len(text) + 1), start=1):
            began = reader.line_num + 1
            where = f"{name}, row {number}"
            if number == 1 or not any(cell.strip() for cell in row):
                continue
            if column >= len(row):
                yield LeftOut(where, f"it has {len(row)} of {len(header)} columns")
                continue
            found = _dialogue(row[column], where, speakers)
            spoken = spoken or isinstance(found, Dialogue)
            if not spoken and not elsewhere:
                elsewhere = next(
                    (header[at] for at, cell in enumerate(row[: len(header)]) if lines_in(cell, *speakers)), ""
                )
            yield found
    except csv.Error as error:
        raise InvalidCharacter(
            f"{name} has a quoted cell that begins at line {began:,} and does not end as it should ({error}); quotes "
            "in pairs were expected, those inside a cell doubled; mend it"
        ) from None
    if elsewhere and not spoken:
        raise InvalidCharacter(
            f"the column {header[column]} of {name} holds no lines 'Name：words', but the column {one_line(elsewhere)} "
            f"does; {COLUMNS[0]} was expected to hold them; exchange the names of the two"
        )


def _rows(reader: Iterator[list[str]], longest: int) -> Iterator[list[str]]:
    """The rows, whose cells may be so long; the limit is one for the whole process, and others rely on it."""
    while True:
        before = csv.field_size_limit()
        csv.field_size_limit(max(before, longest))
        try:
            row = next(reader)
        except StopIteration:
            return
        finally:
            csv.field_size_limit(before)
        yield row


def in_json_lines(text: str, name: str, character: str, user: str) -> Found:
    """Dialogues of a JSON lines file; `character`, `user`: who the assistant and the user of messages are."""
    for number, row in enumerate(lines_of(text), start=1):
        if not row.strip():
            continue
        where = f"{name}, line {number}"
        try:
            value = json.loads(row, object_pairs_hook=_once)
        except (ValueError, RecursionError) as error:
            yield LeftOut(where, f"it is no JSON ({one_line(str(error))})")
            continue
        yield _json_dialogue(value, where, character, user)


def in_text(text: str, name: str, *speakers: str) -> Found:
    """Dialogues of a plain text; `speakers` as in `lines_in`."""
    block: list[str] = []
    began = 1
    for number, row in enumerate((*lines_of(text), ""), start=1):
        if not _PARTING.fullmatch(row.strip()):
            began = began if block else number
            block.append(row)
        elif block:
            yield _dialogue("\n".join(block), f"{name}, line {began}", speakers)
            block.clear()


def _header(text: str, name: str, speakers: tuple[str, ...]) -> tuple[str, Sequence[str], int]:
    """How cells are parted, the names of the columns, and which of them holds the dialogues."""
    first = text[: text.find("\n") if "\n" in text else len(text)]
    cells: list[str] = []
    for delimiter in (",", "\t", ";"):
        try:
            row = next(csv.reader([first[:10_000]], delimiter=delimiter), [])
        except csv.Error:
            row = []
        header = [cell.strip().casefold() for cell in row]
        for column, cell in enumerate(header):
            if cell in COLUMNS:
                return delimiter, [one_line(cell.strip())[:40] for cell in row], column
        cells = row if len(row) > len(cells) else cells
    shown = ", ".join(one_line(cell)[:40] or "an empty one" for cell in cells[:8])
    expected = f"序号,{COLUMNS[0]} (or number,{COLUMNS[1]})"
    if any(lines_in(cell, *speakers) for cell in cells):
        raise InvalidCharacter(
            f"{name} has no header: its first row is {shown!r}; {expected} was expected above it; add that row"
        )
    raise InvalidCharacter(f"{name} has the columns {shown!r}; {expected} was expected; rename them")


def _dialogue(text: str, where: str, speakers: tuple[str, ...]) -> Dialogue | LeftOut:
    found = lines_in(text, *speakers)
    if found:
        return Dialogue(found, where)
    return LeftOut(where, _NO_LINES if found is not None else _NO_SPEAKER)


def _json_dialogue(value: object, where: str, character: str, user: str) -> Dialogue | LeftOut:
    rows = next((value[key] for key in _LISTS if key in value), None) if isinstance(value, dict) else None
    if isinstance(rows, str):
        return _dialogue(rows, where, (character, user))
    if not isinstance(rows, list):
        keys = ", ".join(one_line(str(key))[:40] for key in list(value)[:8]) if isinstance(value, dict) else ""
        return LeftOut(where, f"it has {keys or 'no keys'} where dialogue or messages was expected")
    if rows and all(isinstance(row, str) for row in rows):
        return _dialogue("\n".join(rows), where, (character, user))
    lines: list[Line] = []
    for row in rows:
        speaker, words = _spoken(row)
        if not isinstance(speaker, str) or not isinstance(words, str):
            return LeftOut(where, "a line is neither a pair nor an object of a speaker and words")
        if speaker.casefold() == "system":
            continue
        if speaker.casefold() in _SELF:
            speaker = character
        elif speaker.casefold() in _OTHER:
            speaker = user
        if speaker := one_line(speaker):
            lines.append(Line(speaker, words.strip()))
    return Dialogue(tuple(lines), where) if lines else LeftOut(where, _NO_LINES)


def _spoken(row: object) -> tuple[object, object]:
    """Who speaks, and what; of other kinds than texts where the line is none."""
    match row:
        case [speaker, words]:
            return speaker, words
        case dict():
            return _named(row, _SPEAKERS), _named(row, _WORDS)
        case _:
            return None, None


def _named(row: dict[str, Any], names: Iterable[str]) -> object:
    return next((row[name] for name in names if name in row), None)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(name for name in names if names.count(name) > 1)!r} is there twice")
    return found

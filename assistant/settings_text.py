"""One value of a TOML text changed, and the rest of the text left alone. Knows no file and no setting."""

import tomllib
from contextlib import suppress
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import InlineTable

Value = str | bool | int | float
"""What a setting can be set to."""


def with_value(before: str, place: tuple[str, ...], value: Value | None) -> str | None:
    """The text with the value at its place, or without any where it is None; None where that cannot be done.

    `before` must be TOML.
    """
    wanted = _changed(tomllib.loads(before), place, value)
    for attempt in (_with_line, _with_item):
        with suppress(TOMLKitError, ValueError, RecursionError):
            after = attempt(before, place, value)
            # A file may be written in ways that are not foreseen here; better refused than half changed.
            if after is not None and tomllib.loads(after) == wanted:
                return after
    return None


def _changed(values: dict[str, Any], place: tuple[str, ...], value: Value | None) -> dict[str, Any]:
    """The same change on plain data."""
    name, *rest = place
    if rest:
        inner = values.get(name, {})
        if value is None and name not in values:
            return values
        return {**values, name: _changed(inner if isinstance(inner, dict) else {}, tuple(rest), value)}
    if value is None:
        return {key: other for key, other in values.items() if key != name}
    return {**values, name: value}


def _with_line(before: str, place: tuple[str, ...], value: Value | None) -> str | None:
    """A new line for a value that was not there: last in its table, or in a new table at the end.

    None where a line is to be changed or to go. The library would write the line after the comments that follow a
    table, which are mostly about the next one.
    """
    *tables, name = place
    if value is None or _there(tomllib.loads(before), place):
        return None
    end = "\r\n" if "\r\n" in before else "\n"
    line = f"{tomlkit.key(name).as_string()} = {tomlkit.item(value).as_string()}"
    lines = [text.removesuffix("\r") for text in before.split("\n")]
    starts = [number for number, text in enumerate(lines) if _heading(text) is not None]
    wanted = _nested(tables)
    first = next((number for number in starts if _heading(lines[number]) == wanted), None) if tables else -1
    if first is None:
        heading = ".".join(tomlkit.key(table).as_string() for table in tables)
        text = end.join(lines).rstrip()
        return f"{text}{end * 2 if text else ''}[{heading}]{end}{line}{end}"
    last = next((number for number in starts if number > first), len(lines)) - 1
    while last > first and (not lines[last].strip() or lines[last].lstrip().startswith("#")):
        last -= 1
    new = [line]
    if last < 0:  # the first value; comments before the first empty line are about the whole file
        gap = next((number for number, text in enumerate(lines) if not text.strip()), 0)
        last = gap if lines[0].startswith("#") else -1
        new += [""] if "".join(lines[last + 1 :]).strip() else []
    lines[last + 1 : last + 1] = new
    return end.join(lines) if lines[-1] == "" else end.join(lines) + end


def _heading(line: str) -> dict[str, Any] | None:
    """The tables that a heading names, as the data it stands for; None for other lines."""
    if not line.lstrip().startswith("["):
        return None
    try:
        return tomllib.loads(line)
    except ValueError:
        return None


def _nested(tables: list[str]) -> dict[str, Any]:
    return {tables[0]: _nested(tables[1:])} if tables else {}


def _there(values: dict[str, Any], place: tuple[str, ...]) -> bool:
    name, *rest = place
    inner = values.get(name)
    return name in values and (not rest or (isinstance(inner, dict) and _there(inner, tuple(rest))))


def _with_item(before: str, place: tuple[str, ...], value: Value | None) -> str:
    """The text with its item replaced, removed, or added to an inline table."""
    document = tomlkit.parse(before)
    _put(document, place, value)
    return tomlkit.dumps(document)


def _put(table: Any, place: tuple[str, ...], value: Value | None) -> None:
    name, *rest = place
    if rest:
        if name not in table:
            if value is None:
                return
            table[name] = tomlkit.inline_table() if isinstance(table, InlineTable) else tomlkit.table()
        _put(table[name], tuple(rest), value)
    elif value is not None:
        table[name] = value
    elif name in table:
        del table[name]

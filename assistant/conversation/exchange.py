"""A conversation as JSON, whole, and back: for other programs, other machines and safekeeping.

What is read is checked field by field before anything is made of it, gets new ids, and never replaces a conversation.
Turns that were removed are not exported. The module knows nothing of files and stores.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields
from datetime import UTC, datetime
from typing import Any

from assistant.conversation.rows import known_sampling
from assistant.conversation.tree import Tree
from assistant.conversation.turns import END_REASONS, Forgot, Heading, Turn, new_id
from assistant.errors import HistoryFailed
from assistant.events import Usage
from assistant.messages import Sampling

FORMAT = "luciole-conversation"
VERSION = 1
LARGEST = 64 << 20
"""Bytes of a file that is imported; a million words are six."""
_MOST_TURNS = 100_000
_LARGEST_NUMBER = 1 << 53
_LONGEST_NAME = 1000
_MOST_DIALOGUES = 1000


def export_json(heading: Heading, tree: Tree) -> dict[str, Any]:
    """All branches, with ids, times (ISO 8601, UTC) and figures. What `import_json` reads is equal, but for the ids."""
    turns = tuple(visible(tree))
    shown = {turn.id for turn in turns}
    return {
        "format": FORMAT,
        "version": VERSION,
        "title": heading.title,
        "system": heading.system,
        "sampling": None if heading.sampling is None else asdict(heading.sampling),
        "created": _time_out(heading.created),
        "document": {"path": heading.document, "content": heading.content} if heading.document else None,
        "character": {"id": heading.character, "user": heading.user, "retrieval": heading.retrieval}
        if heading.character
        else None,
        "current": tree.current,
        "turns": [
            {
                "id": turn.id,
                "parent": turn.parent,
                "role": turn.role,
                "content": turn.content,
                "created": _time_out(turn.created),
                "model": turn.model,
                "reason": turn.reason,
                "usage": None if turn.usage is None else asdict(turn.usage),
                "speaker": turn.speaker,
                "dialogues": list(turn.dialogues),
            }
            for turn in turns
        ],
        "marks": [{"turn": turn, **asdict(mark)} for turn, mark in tree.marks.items() if turn in shown],
    }


def import_json(data: bytes) -> tuple[Heading, Tree]:
    """The conversation in a file, with ids of its own. Raises HistoryFailed, saying what is wrong and where."""
    if len(data) > LARGEST:
        raise _refused(f"it has {len(data):,} bytes", f"at most {LARGEST:,}")
    try:
        value = json.loads(data, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deep" if isinstance(error, RecursionError) else str(error)
        raise _refused(f"it is no JSON ({reason})", "an export of luciole history export --json") from error
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise _refused("it is no exported conversation", f'an object with "format": "{FORMAT}"')
    version = _whole(value, "version", "the file")
    if version != VERSION:
        raise _refused(f"it is of version {version}", f"version {VERSION}")
    rows = _rows(value, "turns", _MOST_TURNS)
    names: dict[str, str] = {}
    turns = []
    for place, row in enumerate(rows):
        where = f"turn {place + 1}"
        name = _string(row, "id", where, _LONGEST_NAME)
        if name in names:
            raise _refused(f"{where} has the id of another one", "an id of its own")
        turns.append(_turn(row, where, names))
        names[name] = turns[-1].id
    if not turns:
        raise _refused("there is no turn in it", "at least one")
    try:
        tree = Tree(turns)
        current = value.get("current")
        if current is not None:
            tree.end_at(_named(names, current, "current"))
        for place, row in enumerate(_rows(value, "marks", len(turns))):
            _mark(tree, names, row, f"mark {place + 1}")
    except (ValueError, KeyError) as error:
        raise _refused(str(error), "a tree of questions and answers") from error
    system = value.get("system")
    title = " ".join(_string(value, "title", "the file", _LONGEST_NAME).split())
    document, content = _document(value.get("document"))
    character, user, retrieval = _character(value.get("character"))
    heading = Heading(
        new_id(),
        _time_in(value, "created", "the file"),
        title,
        None if system is None else _string(value, "system", "the file"),
        tree.current,
        document=document,
        content=content,
        sampling=_sampling(value.get("sampling")),
        character=character,
        user=user,
        retrieval=retrieval,
    )
    return heading, tree


def _sampling(value: object) -> Sampling | None:
    """How its answers are written; None in files of earlier versions."""
    if value is None:
        return None
    if not isinstance(value, dict):
        raise _refused(f"the sampling is {_shown(value)}", "an object of values")
    sampling, wrong = known_sampling(value)
    if wrong is not None:
        raise _refused(f"the sampling has a value that it cannot have ({wrong})", "what an export has")
    return sampling


def _document(value: object) -> tuple[str, str]:
    """What the conversation is about, and the hash of its text; empty in files of earlier versions."""
    if value is None:
        return "", ""
    if not isinstance(value, dict):
        raise _refused(f"the document is {_shown(value)}", "an object with path and content")
    return _string(value, "path", "the document"), _string(value, "content", "the document")


def _character(value: object) -> tuple[str, str, bool]:
    """Who is played, to whom, and whether dialogues are drawn; nobody in files of earlier versions."""
    if value is None:
        return "", "", True
    if not isinstance(value, dict) or not isinstance(value.get("retrieval"), bool):
        raise _refused(f"the character is {_shown(value)}", "an object with id, user and retrieval")
    names = [_string(value, name, "the character", _LONGEST_NAME) for name in ("id", "user")]
    return names[0], names[1], value["retrieval"]


def visible(tree: Tree) -> Iterator[Turn]:
    """The turns that were not removed, nor stand below one that was, in the order in which they came."""
    hidden: set[str | None] = set()
    for turn in tree.turns:
        if turn.removed or turn.parent in hidden:
            hidden.add(turn.id)
        else:
            yield turn


def _turn(row: Mapping[str, Any], where: str, names: Mapping[str, str]) -> Turn:
    role, parent, reason = row.get("role"), row.get("parent"), row.get("reason")
    if role not in ("user", "assistant"):
        raise _refused(f"{where} is of role {_shown(role)}", "user or assistant")
    if reason is not None and reason not in END_REASONS:
        raise _refused(f"{where} ended by {_shown(reason)}", f"one of {', '.join(END_REASONS)}")
    return Turn(
        id=new_id(),
        parent=None if parent is None else _named(names, parent, f"the parent of {where}"),
        role=role,
        content=_string(row, "content", where),
        created=_time_in(row, "created", where),
        model=_string(row, "model", where, _LONGEST_NAME),
        reason=reason,
        usage=_usage(row.get("usage"), where),
        speaker=_string(row, "speaker", where, _LONGEST_NAME) if "speaker" in row else "",
        dialogues=_dialogues(row.get("dialogues"), where),
    )


def _dialogues(value: object, where: str) -> tuple[str, ...]:
    """Ids of what a character drew upon; none in files of earlier versions."""
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > _MOST_DIALOGUES:
        raise _refused(f"dialogues of {where} is {_shown(value)}", f"a list of at most {_MOST_DIALOGUES:,} ids")
    return tuple(_string({"id": one}, "id", f"a dialogue of {where}", _LONGEST_NAME) for one in value)


def _usage(value: object, where: str) -> Usage | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise _refused(f"the usage of {where} is {_shown(value)}", "an object of figures")
    figures: dict[str, Any] = {}
    for field in fields(Usage):
        if field.name in value:
            number = value[field.name]
            whole = isinstance(field.default, int)
            if isinstance(number, bool) or not isinstance(number, int if whole else int | float):
                raise _refused(f"{field.name} of {where} is {_shown(number)}", "a number")
            if not 0 <= number <= _LARGEST_NUMBER:
                raise _refused(f"{field.name} of {where} is {_shown(number)}", f"0 to {_LARGEST_NUMBER}")
            figures[field.name] = number if whole else float(number)
    return Usage(**figures)


def _mark(tree: Tree, names: Mapping[str, str], row: Mapping[str, Any], where: str) -> None:
    turn = _named(names, row.get("turn"), where)
    left, tokens = _whole(row, "turns", where), _whole(row, "tokens", where)
    depth, step = 0, tree[turn].parent
    while step is not None and depth <= left:
        depth, step = depth + 1, tree[step].parent
    if left % 2 or left > depth or tree[turn].role != "user":
        raise _refused(f"{where} leaves out {left} turns before a turn that has {depth}", "whole exchanges before it")
    tree.mark(turn, Forgot(left, tokens, _string(row, "summary", where)))


def _rows(value: Mapping[str, Any], name: str, most: int) -> list[dict[str, Any]]:
    rows = value.get(name)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise _refused(f"{name} is {_shown(rows)}", "a list of objects")
    if len(rows) > most:
        raise _refused(f"there are {len(rows):,} {name}", f"at most {most:,}")
    return rows


def _named(names: Mapping[str, str], name: object, where: str) -> str:
    if not isinstance(name, str) or name not in names:
        raise _refused(f"{where} is {_shown(name)}", "the id of a turn before it")
    return names[name]


def _string(row: Mapping[str, Any], name: str, where: str, longest: int | None = None) -> str:
    value = row.get(name)
    if not isinstance(value, str):
        raise _refused(f"{name} of {where} is {_shown(value)}", "a text")
    if longest is not None and len(value) > longest:
        raise _refused(f"{name} of {where} has {len(value):,} characters", f"at most {longest:,}")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise _refused(
            f"{name} of {where} holds half a character (U+{ord(value[error.start]):04X})", "a text"
        ) from error
    return value


def _whole(row: Mapping[str, Any], name: str, where: str) -> int:
    value = row.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _LARGEST_NUMBER:
        raise _refused(f"{name} of {where} is {_shown(value)}", "a whole number")
    return value


def _time_out(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _time_in(row: Mapping[str, Any], name: str, where: str) -> float:
    text = row.get(name)
    try:
        time = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        time = None
    # within the years that every calendar function can show, whatever the time zone
    if time is None or time.tzinfo is None or not 1970 < time.year < 9000:
        raise _refused(f"{name} of {where} is {_shown(text)}", "a time with its zone, as 2026-01-31T12:00:00.000Z")
    return round(time.timestamp(), 3)


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _shown(value: object) -> str:
    text = "missing" if value is None else json.dumps(value)
    return text if len(text) <= 60 else text[:60] + "…"


def _refused(found: str, expected: str) -> HistoryFailed:
    return HistoryFailed(f"the conversation cannot be imported: {found}; expected: {expected}; export it once more")

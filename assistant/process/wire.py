"""How parent and child speak: one JSON object a line, one shape for each event and error, nothing executable.

Requests: `{"call": "load" | "count" | "stream" | "stop", "id": n, ...}`; `stop` carries the id of the call to end.
Replies: `{"id": n}` with `event`, `value`, `error`, or `done` as the last one of each call.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from assistant import errors
from assistant.engine import ModelInfo
from assistant.errors import AssistantError, EngineFailed, PromptTooLong
from assistant.events import Event, Finished, Loading, Reading, Settled, Text, Usage
from assistant.messages import Message, Sampling

_ERRORS = {
    name: kind for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, AssistantError)
}


def line(value: Mapping[str, Any]) -> bytes:
    """One message as bytes, newline included."""
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


def parse(data: bytes) -> dict[str, Any]:
    """A line as an object with an id. Raises ValueError for anything else."""
    try:
        value = json.loads(data)
    except RecursionError as error:
        raise ValueError("a message is not that deep") from error
    if not isinstance(value, dict) or not isinstance(value.get("id"), int):
        raise ValueError("a message is an object with an id")
    return value


@dataclass(frozen=True, slots=True)
class Reply:
    """What the child says about the call `id`: one of the first three, or that the call is `done`."""

    id: int
    event: Event | None
    value: int | None
    error: AssistantError | None
    done: bool
    info: ModelInfo | None


def reply_in(data: bytes) -> Reply:
    """A line as a reply. Raises ValueError for anything else."""
    fields = parse(data)
    event, value, error = fields.get("event"), fields.get("value"), fields.get("error")
    try:
        return Reply(
            fields["id"],
            None if event is None else event_in(event),
            None if value is None else int(value),
            None if error is None else error_in(error),
            bool(fields.get("done")),
            info_in(fields.get("info")),
        )
    except (AttributeError, KeyError, TypeError) as failure:
        raise ValueError("a reply has the fields of its kind") from failure


def event_out(event: Event) -> dict[str, Any]:
    """An event as plain values."""
    return {"kind": type(event).__name__, **asdict(event)}


def event_in(value: Mapping[str, Any]) -> Event:
    """The event again. Raises ValueError for a kind nobody knows, TypeError for other fields than its own."""
    match value:
        case {"kind": "Loading", "fraction": fraction}:
            return Loading(fraction)
        case {"kind": "Settled"}:
            return Settled(**{name: field for name, field in value.items() if name != "kind"})
        case {"kind": "Reading", "done": done, "total": total, "reused": reused}:
            return Reading(done, total, reused)
        case {"kind": "Text", "text": text}:
            return Text(text)
        case {"kind": "Finished", "reason": reason, "usage": usage}:
            return Finished(reason, Usage(**usage))
        case _:
            raise ValueError("an event is one of five kinds")


def error_out(error: AssistantError) -> dict[str, Any]:
    """An error as plain values."""
    further = {"tokens": error.tokens, "limit": error.limit} if isinstance(error, PromptTooLong) else {}
    return {"kind": type(error).__name__, "text": str(error), **further}


def error_in(value: Mapping[str, Any]) -> AssistantError:
    """The error again, of its own kind."""
    text = str(value["text"])
    if value["kind"] == "PromptTooLong":
        return PromptTooLong(text, tokens=int(value["tokens"]), limit=int(value["limit"]))
    return _ERRORS.get(str(value["kind"]), EngineFailed)(text)


def info_in(value: Mapping[str, Any] | None) -> ModelInfo | None:
    """The model's facts again; None where nothing is loaded."""
    return ModelInfo(**value) if value else None


def messages_in(values: list[Mapping[str, Any]]) -> list[Message]:
    """The messages again."""
    return [Message(**value) for value in values]


def sampling_in(value: Mapping[str, Any]) -> Sampling:
    """The sampling again."""
    return Sampling(**{**value, "stop": tuple(value["stop"])})

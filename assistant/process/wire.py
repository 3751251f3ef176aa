"""How parent and child speak: one JSON object a line, one shape for each event and error, nothing executable.

Requests: `{"call": name, "id": n, ...}` with the name of an engine's method, `load`, `count`, `count_each`,
`longest_prompt`, `stream`, `stream_many` or `embed`, or `stop`, which carries the id of the call to end. Replies:
`{"id": n}` with `event` (and `index`, of one prompt among several), `value`, `values`, `vector` (one a line), `offer`,
`error`, or `done` as the last one of each call. Heartbeats are lines of another kind (`heartbeat`).
"""

import binascii
import json
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from assistant import errors
from assistant.engine import EngineSettings, ModelInfo
from assistant.errors import AssistantError, EngineFailed, PromptTooLong
from assistant.events import Event, Finished, Loading, Reading, Settled, Text, Usage
from assistant.messages import Message, Plain, Prompt, Sampling

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
    """What the child says about the call `id`."""

    id: int
    event: Event | None = None
    index: int = 0
    """Number of the prompt the event is of."""
    value: int | None = None
    values: list[int] | None = None
    vector: list[float] | None = None
    error: AssistantError | None = None
    offer: str | None = None
    """Words of the next smaller setting, for the case that this one is the child's death."""
    info: ModelInfo | None = None
    done: bool = False

    def done_with(self, number: int) -> bool:
        return self.done and self.id == number


def reply_in(data: bytes) -> Reply:
    """A line as a reply. Raises ValueError for anything else."""
    fields = parse(data)
    event, value, error = fields.get("event"), fields.get("value"), fields.get("error")
    values, vector, offer = fields.get("values"), fields.get("vector"), fields.get("offer")
    try:
        return Reply(
            fields["id"],
            event=None if event is None else event_in(event),
            index=int(fields.get("index", 0)),
            value=None if value is None else int(value),
            values=None if values is None else [int(one) for one in values],
            vector=None if vector is None else vector_in(vector),
            error=None if error is None else error_in(error),
            offer=None if offer is None else str(offer),
            info=info_in(fields.get("info")),
            done=bool(fields.get("done")),
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
    further: dict[str, Any] = {}
    if isinstance(error, PromptTooLong):
        further = {"tokens": error.tokens, "limit": error.limit}
    elif isinstance(error, EngineFailed):
        further = {"offer": error.offer}
    return {"kind": type(error).__name__, "text": str(error), **further}


def error_in(value: Mapping[str, Any]) -> AssistantError:
    """The error again, of its own kind."""
    text = str(value["text"])
    kind = _ERRORS.get(str(value["kind"]), EngineFailed)
    if kind is PromptTooLong:
        return PromptTooLong(text, tokens=int(value["tokens"]), limit=int(value["limit"]))
    if kind is EngineFailed:
        return EngineFailed(text, offer=str(value.get("offer", "")))
    return kind(text)


def vector_out(vector: Sequence[float]) -> str:
    """A vector as the base64 of 32-bit floats, all the precision a model gives; a third of what digits take."""
    return binascii.b2a_base64(array("f", vector).tobytes(), newline=False).decode()


def vector_in(value: str) -> list[float]:
    """The vector again. Raises ValueError, TypeError."""
    numbers = array("f")
    numbers.frombytes(binascii.a2b_base64(value, strict_mode=True))
    return numbers.tolist()


def info_in(value: Mapping[str, Any] | None) -> ModelInfo | None:
    """The model's facts again; None where nothing is loaded."""
    return ModelInfo(**value) if value else None


def prompt_out(prompt: Prompt) -> Any:
    """A prompt as plain values: a list of messages, or an object of a text."""
    return asdict(prompt) if isinstance(prompt, Plain) else [asdict(message) for message in prompt]


def prompt_in(value: Any) -> Prompt:
    """The prompt again. Raises TypeError for other fields than its own."""
    return Plain(**value) if isinstance(value, dict) else [Message(**message) for message in value]


def sampling_in(value: Mapping[str, Any]) -> Sampling:
    """The sampling again."""
    return Sampling(**value)


def settings_in(data: str) -> EngineSettings:
    """The settings again, from the text that `settings_out` made of them."""
    value = json.loads(data)
    kv = value.pop("kv")
    return EngineSettings(**value, kv=None if kv is None else (kv[0], kv[1]))


def settings_out(settings: EngineSettings) -> str:
    """Settings as one argument of a command line."""
    return json.dumps(asdict(settings))

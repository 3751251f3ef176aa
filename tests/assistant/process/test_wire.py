"""The lines between parent and child: every event and error survives, nothing else passes."""

import json
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant import errors
from assistant.engine import EngineSettings
from assistant.events import Event, Finished, Loading, Reading, Settled, Text, Usage
from assistant.fake import FAKE_INFO
from assistant.messages import Message, Sampling
from assistant.process import wire

EVENTS: list[Event] = [
    Loading(0.5),
    Settled(32768, "q8_0/f16", 3, 7_408_000_000, "32K with K in q8_0 and V in f16 needs 6.9 GiB", stepped_down=True),
    Reading(3, 9, 1),
    Text('<|im_end|>\n\u2028"\ud800😀\0'),
    Finished("length", Usage(prompt_tokens=3, read_seconds=0.25)),
]


def reply(fields: dict[str, object]) -> wire.Reply:
    return wire.reply_in(wire.line({"id": 7, **fields}))


@pytest.mark.parametrize("event", EVENTS)
def test_events_survive(event: Event) -> None:
    data = wire.line({"id": 7, "event": wire.event_out(event), "info": asdict(FAKE_INFO)})
    assert data.endswith(b"\n")
    assert data.count(b"\n") == 1
    assert wire.reply_in(data) == wire.Reply(7, event=event, info=FAKE_INFO)


KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.AssistantError)]


@pytest.mark.parametrize("kind", KINDS)
def test_errors_survive_with_their_kind(kind: type[errors.AssistantError]) -> None:
    sent = kind("a; b; c", tokens=5, limit=4) if issubclass(kind, errors.PromptTooLong) else kind("a; b; c")
    got = reply({"error": wire.error_out(sent)}).error
    assert type(got) is kind
    assert str(got) == "a; b; c"
    if isinstance(got, errors.PromptTooLong):
        assert (got.tokens, got.limit) == (5, 4)


def test_offers_survive_with_their_error() -> None:
    got = reply({"error": wire.error_out(errors.EngineFailed("a; b; c", offer="--kv q8_0"))}).error
    assert isinstance(got, errors.EngineFailed)
    assert got.offer == "--kv q8_0"
    assert reply({"offer": "--context 4096"}).offer == "--context 4096"


def test_events_of_many_keep_their_number() -> None:
    got = reply({"event": wire.event_out(Text("a")), "index": 3})
    assert (got.index, got.event) == (3, Text("a"))


@given(st.lists(st.floats(width=32, allow_nan=False)))
def test_vectors_survive(vector: list[float]) -> None:
    assert reply({"vector": wire.vector_out(vector)}).vector == vector


def test_counts_survive() -> None:
    assert reply({"values": [3, 0, 70_000]}).values == [3, 0, 70_000]
    assert reply({"values": []}).values == []
    assert reply({}).values is None
    for nonsense in (7, ["a"], [None]):
        with pytest.raises(ValueError, match=r"."):
            reply({"values": nonsense})


def test_vectors_are_short_lines() -> None:
    assert len(wire.vector_out([1 / 3] * 1024)) < 1024 * 5.5


@pytest.mark.parametrize(
    "settings",
    [EngineSettings(), EngineSettings(32768, 7, 2, ("q8_0", "f16"), saved_readings=False)],
)
def test_settings_survive(settings: EngineSettings) -> None:
    got = wire.settings_in(wire.settings_out(settings))
    assert got == settings
    assert hash(got) == hash(settings), "a tuple is a tuple again"


def test_requests_survive() -> None:
    sampling = Sampling(seed=4, stop=("a", "\n"), logit_bias=((5, -1.5), ("yes", 2.0)), json_schema="{}")
    messages = [Message("system", "s"), Message("user", "u")]
    sent = wire.parse(wire.line({"id": 1, "s": asdict(sampling), "m": wire.prompt_out(messages)}))
    assert wire.sampling_in(sent["s"]) == sampling
    assert wire.prompt_in(sent["m"]) == messages


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"Hello\n",
        b"\xff\xfe\n",
        b"[]\n",
        b"{}\n",
        b'{"id":"1"}\n',
        b'{"id":1,"event":3}\n',
        b'{"id":1,"event":{"kind":"Explosion"}}\n',
        b'{"id":1,"event":{"kind":"Finished","reason":"stop","usage":{"dollars":3}}}\n',
        b'{"id":1,"error":"bad"}\n',
        b'{"id":1,"error":{"kind":"PromptTooLong","text":""}}\n',
        b'{"id":1,"value":[]}\n',
        b'{"id":1,"vector":[0.5]}\n',
        b'{"id":1,"vector":"AAA="}\n',
        b'{"id":1,"vector":"!!!"}\n',
        b'{"id":1,"event":{"kind":"Settled","colour":"red"}}\n',
        b'{"id":1,"event":{"kind":"Text","text":"a"},"index":"first"}\n',
        b'{"id":1,"info":{"name":"x"}}\n',
        b"[" * 200_000 + b"\n",
    ],
)
def test_nonsense_is_a_value_error(line: bytes) -> None:
    with pytest.raises(ValueError, match=r".*"):
        wire.reply_in(line)


@given(st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.dictionaries(st.text(), inner)))
def test_any_json_is_a_reply_or_a_value_error(value: object) -> None:
    for fields in (value, {"id": 1, "event": value}, {"id": 1, "error": value}, {"id": 1, "info": value}):
        try:
            wire.reply_in(json.dumps(fields).encode())
        except ValueError:
            continue

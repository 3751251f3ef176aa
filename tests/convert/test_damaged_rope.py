"""RoPE settings damaged in any way: our error in one line, or numbers that llama.cpp can turn by. Nothing else."""

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convert.choices import Choices
from convert.config import Config
from convert.errors import ConversionError
from convert.gguf.header import header
from convert.rope import Graph, Rope, read_rope

HEAD = 16
KINDS: tuple[dict[str, Any], ...] = (
    {"rope_type": "default"},
    {"type": "linear", "factor": 4.0},
    {"type": "dynamic", "factor": 2.0},
    {
        "rope_type": "yarn",
        "factor": 4.0,
        "original_max_position_embeddings": 4096,
        "attention_factor": 1.1,
        "beta_fast": 32,
        "beta_slow": 1,
        "mscale": 1.0,
        "mscale_all_dim": 0.5,
        "truncate": False,
    },
    {
        "rope_type": "llama3",
        "factor": 8.0,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 8192,
    },
    {
        "rope_type": "longrope",
        "short_factor": [1.0 + index for index in range(HEAD // 2)],
        "long_factor": [2.0 + index for index in range(HEAD // 2)],
        "original_max_position_embeddings": 4096,
        "attention_factor": 1.2,
    },
)
KEYS = sorted(
    {key for kind in KINDS for key in kind} | {"rope_theta", "partial_rotary_factor", "mrope_section", "alpha"}
)
OUTER = (
    "rope_theta", "rotary_emb_base", "rope_ratio", "rope_scaling", "rope_parameters", "partial_rotary_factor",
    "max_position_embeddings", "original_max_position_embeddings", "rope_local_base_freq",
)  # fmt: skip

numbers = st.one_of(
    st.integers(-3, 40),
    st.integers(-(10**60), 10**60),
    st.floats(),
    st.sampled_from((0.0, -0.0, 1e-300, 5e-324, 1e-31, 1e37, 3.5e38, 1e308, 2**31, 2**31 - 1, 2**63, math.tau)),
)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, st.text(max_size=12), st.sampled_from(("yarn", "su", "default"))),
    lambda inner: st.one_of(st.lists(inner, max_size=9), st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)),
    max_leaves=10,
)
lists = st.lists(st.one_of(numbers, st.none()), min_size=HEAD // 2, max_size=HEAD // 2)
junk = st.one_of(numbers, values, lists)


@st.composite
def configs(draw: st.DrawFn) -> dict[str, Any]:
    """A sound config with some of its RoPE keys set to anything, moved, doubled or removed."""
    scaling = dict(draw(st.sampled_from(KINDS)))
    for key in draw(st.lists(st.sampled_from(KEYS), max_size=3)):
        scaling[key] = draw(junk)
    for key in draw(st.lists(st.sampled_from(sorted(scaling)), max_size=1)):
        del scaling[key]
    where = draw(st.sampled_from(("rope_scaling", "rope_parameters")))
    layers = draw(st.booleans()) and draw(st.booleans())
    config: dict[str, Any] = {
        "max_position_embeddings": 8192,
        "rope_theta": 1e4,
        where: {"full_attention": scaling, "sliding_attention": draw(junk)} if layers else scaling,
    }
    for key in draw(st.lists(st.sampled_from(OUTER), max_size=2)):
        config[key] = draw(junk)
    return config


choices = st.builds(
    Choices,
    rope_base=st.none() | st.floats() | st.sampled_from((1e4, 320000.0)),
    rope_scaling=st.none()
    | st.text(max_size=20)
    | st.sampled_from(("none", "linear:4", "yarn:4:4096"))
    | st.builds(lambda kind, factor, tokens: f"{kind}:{factor}:{tokens}", st.sampled_from(("yarn", "linear", "su")),
                numbers, numbers)
    | configs().map(lambda config: json.dumps(config.get("rope_scaling"))),
    context=st.none() | st.integers(-1, 2**33),
    force=st.booleans(),
)  # fmt: skip
graphs = st.builds(Graph, partial=st.booleans(), divisors=st.booleans(), long_short=st.booleans())


def check(rope: Rope) -> None:
    """Every number is one that float32 holds, the base is written, and the header can be packed."""
    assert rope.keys["rope.freq_base"] == rope.base
    assert rope.keys["rope.dimension_count"] == rope.dimension
    assert 2 <= rope.dimension <= HEAD
    assert 0 < rope.context < 2**31
    stated = [value for value in rope.keys.values() if isinstance(value, float)]
    for value in (*stated, *(item for tensor in rope.tensors.values() for item in tensor)):
        with np.errstate(all="raise"):
            assert 0 < np.float32(value) < np.inf
    assert all(len(tensor) == rope.dimension // 2 for tensor in rope.tensors.values())
    assert all("\n" not in text for text in (rope.source, rope.context_source, *rope.warnings))
    assert header({f"llama.{key}": value for key, value in rope.keys.items()}, ())


@settings(max_examples=700, deadline=None)
@given(configs(), graphs, st.booleans(), st.none() | st.just(1e4))
def test_damaged_settings_are_refused_or_harmless(
    config: dict[str, Any], graph: Graph, ratio: bool, sliding: float | None
) -> None:
    attempt(config, Choices(), graph=graph, ratio=ratio, sliding_base=sliding)


@settings(max_examples=400, deadline=None)
@given(configs(), choices)
def test_damaged_options_are_refused_or_harmless(config: dict[str, Any], chosen: Choices) -> None:
    attempt(config, chosen, graph=Graph(divisors=True, long_short=True))


def attempt(config: dict[str, Any], chosen: Choices, **family: Any) -> None:
    """Read the settings as JSON brings them."""
    loaded = Config(json.loads(json.dumps(config)), chosen)
    message = "none"
    try:
        check(read_rope(loaded, head_dim=HEAD, default_base=1e4, default_source="the class", **family))
    except ConversionError as error:
        message = str(error)
    assert message
    assert "\n" not in message
    assert len(message) < 1500


@pytest.mark.parametrize("kind", KINDS)
def test_the_undamaged_settings_are_accepted(kind: dict[str, Any]) -> None:
    """So that the tests above start from something sound."""
    config = {"max_position_embeddings": 8192, "rope_theta": 1e4, "rope_scaling": kind}
    graph = Graph(divisors=True, long_short=True)
    check(read_rope(Config(config), head_dim=HEAD, default_base=1e4, default_source="the class", graph=graph))

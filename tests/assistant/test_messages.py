"""`Sampling`: what it refuses, and that it is the same after a journey as JSON."""

import json
from dataclasses import asdict
from math import inf, nan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import InvalidSetting
from assistant.messages import Sampling
from assistant.process.wire import sampling_in


@pytest.mark.parametrize("value", [nan, inf, -inf, -0.1, 5.1, "1", None, True])
def test_a_temperature_that_is_none(value: Any) -> None:
    with pytest.raises(InvalidSetting, match=r"^temperature is .*; a number from 0 to 5 was expected; mend it$"):
        Sampling(temperature=value)


@pytest.mark.parametrize(
    "fields",
    [
        {"top_k": -1},
        {"top_k": 1.0},
        {"top_p": 1.01},
        {"min_p": nan},
        {"repeat_penalty": 0.0},
        {"presence_penalty": inf},
        {"frequency_penalty": -11},
        {"penalty_window": -2},
        {"penalize_prompt": 1},
        {"dry_multiplier": -1},
        {"seed": 2**32 - 1},
        {"max_tokens": 0},
        {"stop": ("",)},
        {"stop": "text"},
        {"stop": (1,)},
        {"logit_bias": ((1, 100.5),)},
        {"logit_bias": ((1, nan),)},
        {"logit_bias": ((-1, 1.0),)},
        {"logit_bias": (("", 1.0),)},
        {"logit_bias": ((True, 1.0),)},
        {"logit_bias": ((1, 1.0, 1.0),)},
        {"logit_bias": {1: 1.0}},
        {"grammar": 1},
        {"json_schema": {}},
        {"loop_guard": None},
    ],
)
def test_each_field_names_itself(fields: dict[str, Any]) -> None:
    (name,) = fields
    with pytest.raises(InvalidSetting, match=f"^{name} is ") as caught:
        Sampling(**fields)
    assert len(str(caught.value)) < 250


def test_a_grammar_or_a_schema() -> None:
    with pytest.raises(InvalidSetting, match="both grammar and json_schema"):
        Sampling(grammar="root ::= [a]", json_schema="{}")


@given(
    st.builds(
        Sampling,
        temperature=st.floats(0, 5),
        top_k=st.integers(0, 100),
        repeat_penalty=st.floats(0.1, 10),
        penalty_window=st.integers(-1, 9999),
        seed=st.none() | st.integers(0, 2**32 - 2),
        stop=st.lists(st.text(min_size=1, max_size=5), max_size=3),
        logit_bias=st.lists(
            st.tuples(st.integers(0, 99) | st.text(min_size=1, max_size=5), st.floats(-100, 100)), max_size=3
        ),
        grammar=st.none() | st.text(max_size=9),
    )
)
def test_it_is_the_same_after_a_journey_as_json(sampling: Sampling) -> None:
    found = sampling_in(json.loads(json.dumps(asdict(sampling))))
    assert found == sampling
    assert hash(found) == hash(sampling)

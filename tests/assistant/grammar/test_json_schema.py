"""Schemas as grammars: values of the schema are words of the grammar, others are not; what is not known is refused.

Whether a text is a word of a grammar llama.cpp itself says, letter by letter.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.errors import InvalidSetting
from assistant.grammar.gbnf import check_grammar
from assistant.grammar.json_schema import grammar_of
from assistant.llama.model import LlamaModel, load_model
from assistant.llama.sampler import Sampler
from assistant.messages import Sampling

Follows = Callable[[object, str], bool]


@pytest.fixture(scope="module")
def model(starter_gguf: Path) -> Iterator[LlamaModel]:
    loading = load_model(starter_gguf)
    while True:
        try:
            next(loading)
        except StopIteration as end:
            yield end.value
            end.value.free()
            return


@pytest.fixture(scope="module")
def follows(model: LlamaModel) -> Follows:
    """Whether a text, and nothing after it, is what the schema's grammar lets a model write."""
    end = next(token for token in range(model.vocabulary) if model.ends_answer(token))

    def question(schema: object, text: str) -> bool:
        wanted = [*model.encode_text(text), end]
        with Sampler(Sampling(temperature=0.0, json_schema=json.dumps(schema)), model, len(wanted)) as sampler:
            for token in wanted:
                logits = np.full(model.vocabulary, -100, np.float32)
                logits[token] = 100
                if sampler.choose(logits) != token:
                    return False
        return True

    return question


PERSON = {
    "type": "object",
    "title": "Person",
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 5},
        "age": {"type": "integer"},
        "mail": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
        "friends": {"type": "array", "items": {"$ref": "#/$defs/friend"}, "maxItems": 2},
    },
    "required": ["name", "mail"],
    "$defs": {"friend": {"enum": ["Ada", "Ben \"B\"", 3, None, ["x", 1.5]]}},
}  # fmt: skip
TREE = {"properties": {"value": True, "left": {"$ref": "#"}, "right": {"$ref": "#"}}, "required": ["value"]}


@pytest.mark.parametrize(
    ("schema", "values", "others"),
    [
        (
            PERSON,
            [
                {"name": "Ada", "mail": None},
                {"name": "萤火虫", "age": -3, "mail": "x", "friends": ["Ada", 'Ben "B"']},
                {"name": "a\n\t\\", "mail": "", "friends": [3, ["x", 1.5]]},
                {"name": "A", "mail": None, "friends": []},
            ],
            [
                {},
                {"name": "Ada"},
                {"name": "", "mail": None},
                {"name": "Adalbert", "mail": None},
                {"name": "Ada", "mail": None, "more": 1},
                {"name": "Ada", "age": 1.5, "mail": None},
                {"name": "Ada", "mail": None, "friends": ["Ada", "Ada", "Ada"]},
                {"name": "Ada", "mail": None, "friends": ["Eve"]},
                [],
            ],
        ),
        (TREE, [{"value": 1, "left": {"value": [], "right": {"value": {"a": None}}}}], [{"left": {"value": 1}}]),
        ({"properties": {"a": {"type": "null"}, "b": {"type": "null"}, "c": {"type": "null"}}},
         [{}, {"a": None}, {"b": None}, {"c": None}, {"a": None, "c": None}, {"b": None, "c": None}], [{"a": 1}]),
        ({"type": "object", "additionalProperties": {"type": "boolean"}}, [{}, {"x": True, "y": False}], [{"x": 1}]),
        ({"properties": {"a": {"const": 1}}, "additionalProperties": {"const": 2}},
         [{}, {"a": 1}, {"a": 1, "b": 2}, {"b": 2, "c": 2}], [{"b": 1}]),
        ({"type": ["string", "null"]}, ["x", None], [1, True]),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 3},
         [[1, 2], [1, 2, 3]], [[], [1], [1, 2, 3, 4]]),
        ({"type": "array"}, [[], [1, "a", {"b": [None]}]], [{}]),
        ({"type": "array", "maxItems": 0}, [[]], [[1]]),
        ({"prefixItems": [{"type": "string"}, {"type": "boolean"}]}, [["a", True]], [["a"], ["a", True, 1]]),
        ({"type": "integer", "minimum": 1}, [1, 10], [0, -1, 1.5]),
        ({"type": "string", "format": "date"}, ["2026-11-21"], ["2026-13-01", "today"]),
        ({"type": "string", "format": "date-time"}, ["2026-11-21T10:30:00Z"], ["2026-11-21"]),
        ({"type": "string", "format": "uuid"}, ["123e4567-e89b-12d3-a456-426614174000"], ["123"]),
        ({"type": "string", "enum": ["a", 1]}, ["a"], [1]),
        ({}, [1.5e-7, [], {"a": {}}], []),
        (True, ["anything"], []),
    ],
)  # fmt: skip
def test_values_of_the_schema_and_no_others(
    follows: Follows, schema: object, values: list[object], others: list[object]
) -> None:
    for value in values:
        assert follows(schema, json.dumps(value, ensure_ascii=False)), value
    assert follows(schema, "\n" + json.dumps(values[-1], ensure_ascii=False, indent=2) + "\n"), "with lines"
    for value in others:
        assert not follows(schema, json.dumps(value, ensure_ascii=False)), value


@pytest.mark.parametrize(
    "text", ['"a\nb"', '"a\tb"', '"\\x"', "01", "+1", ".5", "NaN", '{"a":1,}', "[1,]", "'a'", "tru", '{"a" 1}', ""]
)
def test_what_is_no_json_is_no_word(follows: Follows, text: str) -> None:
    assert not follows(True, text)


TEXT = st.text('aé萤😀"\\\n\0 {}[],:', max_size=8)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)


@given(VALUES)
@settings(max_examples=40, deadline=None)
def test_any_json_is_a_word_of_the_open_schema(follows: Follows, value: object) -> None:
    assert follows(True, json.dumps(value))
    assert follows({"const": value}, json.dumps(value, ensure_ascii=False))


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ("{", "the JSON schema is no JSON"),
        ("NaN", "NaN is no number of JSON"),
        ("[" * 100_000, "the JSON schema is no JSON"),
        ("3", "at # is 3; an object, or true was expected"),
        ("false", "at # is false"),
        ('{"type": "strin"}', '#/type is "strin"; one or some of object, array'),
        ('{"type": []}', "#/type is"),
        ('{"type": "string", "pattern": "^a$"}', "#/pattern is a keyword that cannot be kept"),
        ('{"type": "number", "minimum": 0}', "#/minimum is a keyword that cannot be kept"),
        ('{"type": "integer", "minimum": 7}', "#/minimum is 7; 0 or 1 was expected"),
        ('{"type": "string", "format": "email"}', '#/format is "email"'),
        ('{"properties": {"a": {"not": {}}}}', "#/properties/a/not is a keyword"),
        ('{"properties": [], "type": "object"}', "#/properties is no object"),
        ('{"type": "object", "required": ["a"]}', "#/required is"),
        ('{"anyOf": []}', "#/anyOf is"),
        ('{"allOf": [{}, {}]}', "#/allOf has 2 schemas"),
        ('{"anyOf": [{}], "type": "string"}', "#/type is a keyword"),
        ('{"enum": [1], "type": "string"}', "has no value of type"),
        ('{"$ref": "https://example.org/schema"}', "a place in this schema"),
        ('{"$ref": "#/$defs/nowhere"}', "a place that there is"),
        ('{"type": "string", "minLength": 3, "maxLength": 2}', "#/maxLength is 2; at least minLength, 3"),
        ('{"type": "string", "maxLength": 100000}', "from 0 to 2000"),
        ('{"type": "array", "items": false}', "#/items is false"),
        ('{"items": ' * 70 + "{}" + "}" * 70, "nests deeper than 60"),
        (" " * 200_000, "has 200,000 characters"),
    ],
)
def test_what_cannot_be_kept_is_refused(schema: str, words: str) -> None:
    with pytest.raises(InvalidSetting, match=words.replace("$", r"\$")) as caught:
        grammar_of(schema)
    assert "\n" not in str(caught.value)


def test_a_schema_that_is_only_itself() -> None:
    with pytest.raises(InvalidSetting, match="may begin with itself"):
        check_grammar(grammar_of('{"$ref": "#"}'))


def test_nesting_does_not_double() -> None:
    schema: dict[str, object] = {"type": "null"}
    for _ in range(25):
        schema = {"properties": {"a": schema, "b": {"type": "null"}, "c": {"type": "null"}}}
    grammar = grammar_of(json.dumps(schema))
    assert len(grammar) < 20_000
    check_grammar(grammar)

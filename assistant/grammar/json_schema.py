"""A JSON schema as a grammar: what the model writes is JSON of that shape, whatever the model is.

What a grammar cannot hold (or this module does not know) is refused with its place, never left out in silence.
Objects are closed unless `additionalProperties` opens them, and their properties come in the schema's order. Numbers
have at most 16 digits before and 15 after the point. Between elements stand nothing, one space, or a line with up to
16 spaces: a model that could indent without end would.
Source of the keywords: JSON Schema 2020-12, https://json-schema.org/draft/2020-12 (and `definitions` of older drafts).
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from assistant.errors import InvalidSetting
from assistant.grammar.gbnf import MAX_REPEATS

MAX_CHARACTERS = 1 << 17
MAX_NESTING = 60

_NOTES = frozenset(
    {
        *("title", "description", "default", "examples", "$comment", "deprecated", "readOnly", "writeOnly"),
        *("$schema", "$id", "$anchor", "$defs", "definitions"),
    }
)
"""Keywords that say nothing of the shape."""
_TYPES: Mapping[str, frozenset[str]] = {
    "object": frozenset({"properties", "required", "additionalProperties"}),
    "array": frozenset({"items", "prefixItems", "minItems", "maxItems"}),
    "string": frozenset({"minLength", "maxLength", "format"}),
    "number": frozenset(),
    "integer": frozenset({"minimum"}),
    "boolean": frozenset(),
    "null": frozenset(),
}
_PRIMITIVES = {
    "ws": '(" " | "\\n" " "{0,16})?',
    "char": r'[^"\\\x00-\x1F] | "\\" (["\\/bfnrt] | "u" [0-9a-fA-F]{4})',
    "string": '"\\"" char* "\\""',
    "whole": '"0" | [1-9] [0-9]{0,15}',
    "integer": '"-"? whole',
    "number": '"-"? whole ("." [0-9]{1,15})? ([eE] [-+]? [0-9]{1,2})?',
    "boolean": '"true" | "false"',
    "null": '"null"',
    "object": '"{" ws (string ws ":" ws value ws ("," ws string ws ":" ws value ws)*)? "}"',
    "array": '"[" ws (value ws ("," ws value ws)*)? "]"',
    "value": "object | array | string | number | boolean | null",
    "date": '[0-9]{4} "-" ("0" [1-9] | "1" [0-2]) "-" ("0" [1-9] | [12] [0-9] | "3" [01])',
    "time": '([01] [0-9] | "2" [0-3]) ":" [0-5] [0-9] ":" [0-5] [0-9] ("." [0-9]{1,6})? '
    '("Z" | [-+] ([01] [0-9] | "2" [0-3]) ":" [0-5] [0-9])',
    "uuid": '[0-9a-f]{8} "-" [0-9a-f]{4} "-" [0-9a-f]{4} "-" [0-9a-f]{4} "-" [0-9a-f]{12}',
}
_FORMATS = {
    "date": '"\\"" date "\\""',
    "time": '"\\"" time "\\""',
    "date-time": '"\\"" date "T" time "\\""',
    "uuid": '"\\"" uuid "\\""',
}


def grammar_of(schema: str) -> str:
    """The GBNF of a JSON schema. Raises InvalidSetting for what is no schema, or holds what is not known here."""
    if len(schema) > MAX_CHARACTERS:
        raise InvalidSetting(
            f"the JSON schema has {len(schema):,} characters; at most {MAX_CHARACTERS:,} were expected; "
            "use a smaller one"
        )
    try:
        tree = json.loads(schema, parse_constant=_no_number)
        converter = _Converter(tree)
        rules = {"root": f"ws {converter.rule(tree, '#')} ws", **converter.rules}
    except (ValueError, RecursionError) as error:
        raise InvalidSetting(f"the JSON schema is no JSON ({error}); an object was expected; mend it") from error
    return "\n".join(f"{name} ::= {rule}" for name, rule in (rules | _PRIMITIVES).items()) + "\n"


class _Converter:
    """Gives each schema that others point at a rule of its own; the rest stands where it is used."""

    def __init__(self, root: Any) -> None:
        self._root = root
        self._names: dict[str, str] = {}
        self._depth = 0
        self.rules: dict[str, str] = {}

    def rule(self, schema: Any, place: str) -> str:
        """What the schema at this place stands for, as one element."""
        self._depth += 1
        try:
            if self._depth > MAX_NESTING:
                raise _refusal(place, f"nests deeper than {MAX_NESTING}", "a flatter schema", "use $defs")
            return self._rule(schema, place)
        finally:
            self._depth -= 1

    def _rule(self, schema: Any, place: str) -> str:
        if schema is True:
            return "value"
        if not isinstance(schema, dict):
            raise _refusal(place, f"is {json.dumps(schema)[:40]}", "an object, or true")
        said = {name: value for name, value in schema.items() if name not in _NOTES}
        if not said:
            return "value"
        for name, known in (("$ref", ()), ("anyOf", ()), ("oneOf", ()), ("allOf", ()), ("const", ("type",)),
                            ("enum", ("type",))):  # fmt: skip
            if name in said:
                self._expect_only(said, {name, *known}, place)
                return self._combined(name, said[name], said.get("type"), place)
        return self._typed(said, place)

    def _combined(self, name: str, value: Any, kinds: Any, place: str) -> str:
        if name == "$ref":
            return self._pointed(value, place)
        if name == "const":
            return self._values([value], kinds, place)
        if not isinstance(value, list) or not value:
            raise _refusal(f"{place}/{name}", f"is {json.dumps(value)[:40]}", "a list with one element or more")
        if name == "enum":
            return self._values(value, kinds, place)
        if name == "allOf" and len(value) > 1:
            raise _refusal(f"{place}/allOf", f"has {len(value)} schemas", "one", "write them as one schema")
        return _one_of([self.rule(item, f"{place}/{name}/{index}") for index, item in enumerate(value)])

    def _typed(self, said: Mapping[str, Any], place: str) -> str:
        kinds = said.get("type")
        if kinds is None:  # `properties` alone means an object, as everybody writes it
            kinds = [kind for kind, known in _TYPES.items() if known & said.keys()][:1]
            self._expect_only(said, set(_TYPES[kinds[0]]) if kinds else set(), place)
        kinds = _kinds(kinds, place)
        self._expect_only(said, {"type"}.union(*(_TYPES[kind] for kind in kinds)), place)
        return _one_of([self._kind(kind, said, place) for kind in kinds])

    def _kind(self, kind: str, said: Mapping[str, Any], place: str) -> str:
        own = _TYPES[kind] & said.keys()
        if kind == "integer" and own:
            if said["minimum"] not in (0, 1) or isinstance(said["minimum"], bool):
                raise _refusal(f"{place}/minimum", f"is {json.dumps(said['minimum'])[:40]}", "0 or 1")
            return "whole" if said["minimum"] == 0 else "([1-9] [0-9]{0,15})"
        if not own or kind not in ("object", "array", "string"):
            return kind
        if kind == "object":
            return self._object(said, place)
        return self._array(said, place) if kind == "array" else self._string(said, place)

    def _object(self, said: Mapping[str, Any], place: str) -> str:
        properties, required = said.get("properties", {}), said.get("required", [])
        if not isinstance(properties, dict):
            raise _refusal(f"{place}/properties", "is no object", "names with their schemas")
        if not isinstance(required, list) or not all(name in properties for name in required):
            raise _refusal(f"{place}/required", f"is {json.dumps(required)[:60]}", "a list of names in properties")
        further = self._further(said, place)
        # From the last property to the first: what may follow where something stands already, and where nothing does.
        later = f'("," ws {further})*' if further else ""
        first = f"({further} {later})?" if further else ""
        for name, schema in reversed(properties.items()):
            value = self.rule(schema, f"{place}/properties/{name}")
            pair = self._named("pair", f'{_literal(name)} ws ":" ws {value} ws')
            after = self._named("after", later) if later else ""
            if name in required:
                first, later = f"{pair} {after}", f'"," ws {pair} {after}'
            else:
                first = f"({pair} {after} | {first})" if first else f"({pair} {after})?"
                later = f'("," ws {pair})? {after}'
            first = self._named("first", first)
        return f'("{{" ws {first} "}}")'

    def _further(self, said: Mapping[str, Any], place: str) -> str:
        """A pair that `properties` does not name; empty where the object is closed."""
        schema = said.get("additionalProperties", "properties" not in said)
        if schema is False:
            return ""
        return self._named("pair", f'string ws ":" ws {self.rule(schema, f"{place}/additionalProperties")} ws')

    def _array(self, said: Mapping[str, Any], place: str) -> str:
        least, most = _range(said, "minItems", "maxItems", place)
        first = said.get("prefixItems", [])
        if not isinstance(first, list):
            raise _refusal(f"{place}/prefixItems", "is no list", "a list of schemas")
        places = [self.rule(item, f"{place}/prefixItems/{index}") for index, item in enumerate(first)]
        if places:  # a tuple, whole: fewer or more elements would need a count of their own
            self._expect_only(said, {"type", "prefixItems", "items"}, place)
            if said.get("items", False) is not False:
                raise _refusal(f"{place}/items", "stands beside prefixItems", "false", "leave one out")
            return '("[" ws ' + ' "," ws '.join(f"{item} ws" for item in places) + ' "]")'
        if said.get("items", True) is False:
            raise _refusal(f"{place}/items", "is false", "a schema", "leave the array out")
        if most == 0:
            return '("[" ws "]")'
        item = self._named("item", f"{self.rule(said.get('items', True), f'{place}/items')} ws")
        upper = "" if most is None else most - 1
        several = f'{item} ("," ws {item}){{{max(least - 1, 0)},{upper}}}'
        return f'("[" ws {several} "]")' if least else f'("[" ws ({several})? "]")'

    def _string(self, said: Mapping[str, Any], place: str) -> str:
        if "format" in said:
            self._expect_only(said, {"type", "format"}, place)
            if not isinstance(said["format"], str) or said["format"] not in _FORMATS:
                known = ", ".join(_FORMATS)
                raise _refusal(f"{place}/format", f"is {json.dumps(said['format'])[:40]}", f"one of {known}")
            return f"({_FORMATS[said['format']]})"
        least, most = _range(said, "minLength", "maxLength", place)
        return f'("\\"" char{{{least},{"" if most is None else most}}} "\\"")'

    def _values(self, values: Sequence[Any], kinds: Any, place: str) -> str:
        wanted = None if kinds is None else _kinds(kinds, place)
        kept = [value for value in values if wanted is None or any(_is_kind(value, kind) for kind in wanted)]
        if not kept:
            raise _refusal(place, f"has no value of type {json.dumps(kinds)[:40]}", "one at least")
        return _one_of([_literal(value) for value in kept])

    def _pointed(self, pointer: Any, place: str) -> str:
        """The rule of the schema that `$ref` points at; made once, so that a schema may hold itself."""
        if not isinstance(pointer, str) or not (pointer == "#" or pointer.startswith("#/")):
            raise _refusal(f"{place}/$ref", f"is {json.dumps(pointer)[:60]}", "a place in this schema, as #/$defs/name")
        if pointer not in self._names:
            schema = self._root
            for step in pointer.split("/")[1:]:
                name = step.replace("~1", "/").replace("~0", "~")
                if isinstance(schema, list) and name.isdecimal() and int(name) < len(schema):
                    schema = schema[int(name)]
                elif isinstance(schema, dict) and name in schema:
                    schema = schema[name]
                else:
                    raise _refusal(f"{place}/$ref", f"is {json.dumps(pointer)[:60]}", "a place that there is")
            self._names[pointer] = self._new("ref")
            self.rules[self._names[pointer]] = self.rule(schema, pointer)
        return self._names[pointer]

    def _new(self, kind: str) -> str:
        name = f"{kind}-{len(self.rules)}"
        self.rules[name] = '""'  # the name is taken from now on
        return name

    def _named(self, kind: str, rule: str) -> str:
        """A rule of its own: where its text stood twice, nesting would double it at every level."""
        name = self._new(kind)
        self.rules[name] = rule
        return name

    def _expect_only(self, said: Mapping[str, Any], known: set[str], place: str) -> None:
        for name in said:
            if name not in known:
                raise _refusal(
                    f"{place}/{name}", "is a keyword that cannot be kept here", "one that a grammar can hold"
                )


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")


def _kinds(kinds: Any, place: str) -> list[str]:
    named = [kinds] if isinstance(kinds, str) else kinds
    if not isinstance(named, list) or not named or not all(isinstance(kind, str) and kind in _TYPES for kind in named):
        raise _refusal(f"{place}/type", f"is {json.dumps(kinds)[:60]}", f"one or some of {', '.join(_TYPES)}")
    return named


def _is_kind(value: Any, kind: str) -> bool:
    if kind in ("number", "integer"):
        whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        return not isinstance(value, bool) and (whole or (kind == "number" and isinstance(value, float)))
    python = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}[kind]
    return isinstance(value, python)


def _range(said: Mapping[str, Any], lowest: str, highest: str, place: str) -> tuple[int, int | None]:
    least, most = said.get(lowest, 0), said.get(highest)
    for name, value in ((lowest, least), (highest, most)):
        if value is not None and (
            isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_REPEATS
        ):
            raise _refusal(f"{place}/{name}", f"is {json.dumps(value)[:40]}", f"from 0 to {MAX_REPEATS}")
    if most is not None and most < least:
        raise _refusal(f"{place}/{highest}", f"is {most}", f"at least {lowest}, {least}")
    return least, most


def _one_of(rules: Sequence[str]) -> str:
    return rules[0] if len(rules) == 1 else f"({' | '.join(dict.fromkeys(rules))})"


def _literal(value: Any) -> str:
    """A JSON value, spelled as Python spells it, as a literal of GBNF."""
    text = json.dumps(value, ensure_ascii=False)
    escaped = "".join(
        f"\\U{ord(character):08X}"
        if not character.isprintable()
        else f"\\{character}"
        if character in '"\\'
        else character
        for character in text
    )
    return f'"{escaped}"'


def _refusal(place: str, found: str, expected: str, advice: str = "change the schema") -> InvalidSetting:
    return InvalidSetting(f"the JSON schema at {place[:100]} {found}; {expected} was expected; {advice}")

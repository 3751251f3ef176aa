"""What filters, tests, methods and operators of a template cost, and which of them there are.

Those that make much out of a number (a width, a precision, an indent) refuse large ones. Filters and methods that are
not named here do not exist for templates.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from string import Formatter
from typing import Any, NoReturn

import jinja2
from jinja2.filters import FILTERS
from jinja2.tests import TESTS

from assistant.prompt.budget import counted, size, take, take_characters, weigh

MAX_BITS = 1 << 12
"""Of a product or a power."""
MAX_WIDTH = 1000
MAX_INDENT = 16

_ITEMS = ("attr", "batch", "count", "d", "default", "first", "items", "last", "length", "list", "map", "reject",
          "rejectattr", "reverse", "select", "selectattr", "slice")  # fmt: skip
"""Filters that look at the items of a list, not into them."""
_WHOLE = ("abs", "capitalize", "center", "dictsort", "e", "escape", "float", "format", "groupby", "indent", "int",
          "join", "lower", "max", "min", "replace", "round", "safe", "sort", "string", "sum", "title", "trim",
          "truncate", "unique", "upper", "wordcount")  # fmt: skip
"""Filters that may read all there is in a value, or write it out."""
_COMPARING = frozenset({"==", "eq", "equalto", "!=", "ne", "<", "lt", "lessthan", "<=", "le", ">", "gt", "greaterthan",
                        ">=", "ge", "in", "lower", "upper", "divisibleby"})  # fmt: skip
_TEXT = frozenset(
    {
        *("capitalize", "casefold", "center", "count", "endswith", "find", "format", "index", "isalnum", "isalpha"),
        *("isdecimal", "isdigit", "islower", "isnumeric", "isspace", "istitle", "isupper", "join", "ljust", "lower"),
        *("lstrip", "partition", "removeprefix", "removesuffix", "replace", "rfind", "rindex", "rjust", "rpartition"),
        *("rsplit", "rstrip", "split", "splitlines", "startswith", "strip", "swapcase", "title", "upper", "zfill"),
    }
)
METHODS: Mapping[type, frozenset[str]] = {
    str: _TEXT,
    dict: frozenset({"get", "items", "keys", "values"}),
    list: frozenset({"count", "index"}),
    tuple: frozenset({"count", "index"}),
}
_LAYOUT = re.compile(r"[-#0 +]*(\*|\d*)(?:\.(\*|\d*))?[hlL]?")
"""Flags, width and precision after a `%` and its key."""

Prices = Callable[..., None]


def filters() -> dict[str, Callable[..., Any]]:
    """By name; each pays before it works."""
    own: dict[str, Prices] = {
        "batch": _pay_columns,
        "center": _expect_narrow_after,
        "format": lambda text, *values, **named: pay_percent(str(text), (values, named)),
        "indent": _pay_indent,
        "join": lambda items, d="", *_: take_characters(size(items) * weigh(d)),
        "list": lambda items: take(size(items)),
        "replace": _pay_replace,
        "round": _expect_narrow_after,
        "slice": _pay_columns,
        "sum": lambda _, attribute=None, start=0: _expect_number(start, attribute),
    }
    found: dict[str, Callable[..., Any]] = {"tojson": _to_json}
    for name in (*_ITEMS, *_WHOLE):
        found[name] = _priced(FILTERS[name], whole=name in _WHOLE, price=own.get(name))
    return found


def tests() -> dict[str, Callable[..., Any]]:
    """jinja2's own; those that compare pay for what they compare."""
    own: Mapping[str, Any] = {**TESTS}
    return {name: _priced(test, whole=True) if name in _COMPARING else test for name, test in own.items()}


def _priced(function: Callable[..., Any], *, whole: bool, price: Prices | None = None) -> Callable[..., Any]:
    first = 1 if hasattr(function, "jinja_pass_arg") else 0  # jinja2 hands some the environment before the value

    @wraps(function)
    def priced(*values: Any, **named: Any) -> Any:
        given = list(values)
        if first < len(given) and isinstance(given[first], Iterator):
            given[first] = list(counted(given[first])) if whole else counted(given[first])
        if whole:
            weigh(given[first:], named)
        else:
            take_characters(sum(map(size, given[first:])))
        if price is not None:
            price(*given[first:], **named)
        return function(*given, **named)

    return priced


def pay_call(owner: Any, name: str, values: tuple[Any, ...], named: Mapping[str, Any]) -> tuple[Any, ...]:
    """Pay for a method of a text, a dict or a list; gives the values to call it with.

    Raises TemplateRuntimeError for one that is not known.
    """
    if not any(isinstance(owner, kind) and name in names for kind, names in METHODS.items()):
        _fail(f"it calls {name}, and nobody knows what that costs")
    if not isinstance(owner, str):
        weigh(values, owner if name in ("count", "index") else None)
        return values
    take_characters(len(owner))
    if name == "join":
        items = [list(counted(value)) for value in values]
        take_characters(weigh(items) + sum(map(len, items)) * len(owner))
        return tuple(items)
    weigh(values, named)
    match name:
        case "center" | "ljust" | "rjust" | "zfill":
            _expect_narrow(*values, *named.values())
        case "replace":
            _pay_replace(owner, *values)
        case "split" | "rsplit" | "splitlines":
            take(len(owner) // 4)  # many small texts take more room than one large
        case "format":
            _pay_format(owner, (values, named))
    return values


def pay_operator(operator: str, left: Any, right: Any) -> None:
    """Pay for `+ * ** %`. Raises TemplateRuntimeError."""
    if operator == "+":
        take_characters(size(left) + size(right))
    elif operator == "%" and isinstance(left, str):
        pay_percent(left, right)
    elif operator == "**" and isinstance(left, int) and left.bit_length() * right > MAX_BITS:
        _fail("it raises to a huge power")
    elif operator == "*":
        for value, times in ((left, right), (right, left)):
            if isinstance(value, str | list | tuple) and isinstance(times, int):
                take_characters(max(0, len(value) * times))
        if isinstance(left, int) and isinstance(right, int) and left.bit_length() + right.bit_length() > MAX_BITS:
            _fail("it multiplies huge numbers")


def pay_percent(text: str, values: Any) -> None:
    """`text % values`: each place may hold all of them."""
    places, at = 0, 0
    while (at := text.find("%", at) + 1) > 0:
        places += 1
        if text.startswith("(", at):
            at = _after_key(text, at)
        layout = _LAYOUT.match(text, at)
        if layout is not None:
            if any(part is not None and (part == "*" or len(part) > 3) for part in layout.groups()):
                _fail("it lays out by a width of thousands, or by one from elsewhere")
            at = layout.end() + 1
    take_characters(len(text) + places * (weigh(values) + MAX_WIDTH))


def _after_key(text: str, at: int) -> int:
    """The place behind a key in brackets, as Python counts them."""
    depth = 0
    while at < len(text):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        at += 1
        if depth == 0:
            break
    return at


def _pay_format(text: str, values: Any) -> None:
    places = list(Formatter().parse(text))
    if any(spec and re.search(r"[{}]|\d{4,}", spec) for _, _, spec, _ in places):
        _fail("it lays out by a width of thousands, or by one from elsewhere")
    take_characters(len(text) + len(places) * (weigh(values) + MAX_WIDTH))


def _pay_replace(value: Any, old: Any = "", new: Any = "", count: Any = None) -> None:
    times = str(value).count(str(old))
    if isinstance(count, int) and count >= 0:
        times = min(times, count)
    take_characters(len(str(value)) + times * len(str(new)))


def _expect_narrow_after(_: Any, *widths: Any, **named: Any) -> None:
    _expect_narrow(*widths, *named.values())


def _pay_indent(value: Any, width: Any = 4, *_: Any) -> None:
    _expect_narrow(width)
    take_characters((str(value).count("\n") + 1) * (len(width) if isinstance(width, str) else width))


def _pay_columns(items: Any, columns: Any = 0, *_: Any) -> None:
    """Groups of so many, the last one filled up; or so many groups."""
    _expect_narrow(columns)
    take(size(items) + columns)


def _expect_narrow(*widths: Any) -> None:
    for width in widths:
        if (isinstance(width, int | float) and not -MAX_WIDTH <= width <= MAX_WIDTH) or size(width) > MAX_WIDTH:
            _fail(f"it lays out by a width beyond {MAX_WIDTH:,}")


def _expect_number(start: Any, _: Any) -> None:
    if not isinstance(start, int | float):
        _fail("it adds up what are no numbers")


def _to_json(
    value: Any,
    ensure_ascii: bool = False,
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    """As transformers does it: readable letters, no HTML escapes."""
    if not (indent is None or (isinstance(indent, int) and indent <= MAX_INDENT)) or weigh(separators) > 100:
        _fail(f"it writes JSON with more than {MAX_INDENT} spaces")
    take_characters(2 * weigh(value) * (1 + (indent or 0)))
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def _fail(what: str) -> NoReturn:
    raise jinja2.TemplateRuntimeError(what)

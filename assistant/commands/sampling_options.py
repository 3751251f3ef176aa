"""The options for how answers are written, and what of them was given."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

import click

if TYPE_CHECKING:
    from assistant.messages import Sampling

Function = TypeVar("Function", bound=Callable[..., object])

_FIELDS: tuple[tuple[str, click.IntRange | click.FloatRange, str, str], ...] = (
    ("max_tokens", click.IntRange(1), "N", "Longest answer"),
    ("temperature", click.FloatRange(0, 5), "T", "0: always the likeliest word"),
    ("top_k", click.IntRange(0), "K", "Choose among the K likeliest; 0: all"),
    ("top_p", click.FloatRange(0, 1), "P", "Among the likeliest up to this probability together"),
    ("min_p", click.FloatRange(0, 1), "P", "Among those this likely beside the likeliest"),
    ("repeat_penalty", click.FloatRange(0.1, 10), "X", "Above 1: what was written is less likely again"),
    ("presence_penalty", click.FloatRange(-10, 10), "X", "Taken from what was written"),
    ("frequency_penalty", click.FloatRange(-10, 10), "X", "The same, as often as it was written"),
)
"""Field of `Sampling`, kind, metavar, help."""
_LONGEST_FILE = 1 << 20
"""Bytes read of a grammar or a schema; the longest that is taken is shorter."""
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def sampling_options(default: "Sampling | None" = None) -> Callable[[Function], Function]:
    """How answers are written, handed on as one `chosen`: the fields of `Sampling` that were given, and no others.

    `default`: what holds where none is; None: what the model says. Only then there are `--grammar` and `--json-schema`.
    """
    options = [
        click.option(
            f"--{field.replace('_', '-')}",
            type=kind,
            metavar=metavar,
            help=f"{words}; default: {_default(field, default)}.",
        )
        for field, kind, metavar, words in _FIELDS
    ]
    options += [
        click.option("--seed", type=click.IntRange(0, 2**32 - 2), metavar="N", help="Same seed, same answer."),
        click.option("--stop", multiple=True, metavar="TEXT", help="Ends the answer; may be given more than once."),
    ]
    if default is None:
        options += [
            click.option("--grammar", type=_FILE, metavar="FILE", help="The answer follows this grammar (GBNF)."),
            click.option("--json-schema", type=_FILE, metavar="FILE", help="The answer is JSON of this schema."),
        ]
    names = [*(field for field, *_ in _FIELDS), "seed", "stop", "grammar", "json_schema"]

    def decorate(function: Function) -> Function:
        @wraps(function)
        def gathered(**values: object) -> object:
            chosen = {name: values.pop(name, None) for name in names}
            return function(chosen=_given(chosen), **values)

        for option in reversed(options):
            gathered = option(gathered)
        return cast("Function", gathered)

    return decorate


def _default(field: str, default: "Sampling | None") -> str:
    """What holds without the option, but for the settings file."""
    if default is None:
        return {"max_tokens": "1024", "presence_penalty": "0", "frequency_penalty": "0"}.get(field, "the model's")
    return f"{getattr(default, field):g}"


def _given(values: dict[str, object]) -> dict[str, object]:
    """Only what was given; files read and checked. Raises InvalidSetting."""
    given = {name: value for name, value in values.items() if value is not None and value != ()}
    stops = given.get("stop")
    if isinstance(stops, tuple) and "" in stops:
        raise click.UsageError("--stop is an empty text; it would end every answer at once")
    files = {name: path for name in ("grammar", "json_schema") if isinstance(path := given.get(name), Path)}
    if len(files) > 1:
        raise click.UsageError("--grammar and --json-schema both say what the answer is; leave one out")
    for name, path in files.items():
        from assistant.grammar.gbnf import check_grammar
        from assistant.grammar.json_schema import grammar_of

        text = _text(path)
        check_grammar(grammar_of(text) if name == "json_schema" else text)
        given[name] = text
    return given


def _text(path: Path) -> str:
    from assistant.errors import InvalidSetting

    try:
        with path.open("rb") as file:
            return file.read(_LONGEST_FILE).decode("utf-8-sig")
    except (OSError, ValueError) as error:
        raise InvalidSetting(
            f"{path} cannot be read ({error}); a text in UTF-8 was expected; check the file"
        ) from error

"""The options for what a summary should be, and what of them was given: one `Request`."""

import re
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Literal, TypeVar, cast

import click

from assistant.languages import NAMES, code_of

if TYPE_CHECKING:
    from assistant.summary.values import Length, Strategy, Style

Function = TypeVar("Function", bound=Callable[..., object])

LONGEST = 20_000
"""Words or characters; what no model writes in one answer."""
_NUMBER = re.compile(r"([0-9]+)\s*(words?|characters?|chars?|字)?")


def _length(_ctx: click.Context, _param: click.Parameter, value: str) -> "Length":
    """`short`, `medium`, `long`, or a number as `120`, `120 words`, `300字`."""
    match value.strip().lower():
        case "short":
            return "short"
        case "medium":
            return "medium"
        case "long":
            return "long"
        case text:
            found = _NUMBER.fullmatch(text)
    if found is None:
        raise click.BadParameter(f"{value!r} is not short, medium, long or a number of words as 120 or '120 words'")
    if len(found[1]) > len(str(LONGEST)) or not 1 <= int(found[1]) <= LONGEST:
        raise click.BadParameter(f"{value!r} is not between 1 and {LONGEST:,} words")
    return int(found[1])


def _language(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    """`auto`, or a language as a code or an English name."""
    found = "auto" if value.strip().lower() == "auto" else code_of(value)
    if found is None:
        raise click.BadParameter(f"{value!r} is not auto or one of {', '.join(NAMES)}")
    return found


_OPTIONS = (
    click.option(
        "--length",
        callback=_length,
        default="medium",
        metavar="LENGTH",
        help="short, medium, long, or a number of words (characters in Chinese) as 120; default: medium. The room for "
        "the answer grows with it, unless --max-tokens says how much.",
    ),
    click.option(
        "--style",
        type=click.Choice(["prose", "bullets", "outline"]),
        default="prose",
        help="Default: prose.",
    ),
    click.option(
        "--language",
        callback=_language,
        default="auto",
        metavar="LANGUAGE",
        help="Of the summary: auto (the document's), zh, en, fr, ...; default: auto.",
    ),
    click.option("--focus", default="", metavar="TEXT", help="What to look for; default: everything."),
    click.option(
        "--strategy",
        type=click.Choice(["auto", "whole", "parts", "head-tail"]),
        default="auto",
        help="How a document is read: whole in one reading; in parts that are merged; or only its beginning and end "
        "(head-tail: the rest is named as not read). Default: auto, which is whole where it fits, else parts.",
    ),
)


def summary_options(function: Function) -> Function:
    """`--length`, `--style`, `--language`, `--focus`, `--strategy`, handed on as one `request`."""

    @wraps(function)
    def gathered(
        *,
        length: "Length",
        style: "Style",
        language: str,
        focus: str,
        strategy: "Literal['auto'] | Strategy",
        **others: object,
    ) -> object:
        from assistant.summary.values import Request

        return function(request=Request(length, style, language, focus, strategy), **others)

    for option in reversed(_OPTIONS):
        gathered = option(gathered)
    return cast("Function", gathered)

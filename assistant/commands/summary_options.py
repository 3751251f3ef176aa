"""The options for what a summary should be, and what of them was given: one `Request`."""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Literal, TypeVar, cast

import click

from assistant.errors import InvalidSetting
from assistant.summary.asked import length_of, tongue_of

if TYPE_CHECKING:
    from assistant.summary.values import Length, Strategy, Style

Function = TypeVar("Function", bound=Callable[..., object])


def _length(_ctx: click.Context, _param: click.Parameter, value: str) -> "Length":
    try:
        return length_of(value)
    except InvalidSetting as error:
        raise click.BadParameter(str(error)) from None


def _language(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    try:
        return tongue_of(value)
    except InvalidSetting as error:
        raise click.BadParameter(str(error)) from None


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

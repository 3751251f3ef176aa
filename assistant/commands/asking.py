"""A question with two answers on the terminal: asked on stderr, answered on stdin."""

import sys

import click

from assistant.sanitize import one_line


def can_ask() -> bool:
    """Whether somebody sits there who reads stderr and types."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def confirmed(question: str, *, default: bool) -> bool:
    """Whether the answer is yes; Enter alone means `default`, the end of the input no."""
    while True:
        click.echo(f"{one_line(question)} [{'Y/n' if default else 'y/N'}] ", err=True, nl=False)
        try:
            answer = input().strip().lower()
        except EOFError:
            click.echo(err=True)
            return False
        if answer in {"", "y", "yes", "n", "no"}:
            return answer[0] == "y" if answer else default
        click.echo("y or n was expected", err=True)

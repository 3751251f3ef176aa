"""`luciole`, and `python -m assistant`: runs a command and turns what happened into an exit code.

0 done · 1 our error, one line on stderr · 2 wrong usage · 130 interrupted. Errors that are not ours are bugs and are
not caught, but for a full disk behind standard output.
"""

import errno
import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper

import click

from assistant.cli import luciole
from assistant.errors import AssistantError
from assistant.sanitize import one_line


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `luciole` with these arguments (None: those of the process); gives the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A terminal of another encoding shows `?` for what it lacks; an answer is no reason for an error.
            stream.reconfigure(errors="replace")
    try:
        code = luciole.main(args=arguments, prog_name="luciole", standalone_mode=False)
    except click.UsageError as error:
        if error.ctx is not None:
            click.echo(error.ctx.get_usage(), err=True)
        return _fail(error.format_message(), code=2)
    except click.ClickException as error:
        return _fail(error.format_message())
    except click.Abort:
        click.echo("interrupted", err=True)
        return 130
    except _our_errors() as error:
        return _fail(str(error))
    except OSError as error:
        if error.filename is not None or error.errno not in {errno.ENOSPC, errno.EDQUOT, errno.EIO}:
            raise
        # The one file without a name here is standard output; what Python still holds must not fail again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _fail(f"stdout cannot be written ({error.strerror}); room was expected; write elsewhere")
    return code if isinstance(code, int) else 0


def _our_errors() -> tuple[type[Exception], ...]:
    """The two trees of errors that speak to users; the converter's only if the converter was loaded."""
    conversion = getattr(sys.modules.get("convert.errors"), "ConversionError", None)
    return (AssistantError,) if conversion is None else (AssistantError, conversion)


def _fail(message: str, code: int = 1) -> int:
    click.echo(f"error: {one_line(message)}", err=True)
    return code


if __name__ == "__main__":
    sys.exit(main())

"""`python -m convert SRC`: the converter without the rest of the house."""

import sys

import click

from convert.cli import convert, visible
from convert.errors import ConversionError


def main() -> int:
    """Run the command. Exit codes: 0 done, 1 our error (one line on stderr), 2 wrong usage, 130 interrupted."""
    try:
        convert.main(prog_name="python -m convert", standalone_mode=False)
    except ConversionError as error:
        click.echo(f"error: {visible(str(error))}", err=True)
        return 1
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        click.echo("interrupted", err=True)
        return 130
    return 0


sys.exit(main())

"""`python -m convert SRC`: the converter without the rest of the house."""

import sys

from convert.cli import convert
from convert.errors import ConversionError


def main() -> None:
    """Run the command; an error is one line on stderr and exit code 1."""
    try:
        sys.exit(convert.main(standalone_mode=False))
    except ConversionError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201 - the command's own stderr
        sys.exit(1)


main()

"""How large a document may be, and the error that says so. Far beyond what any model reads; small enough to hold."""

from assistant.errors import InvalidDocument
from assistant.sanitize import one_line

MAX_BYTES = 32 * 1024 * 1024
"""Of a text file. 32K tokens are some 150 KB."""
MAX_CONTAINER_BYTES = 512 * 1024 * 1024
"""Of a file with pictures in it: PDF, Word, EPUB. Only what is needed of it is read."""
MAX_CHARACTERS = 32 * 1024 * 1024
"""Of the text of a document, or of several together."""
MAX_UNPACKED_BYTES = 128 * 1024 * 1024
"""Of all that is unpacked of one archive."""
MAX_MEMBERS = 20_000
"""Of an archive."""
MAX_PAGES = 10_000
MAX_FILES = 2_000
"""Of a folder."""


def too_large(name: str, what: str) -> InvalidDocument:
    """The error of every limit here: `what` was found, as `has more than 10,000 pages`."""
    return InvalidDocument(f"{one_line(name)} {what}; a document was expected; split it into parts")

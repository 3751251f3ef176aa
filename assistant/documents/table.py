"""A table in text (CSV, TSV) stays the text that it is; its shape is told."""

import csv

from assistant.documents.document import Document
from assistant.documents.encoding import Decoded
from assistant.documents.lines import lines_of

_NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}


def read_table(decoded: Decoded, name: str) -> Document:
    """A row is a line, but for those with line ends within quotation marks."""
    notes = decoded.notes
    try:
        dialect = csv.Sniffer().sniff(decoded.text[: 2**12], delimiters=",;\t|")
        rows = columns = 0
        for row in csv.reader((line + "\n" for line in lines_of(decoded.text)), dialect):
            if row:
                rows, columns = rows + 1, max(columns, len(row))
        notes += (f"a table of {rows:,} rows and {columns:,} columns, apart by {_NAMES[dialect.delimiter]}",)
    except csv.Error:  # no delimiter told itself, or a field of enormous size
        notes += ("the columns of the table could not be told apart; it was read as text",)
    return Document(name, decoded.text, decoded.encoding, decoded.guessed, "csv", notes=notes)

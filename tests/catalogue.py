"""The catalogues of the screen, in step with its code: `python -m tests.catalogue` sees to it and says what is missing.

Every text in `_()`, `N_()` and `plural()` becomes an entry of each `luciole.po`; entries that no code asks for go. The
`.mo` files, which the screen reads, are made of them. Translations are written into the `.po` by people.
"""

import ast
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[1]
SCREEN = ROOT / "tui"
CATALOGUES = (SCREEN / "locale" / "zh_CN" / "LC_MESSAGES" / "luciole.po",)
WIDTH = 110
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
"""No catalogue differs by the day it was made."""

Key = str | tuple[str, str]
"""A text, or its two forms."""


def texts() -> dict[Key, list[str]]:
    """What the code shows, each text with the files it stands in.

    Read from the syntax tree: the texts inside `f"{_('...')}"` are there too, in every version of Python.
    """
    found: dict[Key, list[str]] = {}
    for path in sorted(SCREEN.rglob("*.py")):
        place = path.relative_to(ROOT).as_posix()
        for key in _marked(ast.parse(path.read_text(encoding="utf-8"))):
            if place not in found.setdefault(key, []):
                found[key].append(place)
    return found


def _marked(tree: ast.AST) -> Iterator[Key]:
    """In the order of the file."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset)):
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        words = [text.value for text in call.args if isinstance(text, ast.Constant) and isinstance(text.value, str)]
        if name in ("_", "N_") and words:
            yield words[0]
        elif name == "plural" and len(words) >= 2:
            yield words[0], words[1]


def read(path: Path) -> Catalog:
    """A catalogue as it is kept; an empty one where there is no file."""
    if not path.exists():
        return Catalog(locale=path.parents[1].name, domain="luciole")
    with path.open("rb") as file:
        return read_po(file, locale=path.parents[1].name, domain="luciole")


def renewed(path: Path) -> Catalog:
    """The kept catalogue with exactly the entries the code asks for, in the order of the files they stand in."""
    kept = read(path)
    new = Catalog(locale=kept.locale, domain="luciole", header_comment="# The words of Luciole's screen.", fuzzy=False)
    for key, places in sorted(texts().items(), key=lambda entry: entry[1]):
        old = kept.get(key if isinstance(key, str) else key[0])
        # A text that lost or gained its second form is another text.
        known = old is not None and (old.id == key)
        new.add(key, string=old.string if old is not None and known else None, locations=[(p, 0) for p in places])
    return new


def written(catalogue: Catalog) -> bytes:
    """As a `.po` file, without dates and names, so that the same words are the same bytes."""
    file = BytesIO()
    write_po(file, catalogue, width=WIDTH, omit_header=True, include_lineno=False)
    header = (
        "# The words of Luciole's screen. `python -m tests.catalogue` keeps them in step with the code.\n"
        'msgid ""\nmsgstr ""\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n"Content-Transfer-Encoding: 8bit\\n"\n'
        f'"Language: {catalogue.locale_identifier}\\n"\n"Plural-Forms: {catalogue.plural_forms}\\n"\n\n'
    )
    return header.encode() + file.getvalue()


def compiled(path: Path) -> bytes:
    """The `.mo` that belongs to a kept `.po`."""
    kept, file = read(path), BytesIO()
    catalogue = Catalog(
        kept.locale,
        "luciole",
        project="luciole",
        version="1",
        creation_date=EPOCH,
        revision_date=EPOCH,
        msgid_bugs_address="-",
        last_translator="-",
        language_team="-",
        fuzzy=False,
    )
    for message in kept:
        if message.id:
            catalogue.add(message.id, message.string)
    write_mo(file, catalogue)
    return file.getvalue()


def missing(catalogue: Catalog) -> list[Key]:
    """Entries without a translation."""
    return [
        message.id if isinstance(message.id, str) else (message.id[0], message.id[1])
        for message in catalogue
        if message.id and not all(message.string if isinstance(message.string, tuple) else (message.string,))
    ]


def placeholders(text: str) -> list[str]:
    """The names in braces, in alphabetical order, each as often as it stands there."""
    return sorted(re.findall(r"\{[^{}]*\}", text))


def main() -> None:
    """Renew every catalogue; exit with 1 where a translation is missing."""
    count = 0
    for path in CATALOGUES:
        catalogue = renewed(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(written(catalogue))
        path.with_suffix(".mo").write_bytes(compiled(path))
        for key in missing(catalogue):
            count += 1
            print(f"{path.parents[1].name}: not translated: {key!r}")  # noqa: T201  a command's answer
    sys.exit(1 if count else 0)


if __name__ == "__main__":
    main()

"""An EPUB book becomes text: its chapters in reading order, headings from them and from the table of contents.

Knows nothing of files; chapters are read as web pages.
"""

import posixpath
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from lxml import etree

from assistant.documents.archive import Archive
from assistant.documents.building import Building
from assistant.documents.document import Document
from assistant.documents.encoding import declared_encoding, decode
from assistant.documents.webpage import write_webpage
from assistant.errors import InvalidDocument
from assistant.sanitize import one_line

_HEADING = re.compile(r"<(?:\w+:)?h[1-6][\s>]", re.I)


def read_epub(archive: Archive, name: str, *, encoding: str | None = None) -> Document:
    """Raises InvalidDocument."""
    container = _xml(archive, "META-INF/container.xml")
    package = next((path for path in _attributes(container, "rootfile", "full-path")), "")
    tree = _xml(archive, package)
    if tree is None:
        raise _without(name, "no package file")
    chapters = _spine(tree, package)
    if not chapters:
        raise _without(name, "no list of chapters (spine)")
    _refuse_protected(archive, chapters, name)
    titles = _contents(archive, tree, package)
    building = Building(name)
    notes: list[str] = []
    missing = 0
    for chapter in chapters:
        data = archive.read(chapter)
        missing += not data
        if not data:
            continue
        decoded = decode(data, name, encoding=encoding, declared=declared_encoding(data[:4096], page=True))
        if (title := titles.get(chapter, "")) and not _HEADING.search(decoded.text):
            building.heading(1, title, "# ")
        told = write_webpage(decoded.text, building)
        notes += [note for note in (*decoded.notes, *told) if note not in notes]
    if not building.text.strip():
        raise InvalidDocument(
            f"{one_line(name)} is a book without text, perhaps of pictures only; a book with text was expected; have "
            "its text recognized (OCR)"
        )
    if missing:
        notes.append(f"{missing:,} of {len(chapters):,} chapters are missing in the file")
    return Document(name, building.text, "", kind="epub", headings=tuple(building.headings), notes=tuple(notes))


def _spine(tree: Any, package: str) -> list[str]:
    """The members of the chapters in reading order."""
    files = {
        item.get("id", ""): _member(package, item.get("href", ""))
        for item in _elements(tree, "item")
        if "image" not in item.get("media-type", "")
    }
    order = [item.get("idref", "") for item in _elements(tree, "itemref")]
    return list(dict.fromkeys(files[found] for found in order if found in files))


def _contents(archive: Archive, tree: Any, package: str) -> dict[str, str]:
    """The first title that the table of contents gives each member: EPUB 3's navigation page, or EPUB 2's NCX."""
    titles: dict[str, str] = {}
    for item in _elements(tree, "item"):
        path = _member(package, item.get("href", ""))
        if "nav" in item.get("properties", "").split():
            for link in _elements(_xml(archive, path), "a"):
                titles.setdefault(_member(path, link.get("href", "")), _words(link))
        elif item.get("media-type") == "application/x-dtbncx+xml":
            for point in _elements(_xml(archive, path), "navPoint"):
                target = next((content.get("src", "") for content in _elements(point, "content")), "")
                label = next(_elements(point, "text"), None)
                titles.setdefault(_member(path, target), "" if label is None else _words(label))
    return titles


def _refuse_protected(archive: Archive, chapters: list[str], name: str) -> None:
    """Fonts may be scrambled; chapters that are belong to a shop's reading program."""
    protected = {
        _member("", path) for path in _attributes(_xml(archive, "META-INF/encryption.xml"), "CipherReference", "URI")
    }
    if protected & set(chapters):
        raise InvalidDocument(
            f"{one_line(name)} is encrypted by its publisher (DRM); a book without protection was expected; ask the "
            "publisher for one"
        )


def _xml(archive: Archive, member: str) -> Any:
    """The root of a member; None where there is none, or it is no XML. Entities stay unexpanded, nothing is fetched."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False, recover=True
    )
    data = archive.read(member)
    try:
        return etree.fromstring(data, parser) if data else None
    except (etree.LxmlError, ValueError):
        return None


def _elements(tree: Any, tag: str) -> Iterator[Any]:
    """Those of this name in any namespace, in their order."""
    return iter(()) if tree is None else tree.iter(f"{{*}}{tag}")


def _attributes(tree: Any, tag: str, attribute: str) -> list[str]:
    return [element.get(attribute, "") for element in _elements(tree, tag)]


def _words(element: Any) -> str:
    return " ".join("".join(element.itertext()).split())


def _member(beside: str, reference: str) -> str:
    """The member that a reference in the member `beside` names."""
    path = unquote(reference.partition("#")[0])
    return posixpath.normpath(posixpath.join(posixpath.dirname(beside), path)).lstrip("/") if path else ""


def _without(name: str, what: str) -> InvalidDocument:
    return InvalidDocument(
        f"{one_line(name)} is an EPUB with {what} in it; a whole book was expected; download it again"
    )

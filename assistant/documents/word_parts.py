"""The parts of a Word document, made small and safe before they are read: numbers written out, what is not text gone.

Word splits a sentence into many runs, each with fonts and colours; joined, they are read ten times sooner. Hidden text
goes as well, and the notes say so. Nothing of it declares entities, and none is nested without end.
"""

import io
import zipfile
from typing import Any

from lxml import etree

from assistant.documents.archive import Archive
from assistant.documents.word_numbers import Numbers, child, children, value
from assistant.errors import InvalidDocument
from assistant.sanitize import one_line

MAX_DEPTH = 90
"""Of elements inside each other; a table in a table in a text box has 40."""
_GONE = (
    *("proofErr", "bookmarkStart", "bookmarkEnd", "lastRenderedPageBreak", "permStart", "permEnd", "rPrChange"),
    *("pPrChange", "sectPr", "tblPrChange", "tblBorders", "tcBorders", "shd", "del", "moveFrom"),
)
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"


def clean_parts(archive: Archive, members: tuple[str, ...], name: str) -> tuple[io.BytesIO, tuple[str, ...]]:
    """An archive of these members only, and notes on what they have that is not read. Raises InvalidDocument.

    What tells mammoth how to read a document (`mammoth/style-map`) is not among them: a document does not say that.
    """
    trees = {member: _parse(archive, member, name) for member in members}
    numbers = Numbers(_part(trees, "numbering.xml"), _part(trees, "styles.xml"))
    hidden = formulas = False
    for member, tree in trees.items():
        if tree is None or not member.startswith("word/") or member.endswith((".rels", "styles.xml", "numbering.xml")):
            continue
        formulas = formulas or next(tree.iter("{*}oMath"), None) is not None
        hidden = _clean(tree, numbers) or hidden
    _keep_bullets(_part(trees, "numbering.xml"))
    clean = io.BytesIO()
    with zipfile.ZipFile(clean, "w") as written:
        for member, tree in trees.items():
            if tree is not None:
                written.writestr(member, etree.tostring(tree, encoding="utf-8", xml_declaration=True))
    clean.seek(0)
    notes: tuple[str, ...] = ("formulas are not read",) if formulas else ()
    return clean, (*notes, "hidden text was left out") if hidden else notes


def _parse(archive: Archive, member: str, name: str) -> Any:
    data = archive.read(member)
    if not data:
        return None
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    entities = InvalidDocument(
        f"{one_line(name)} declares entities in a part of it, as no program writes and attacks do; a Word document "
        "was expected; do not trust the file"
    )
    if b"<!DOCTYPE" in data:
        raise entities
    try:
        tree = etree.fromstring(data, parser)
    except (etree.LxmlError, ValueError, LookupError):
        raise archive.damaged() from None
    if tree.getroottree().docinfo.doctype:  # in another encoding
        raise entities
    depth = 0
    for event, _ in etree.iterwalk(tree, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > MAX_DEPTH:
            raise InvalidDocument(
                f"{one_line(name)} has elements nested more than {MAX_DEPTH} deep, as no program writes; a Word "
                "document was expected; do not trust the file"
            )
    return tree


def _part(trees: dict[str, Any], name: str) -> Any:
    return next((tree for member, tree in trees.items() if member == f"word/{name}"), None)


def _clean(tree: Any, numbers: Numbers) -> bool:
    """Whether there was hidden text."""
    etree.strip_elements(tree, *(f"{{*}}{tag}" for tag in _GONE), with_tail=False)
    hidden = False
    for run in list(tree.iter("{*}r")):
        properties = child(run, "rPr")
        if _is_on(child(properties, "vanish")):
            hidden = hidden or any(text.text for text in children(run, "t"))
            run.getparent().remove(run)
        elif properties is not None:
            for each in list(properties):
                if etree.QName(each).localname != "vertAlign":
                    properties.remove(each)
            if not len(properties):
                run.remove(properties)
    for paragraph in tree.iter("{*}p"):
        if any(etree.QName(above).localname == "Choice" for above in paragraph.iterancestors()):
            continue  # the same stands once more beside it, for older programs; that is what is read
        _join_runs(paragraph)
        if label := numbers.label(paragraph):
            _number(paragraph, label)
    return hidden


def _join_runs(paragraph: Any) -> None:
    before: Any = None
    for run in list(paragraph):
        texts = _texts(run)
        if texts is None:
            before = None
            continue
        if before is None:
            before = run
            continue
        _texts(before)[-1].text = (_texts(before)[-1].text or "") + "".join(text.text or "" for text in texts)
        paragraph.remove(run)


def _texts(run: Any) -> Any:
    """The texts of a run that has nothing else in it, not even a raised letter; None for any other element."""
    if etree.QName(run).localname != "r" or not len(run):
        return None
    texts = list(run)
    if any(etree.QName(text).localname != "t" for text in texts):
        return None
    for text in texts:
        text.set(_SPACE, "preserve")
    return texts


def _number(paragraph: Any, label: str) -> None:
    namespace = etree.QName(paragraph).namespace
    run = etree.Element(f"{{{namespace}}}r")
    text = etree.SubElement(run, f"{{{namespace}}}t")
    text.set(_SPACE, "preserve")
    text.text = label + " "
    paragraph.insert(0 if child(paragraph, "pPr") is None else 1, run)


def _keep_bullets(numbering: Any) -> None:
    """What is numbered has its number in the text now."""
    for abstract in children(numbering, "abstractNum"):
        for level in list(children(abstract, "lvl")):
            if value(level, "numFmt") != "bullet":
                abstract.remove(level)


def _is_on(element: Any) -> bool:
    return element is not None and element.get(f"{{{etree.QName(element).namespace}}}val") not in {"0", "false", "off"}

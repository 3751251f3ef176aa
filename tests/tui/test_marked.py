"""Every word of ours that the user sees can be translated: found in the source, where it is easily forgotten."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

SCREEN = Path(__file__).parents[2] / "tui"
FILES = sorted(path for path in SCREEN.rglob("*.py") if path.name != "screenshot.py")
MARKS = {"_", "N_", "plural"}
SHOWN = {
    "notify": (0,),
    "Static": (0,),
    "Label": (0,),
    "Button": (0,),
    "update": (0,),
    "Content": (0,),
    "styled": (0,),
    "assemble": tuple(range(12)),
    "Binding": (2,),
    "ConfirmScreen": (0, 1),
    "EntryScreen": (0,),
    "ChoiceScreen": (0,),
    "Choice": (1, 2),
    "Unknown": (0,),
    "Note": (0,),
    "ErrorTurn": (0, 1),
    "show_state": (0,),
}
"""Calls that put words on the screen, and the places of the words in them."""
KEYWORDS = {"placeholder", "tooltip", "help", "title", "label", "yes", "description", "border_title", "border_subtitle"}
NAMES = {"✦ luciole"}
_WORD = re.compile(r"(?<![/A-Za-z])[A-Za-z]{3,}")
"""Commands are called the same in every language."""


def called(node: ast.Call) -> str:
    function = node.func
    return (
        function.id if isinstance(function, ast.Name) else function.attr if isinstance(function, ast.Attribute) else ""
    )


def bare(node: ast.expr) -> Iterator[str]:
    """Words that stand there as they are, not in a call: what a call makes of its own is looked at by itself."""
    match node:
        case ast.Constant(value=str() as text) if _WORD.search(text) and text not in NAMES:
            yield text
        case ast.JoinedStr(values=values):
            text = "".join(str(value.value) for value in values if isinstance(value, ast.Constant))
            if _WORD.search(text):
                yield ast.unparse(node)
        case ast.Tuple(elts=[first, *_]) | ast.List(elts=[first, *_]):
            yield from bare(first)
        case ast.IfExp(body=one, orelse=other) | ast.BinOp(left=one, right=other):
            yield from bare(one)
            yield from bare(other)
        case ast.Call(func=ast.Attribute(value=text, attr="format")):
            yield from bare(text)


def unmarked(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            for place in SHOWN.get(called(node), ()):
                if place < len(node.args):
                    yield from bare(node.args[place])
            for keyword in node.keywords:
                if keyword.arg in KEYWORDS:
                    yield from bare(keyword.value)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Attribute) and target.attr in KEYWORDS:
                    yield from bare(node.value)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(SCREEN).as_posix())
def test_words_are_marked_and_translated_when_they_are_drawn(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert list(unmarked(tree)) == []
    inside = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and called(node) in MARKS and isinstance(node.func, ast.Name):
            for text in node.args[: 2 if called(node) == "plural" else 1]:
                assert not isinstance(text, ast.JoinedStr), f"line {node.lineno}: no catalogue holds what is filled in"
                if called(node) != "_":
                    assert isinstance(text, ast.Constant), (
                        f"line {node.lineno}: the catalogue needs the words themselves"
                    )
            if called(node) != "N_":
                assert id(node) in inside, f"line {node.lineno}: translated once, when the module is imported"


def test_what_is_forgotten_is_found() -> None:
    tree = ast.parse('self.notify("All is well", markup=False); box.border_title = f"{n} open"; Button(_("Yes"))')
    assert set(unmarked(tree)) == {"All is well", "f'{n} open'"}

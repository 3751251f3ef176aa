"""Which package may import which: read from the source, so that a lazy import inside a function counts too."""

import ast
import importlib
import pkgutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

import assistant
import convert
import tui
from assistant.cli import COMMANDS, SCREEN
from tui import later

ROOT = Path(__file__).parents[1]
OURS = {"assistant", "convert", "tui"}
FILES = sorted(path for package in OURS for path in (ROOT / package).rglob("*.py"))
"""Read in one test each, not in one test a file: a thousand small tests cost more than what they look at."""


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> Iterator[tuple[str, str | None]]:
    """Each import of a file as (module, name); name is None for `import module`."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from ((node.module or "", alias.name) for alias in node.names)


def package(name: str) -> str:
    return name.partition(".")[0]


def test_directions() -> None:
    for path in FILES:
        own = path.relative_to(ROOT).parts[0]
        for module, name in imports(path):
            other = package(module)
            if other not in OURS or other == own:
                continue
            assert (own, other) == ("tui", "assistant"), f"{path} imports {module}"
            assert module == "assistant", f"{path} imports {module}; only `from assistant import ...` is public"
            assert name in assistant.__all__, f"{path} imports assistant.{name}, which is not public"


def test_heavy_libraries_stay_in_their_rooms() -> None:
    outside = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in FILES
        for module, _ in imports(path)
        if not is_at_home(package(module), path.relative_to(ROOT))
    ]
    assert outside == []


def is_at_home(library: str, place: Path) -> bool:
    """A file at `place` may import the library; only a proof that is asked for may import torch."""
    match library:
        case "llama_cpp":
            rooms = (("assistant/llama", ""), ("convert/gguf", "llama"), ("convert/tokenizer", "tokens"))
            rooms += (("convert/proof", ""),)
            return any(place.is_relative_to(folder) and place.name.startswith(name) for folder, name in rooms)
        case "textual":
            return place.parts[0] == "tui"
        case "pypdfium2" | "lxml" | "mammoth" | "striprtf":
            return place.is_relative_to("assistant/documents")
        case "watchdog":
            return place.is_relative_to("assistant/watch")
        case "torch" | "transformers":
            return place == Path("convert/proof/reference_model.py")
        case _:
            return True


def test_names_of_modules_lie_in_one_place() -> None:
    """`assistant` knows `convert` and `tui` as text, in cli.py; in __main__ the converter's errors, once loaded."""
    for path in sorted((ROOT / "assistant").rglob("*.py")):
        named = {
            node.value
            for node in ast.walk(tree_of(path))
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and package(node.value) in {"convert", "tui"}
            and "." in node.value
            and " " not in node.value
        }
        allowed = {
            "cli.py": {COMMANDS["convert"].target, COMMANDS["verify"].target, SCREEN},
            "__main__.py": {"convert.errors"},
        }
        assert named <= allowed.get(path.name, set()), path


@pytest.mark.parametrize("module", [convert, tui])
def test_all_is_exact(module: ModuleType) -> None:
    """Every public name is in `__all__`, and nothing else is; submodules are not names of the package."""
    assert public(module) == set(getattr(module, "__all__", ()))
    assert in_order(getattr(module, "__all__", ()))


def test_all_of_assistant_is_exact() -> None:
    """The same where names are imported when they are asked for: those that its source imports, and no others."""
    source = Path(assistant.__file__)
    imported = {
        alias.asname or alias.name
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and package(node.module or "") == "assistant"
        for alias in node.names
    }
    assert imported == set(assistant.__all__)
    assert in_order(assistant.__all__)
    assert all(getattr(assistant, name) is not None for name in assistant.__all__)
    assert public(assistant) - {"TYPE_CHECKING", "Path", "ast", "import_module"} == set(assistant.__all__)
    assert set(assistant.__all__) <= set(dir(assistant))
    assert getattr(assistant, "nobody", None) is None
    # A name that is asked for late would be a submodule of that name, once that is imported.
    assert not {found.name for found in pkgutil.iter_modules(assistant.__path__)} & set(assistant.__all__)


def public(module: ModuleType) -> set[str]:
    submodules = {found.name for found in pkgutil.iter_modules(module.__path__)}
    own = {name for name in getattr(module, "__all__", ()) if name in submodules}
    assert own <= set(vars(module))
    return {name for name in vars(module) if not name.startswith("_")} - submodules | own


def in_order(names: Sequence[str]) -> bool:
    return list(names) == sorted(names, key=lambda name: (not name.isupper(), not name[0].isupper(), name))


def test_the_first_frame_waits_for_nothing_it_does_not_show() -> None:
    """The libraries that read documents, and the rooms one has not entered, come later."""
    late = {"pypdfium2", "lxml", "mammoth", "watchdog", "bm25s", "numpy", "jinja2", "llama_cpp", "tomlkit", "psutil"}
    late |= {"tui.rooms.documents.room", "tui.rooms.models.room", "tui.rooms.history.room", "tui.screens.settings"}
    program = f"import sys, tui.app; print([name for name in {late!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert set(later.MODULES) <= {".".join(path.relative_to(ROOT).with_suffix("").parts) for path in FILES}


def test_every_module_can_be_imported_alone() -> None:
    for path in FILES:
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if parts[-1] != "__main__" and name != "assistant.process.worker":
            importlib.import_module(name)


def test_every_module_has_a_contract() -> None:
    for path in FILES:
        docstring = ast.get_docstring(tree_of(path))
        assert docstring, path
        assert len(path.read_text(encoding="utf-8").split("\n")) <= 400, path

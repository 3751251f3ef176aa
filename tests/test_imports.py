"""Which package may import which: read from the source, so that a lazy import inside a function counts too."""

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import assistant
import convert
import tui
from assistant.cli import COMMANDS, SCREEN

ROOT = Path(__file__).parents[1]
OURS = {"assistant", "convert", "tui"}
FILES = sorted(path for package in OURS for path in (ROOT / package).rglob("*.py"))


def imports(path: Path) -> Iterator[tuple[str, str | None]]:
    """Each import of a file as (module, name); name is None for `import module`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from ((node.module or "", alias.name) for alias in node.names)


def package(name: str) -> str:
    return name.partition(".")[0]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_directions(path: Path) -> None:
    own = path.relative_to(ROOT).parts[0]
    for module, name in imports(path):
        other = package(module)
        if other not in OURS or other == own:
            continue
        assert (own, other) == ("tui", "assistant"), f"{own} imports {module}"
        assert module == "assistant", f"tui imports {module}; only `from assistant import ...` is public"
        assert name in assistant.__all__, f"tui imports assistant.{name}, which is not public"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_heavy_libraries_stay_in_their_rooms(path: Path) -> None:
    place = path.relative_to(ROOT)
    for module, _ in imports(path):
        match package(module):
            case "llama_cpp":
                rooms = (("assistant/llama", ""), ("convert/gguf", "llama"), ("convert/tokenizer", "tokens"))
                rooms += (("convert/proof", ""),)
                assert any(place.is_relative_to(folder) and place.name.startswith(name) for folder, name in rooms)
            case "textual":
                assert place.parts[0] == "tui"
            case "pypdfium2" | "lxml" | "mammoth" | "striprtf":
                assert place.is_relative_to("assistant/documents")
            case "watchdog":
                assert place.is_relative_to("assistant/watch")
            case "torch" | "transformers":
                assert place == Path("convert/proof/reference_model.py"), "only a proof that is asked for may"


def test_names_of_modules_lie_in_one_place() -> None:
    """`assistant` knows `convert` and `tui` as text, in cli.py; in __main__ the converter's errors, once loaded."""
    for path in sorted((ROOT / "assistant").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        named = {
            node.value
            for node in ast.walk(tree)
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


@pytest.mark.parametrize("module", [assistant, convert, tui])
def test_all_is_exact(module: object) -> None:
    """Every public name is in `__all__`, and nothing else is; submodules are not names of the package."""
    submodules = {found.name for found in pkgutil.iter_modules(module.__path__)}
    public = {name for name in vars(module) if not name.startswith("_")} - submodules
    own = {name for name in getattr(module, "__all__", ()) if name in submodules}
    assert own <= set(vars(module))
    assert public | own == set(getattr(module, "__all__", ()))
    assert list(getattr(module, "__all__", ())) == sorted(
        getattr(module, "__all__", ()), key=lambda name: (not name.isupper(), not name[0].isupper(), name)
    )


def test_every_module_can_be_imported_alone() -> None:
    for path in FILES:
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if parts[-1] != "__main__" and name != "assistant.process.worker":
            importlib.import_module(name)


def test_every_module_has_a_contract() -> None:
    for path in FILES:
        docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        assert docstring, path
        assert len(path.read_text(encoding="utf-8").split("\n")) <= 400, path

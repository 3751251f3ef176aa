"""The README's list of files, made of the first sentence of each docstring: `python -m tests.readme` rewrites it."""

import ast
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
LIST = re.compile(r"(?<=## Files\n\n).*?(?=\n\n## )", re.DOTALL)

ROLES = {
    # files that carry no docstring
    ".ci/run": "What continuous integration runs: the test command of this page, lint, types, the built wheel.",
    "pyproject.toml": "Package, dependencies, and the settings of ruff, mypy and pytest.",
    "CHANGELOG.md": "What changed for users.",
    "LICENSE": "Apache-2.0.",
    "docs/character.svg": "The pictures of this page, made by `python -m tests.tui.pictures docs`.",
    "docs/chat.svg": "Likewise.",
    "docs/documents.svg": "Likewise.",
    "docs/documents.zh.svg": "Likewise, in Chinese.",
    "docs/history.svg": "Likewise.",
    "docs/models.svg": "Likewise.",
}


def file_list() -> str:
    """Markdown: one heading a folder, one line a file with its role; of `tests/`, one line a folder.

    Snapshots and marker files are left out.
    """
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout  # noqa: S607
    lines: list[str] = []
    folder = ""
    for path in sorted(tracked.split("\n"), key=lambda path: (path.count("/") > 0, Path(path).parent, path)):
        role = _role(path)
        if not role or (path.startswith("tests/") and Path(path).name != "__init__.py"):
            continue
        parent = "tests" if path.startswith("tests/") else str(Path(path).parent)
        if parent != folder:
            folder = parent
            lines += ["", f"**{'top level' if folder == '.' else folder + '/'}**", ""]
        lines.append(f"- `{f'{Path(path).parent}/' if folder == 'tests' else Path(path).name}`: {role}")
    return "\n".join(lines).strip()


def _role(path: str) -> str:
    if path in ROLES:
        return ROLES[path]
    if path.endswith(".tcss"):
        return f"How `{Path(path).with_suffix('.py').name}` looks."
    if not path.endswith(".py"):
        return ""
    docstring = ast.get_docstring(ast.parse((ROOT / path).read_text(encoding="utf-8"))) or ""
    first = docstring.split("\n\n")[0].replace("\n", " ")
    return re.split(r"(?<=[.!?])\s", first)[0]


if __name__ == "__main__":
    README.write_text(LIST.sub(lambda _: file_list(), README.read_text(encoding="utf-8")), encoding="utf-8")

"""Draws the pictures of the README: `python -m tests.tui.pictures docs`.

The same files every time, so that a change of the screen shows up as a change of a picture. They load no font from
anywhere: whoever looks at them opens no connection either.
"""

import re
import sys
import tempfile
from html import unescape
from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.tui.scenes import played
from tui.language import use

SIZE = (110, 34)
PICTURES = {
    "chat.svg": ("chat", "en"),
    "documents.svg": ("documents", "en"),
    "models.svg": ("models", "en"),
    "history.svg": ("history", "en"),
    "character.svg": ("dialogues", "en"),
    "documents.zh.svg": ("chinese", "zh"),
}
"""Scene and language by the name of the file."""
_CELL = 12.2
"""Width of a cell in the picture, in its own units."""


def draw(name: str) -> str:
    """One of the pictures."""
    scene, language = PICTURES[name]
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        home = Path(folder) / "home"
        home.mkdir()
        (home / "settings.toml").write_text("")
        patch.setenv("LUCIOLE_HOME", str(home))
        patch.chdir(folder)
        for variable in ("NO_COLOR", "COLORFGBG"):
            patch.delenv(variable, raising=False)
        patch.setenv("LC_ALL", "zh_CN.UTF-8" if language == "zh" else "C.UTF-8")
        try:
            use(language)
            svg = played(scene, SIZE, Path(folder), patch)
        finally:
            use("en")
    svg = re.sub(r"\s*@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    svg = re.sub(r"terminal-\d+-", "terminal-", svg)
    return re.sub(r'textLength="[\d.]+"([^>]*>)([^<]*)<', _widen, svg)


def _widen(found: re.Match[str]) -> str:
    """Rich counts characters where wide ones take two cells, and a browser would squeeze them."""
    return f'textLength="{cell_len(unescape(found[2])) * _CELL:.7g}"{found[1]}{found[2]}<'


def main() -> None:
    """Write the pictures into the folder that is named."""
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tests.tui.pictures FOLDER")
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    for name in PICTURES:
        (target / name).write_text(draw(name), encoding="utf-8")


if __name__ == "__main__":
    main()

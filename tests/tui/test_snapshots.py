"""Pictures of every room, in both languages and two sizes. Each scene asserts its state before it is pictured.

After a wanted change: `pytest tests/tui/test_snapshots.py --snapshot-update`, look at the files, commit them; and
`python -m tests.tui.pictures docs` for those of the README.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tui.pictures import PICTURES, draw
from tests.tui.scenes import SCENES, calm
from tests.tui.support import Screen
from tui.language import use

Compare = Callable[..., bool]

ROOMS = ("chat", "documents", "models", "history", "help")
SIZES = ((80, 24), (120, 40))


def compared(snap_compare: Compare, scene: str, size: tuple[int, int], folder: Path, patch: pytest.MonkeyPatch) -> bool:
    async def before(pilot: Screen) -> None:
        await SCENES[scene].drive(pilot, folder)
        await calm(pilot)

    return snap_compare(SCENES[scene].make(folder, patch), terminal_size=size, run_before=before)


@pytest.mark.parametrize("size", SIZES, ids=("80x24", "120x40"))
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("scene", ROOMS)
def test_rooms(
    snap_compare: Compare,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    luciole_home: Path,
    scene: str,
    language: str,
    size: tuple[int, int],
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8" if language == "zh" else "C.UTF-8")
    use(language)
    assert compared(snap_compare, scene, size, tmp_path, monkeypatch)


@pytest.mark.parametrize("scene", sorted(set(SCENES) - set(ROOMS)))
def test_states(snap_compare: Compare, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scene: str) -> None:
    assert compared(snap_compare, scene, (80, 24), tmp_path, monkeypatch)


@pytest.mark.parametrize("theme", ["day", "contrast", "plain", "terminal"])
def test_looks(snap_compare: Compare, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, theme: str) -> None:
    async def before(pilot: Screen) -> None:
        await SCENES["documents"].drive(pilot, tmp_path)
        pilot.app.theme = theme
        await calm(pilot)
        assert pilot.app.theme == theme

    assert snap_compare(SCENES["documents"].make(tmp_path, monkeypatch), terminal_size=(80, 24), run_before=before)


@pytest.mark.parametrize("name", sorted(PICTURES))
def test_the_pictures_of_the_readme_are_the_screen_of_today(name: str) -> None:
    picture = Path(__file__).parents[2] / "docs" / name
    assert picture.read_text(encoding="utf-8") == draw(name), "run: python -m tests.tui.pictures docs"

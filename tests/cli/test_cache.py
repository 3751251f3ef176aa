"""`luciole cache`, and its line in `luciole doctor`."""

import json
from pathlib import Path

from assistant.readings import SavedReadings, readings_folder
from tests.cli.conftest import Luciole


def keep(tokens: list[int]) -> None:
    store = SavedReadings("kind", 1 << 30)
    assert store.room_for(1)
    assert store.keep(tokens, (), lambda path: bool(path.write_bytes(bytes(1 << 20))))


def test_it_shows_and_clears(luciole: Luciole) -> None:
    assert luciole("cache").out.startswith("0 saved, 0.0 MiB of at most")
    keep([1, 2, 3])
    keep([4, 5])
    shown = json.loads(luciole("cache", "--json").out)
    assert shown["readings"] == 2
    assert shown["bytes"] > 2 << 20
    assert shown["limit"] > 0
    assert Path(shown["folder"]) == readings_folder()
    assert "2 saved, 2.0 MiB of at most" in luciole("doctor").out
    assert json.loads(luciole("doctor", "--json").out)["saved_readings"]["readings"] == 2
    cleared = luciole("cache", "clear")
    assert cleared.out == "freed 2.0 MiB\n"
    assert not list(readings_folder().glob("*/*"))
    assert luciole("cache", "clear").out == "freed 0.0 MiB\n"

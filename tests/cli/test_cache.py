"""`luciole cache`, and its line in `luciole doctor`."""

import json
from pathlib import Path

from assistant.readings import SavedReadings, readings_folder
from assistant.summary.kept import KeptPieces, pieces_folder
from tests.cli.conftest import Luciole


def keep(tokens: list[int]) -> None:
    store = SavedReadings("kind", 1 << 30)
    assert store.room_for(1)
    assert store.keep(tokens, (), lambda path: bool(path.write_bytes(bytes(1 << 20))))


def test_it_shows_and_clears(luciole: Luciole) -> None:
    assert luciole("cache").out.startswith("0 saved, 0.0 MiB of at most")
    keep([1, 2, 3])
    keep([4, 5])
    KeptPieces().put("0" * 64, "what a part says")
    shown = json.loads(luciole("cache", "--json").out)
    assert shown["readings"] == 2
    assert shown["bytes"] > 2 << 20
    assert shown["limit"] > 0
    assert Path(shown["folder"]) == readings_folder()
    assert {name: shown["summaries_of_parts"][name] for name in ("pieces", "bytes")} == {"pieces": 1, "bytes": 4096}
    assert Path(shown["summaries_of_parts"]["folder"]) == pieces_folder()
    assert "\nsummaries of parts: 1 kept, 0.0 MiB of at most" in luciole("cache").out
    assert "2 saved, 2.0 MiB of at most" in luciole("doctor").out
    assert "\nparts          1 kept, 0.0 MiB of at most" in luciole("doctor").out
    assert json.loads(luciole("doctor", "--json").out)["summaries_of_parts"]["pieces"] == 1
    assert json.loads(luciole("doctor", "--json").out)["saved_readings"]["readings"] == 2
    cleared = luciole("cache", "clear")
    assert cleared.out == "freed 2.0 MiB\n"
    assert not list(readings_folder().glob("*/*"))
    assert not list(pieces_folder().iterdir())
    assert luciole("cache", "clear").out == "freed 0.0 MiB\n"

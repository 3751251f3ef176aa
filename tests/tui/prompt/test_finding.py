"""What is offered behind a command: documents, folders, model files, models by name."""

from pathlib import Path

import pytest

from assistant import FakeEngine
from assistant.paths import models_folder
from tests.assistant.library.models import write_model
from tests.tui.support import drawn, prompt, screen, wait_until
from tui.prompt.finding import find


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "notes.md").write_text("Notes.", encoding="utf-8")
    (tmp_path / "far.gguf").write_bytes(b"GGUF")
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("FILE", ["notes.md", "models/"]),
        ("FOLDER", ["models/"]),
        ("GGUF", ["far.gguf", "models/"]),
        ("MODEL", ["little-Q8_0", "starter"]),
    ],
)
def test_each_kind(kind: str, names: list[str]) -> None:
    write_model("little-Q8_0")
    (models_folder() / "broken.gguf").write_bytes(b"GGUF")
    (models_folder() / "no\x1bname.gguf").write_bytes((models_folder() / "little-Q8_0.gguf").read_bytes())
    assert [found.path for found in find(kind, "")] == names


def test_models_by_a_few_letters() -> None:
    write_model("little-Q8_0")
    (found,) = find("MODEL", "lq8")
    assert (found.path, found.places) == ("little-Q8_0", (0, 7, 8))


async def test_a_model_is_taken_from_the_list() -> None:
    write_model("little-Q8_0")
    async with screen(FakeEngine()) as pilot:
        await pilot.press(*"/model li")
        await wait_until(pilot, lambda: "little-Q8_0" in drawn(pilot))
        await pilot.press("tab")
        await wait_until(pilot, lambda: prompt(pilot).text.rstrip() == "/model little-Q8_0")

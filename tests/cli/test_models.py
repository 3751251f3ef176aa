"""`luciole models`: what is listed, shown, taken in, removed, renamed, made the default; what is asked."""

import json
import re
from collections.abc import Generator
from pathlib import Path

import pytest
from rich.console import Console

from assistant.commands import rows
from assistant.library.conversion import Converted, Fact, Preview
from assistant.library.importing import Step
from assistant.library.installed import look
from assistant.library.used import note_use
from assistant.models import find_model
from assistant.paths import folder, models_folder
from assistant.settings import read_settings
from tests.assistant.library.models import model_bytes, write_model, write_parts
from tests.cli.conftest import Luciole, Typed


def names() -> list[str]:
    return sorted(path.name for path in models_folder().iterdir())


def asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody sits at the terminal."""
    monkeypatch.setattr("assistant.commands.asking.can_ask", lambda: True)


def test_the_list(luciole: Luciole, starter_gguf: Path) -> None:
    note_use(write_model("little"))
    write_model("萤火虫")
    write_parts("big")
    (models_folder() / "broken\x1b[2J.gguf").write_bytes(b"GGUF")
    shown = luciole("models")
    assert (shown.code, shown.err) == (0, "")
    head, *rows, broken = shown.out.rstrip("\n").split("\n")
    assert head.split() == ["model", "size", "type", "context", "proof", "used"]
    assert [row.split()[0] for row in rows] == ["little", "big", "*", "萤火虫"]
    assert rows[0].split()[3:] == ["Q8_0", "4K", "-", rows[0].split()[-1]]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", rows[0].split()[-1])
    assert rows[2].split()[1:] == ["starter", "93.8", "MiB", "Q4_1", "8K", "-", "never"]
    assert broken.startswith("  broken[2J: broken")
    assert "has 4 bytes" in broken
    assert luciole("models", "list").out == shown.out


def test_the_list_fits_eighty_columns(luciole: Luciole, monkeypatch: pytest.MonkeyPatch) -> None:
    write_model("a-model-of-a-long-name-that-tells-much-q4_k_m")
    write_model("一" * 30, context=1 << 20)
    monkeypatch.setattr("assistant.console.Output", lambda **given: Console(width=80, force_terminal=True, **given))
    shown = re.sub(r"\x1b\[[0-9;]*m", "", luciole("models").out)
    widths = [len(line.rstrip()) + line.count("一") for line in shown.split("\n")]
    assert 60 < max(widths) <= 80
    assert shown.count("一") == 30
    assert "never" in shown


def test_nothing_is_here(luciole: Luciole, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.models._STARTER_PACKAGE", "no_such_package")
    shown = luciole("models")
    assert (shown.code, shown.out) == (0, "")
    assert "luciole models import FILE.gguf" in shown.err


def test_the_list_as_json(luciole: Luciole) -> None:
    write_parts("big")
    found = json.loads(luciole("models", "list", "--json").out)
    assert found["folder"] == str(models_folder())
    big, starter = found["models"]
    assert (big["name"], big["place"], big["default"]) == ("big", "folder", False)
    assert (starter["name"], starter["default"], starter["context"]) == ("starter", True, 8192)


def test_show(luciole: Luciole, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_model("little")
    shown = luciole("models", "show", "little")
    assert shown.code == 0
    lines = {line[:14].strip(): line[14:].strip() for line in shown.out.rstrip("\n").split("\n")}
    assert lines["model"] == "little"
    assert lines["quantization"] == "Q8_0"
    assert lines["context"] == "4,096 tokens"
    assert lines["rope"] == "base 10,000, not scaled"
    assert lines["proof"] == "unproven: there is no report beside it; luciole verify makes one"
    assert lines["licence"] == "mit"
    assert lines["last used"] == "never"
    assert lines["file"] == str(path)
    assert "starter (the default)" in luciole("models", "show").out
    found = json.loads(luciole("models", "show", str(path), "--json").out)
    assert (found["name"], found["place"], found["licence"]) == ("little", "folder", "mit")
    assert found["rope"]["base"] == 10_000


def test_rows_wrap_at_words_and_leave_addresses_whole(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "Output", lambda **given: Console(width=40, force_terminal=True, **given))
    address = f"https://example.org/{'a' * 40}"
    rows.print_rows([("萤火", "one two three four five six seven\x1b[2J"), ("", f"see {address}"), ("c", "  9 B  a b")])
    shown = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out)
    assert [line.rstrip() for line in shown.split("\n")] == [
        "萤火  one two three four five six",
        "      seven[2J",
        "      see",
        f"      {address}",
        "c       9 B  a b",
        "",
    ]


def test_show_of_parts_and_of_what_is_broken(luciole: Luciole) -> None:
    paths = write_parts("big")
    shown = luciole("models", "show", "big").out
    assert all(str(path) in shown for path in paths)
    paths[1].unlink()
    shown = luciole("models", "show", "big").out
    assert "problem" in shown
    assert str(paths[2]) in shown


def test_a_model_from_elsewhere_is_shown(luciole: Luciole, tmp_path: Path) -> None:
    path = write_model("little", tmp_path)
    assert json.loads(luciole("models", "show", str(path), "--json").out)["place"] == "elsewhere"


def test_the_default(luciole: Luciole, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_model("little")
    write_model("other", tmp_path)
    assert luciole("models", "default").out == "starter\n"
    shown = luciole("models", "default", "little")
    assert (shown.code, shown.out, shown.err) == (0, "", "note: little is the default now\n")
    assert luciole("models", "default").out == "little\n"
    monkeypatch.chdir(tmp_path)
    assert luciole("models", "default", "other.gguf").code == 0
    monkeypatch.chdir("/")
    assert find_model(None) == tmp_path / "other.gguf"
    assert json.loads(luciole("models", "default", "starter", "--json").out)["default"] is True
    assert read_settings().default_model == "starter"
    (models_folder() / "broken.gguf").write_bytes(b"GGUF")
    assert "has 4 bytes" in luciole("models", "default", "broken").err
    assert luciole("models", "default", "missing").code == 1
    assert read_settings().default_model == "starter"


def test_a_new_name(luciole: Luciole) -> None:
    write_parts("big")
    luciole("models", "default", "big")
    shown = luciole("models", "rename", "big", "huge")
    assert (shown.code, shown.err) == (0, "note: big is called huge now\n")
    assert names() == [f"huge-0000{number}-of-00003.gguf" for number in (1, 2, 3)]
    assert luciole("models", "default").out == "huge\n"
    for name in ("../x", "starter", ""):
        assert luciole("models", "rename", "huge", name).code == 1
    shown = luciole("models", "rename", "starter", "mine")
    assert (shown.code, shown.err.count("\n")) == (1, 1)


def test_removing_asks(luciole: Luciole, typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    size = write_model("little").stat().st_size
    shown = luciole("models", "remove", "little")
    assert (shown.code, names()) == (2, ["little.gguf"]), "off a terminal nobody can be asked"
    assert "--yes" in shown.err
    asked(monkeypatch)
    typed([""])
    shown = luciole("models", "remove", "little")
    assert f"remove little? {size} B will be free again [y/N] " in shown.err
    assert (shown.code, names()) == (0, ["little.gguf"])
    typed([KeyboardInterrupt])
    assert (luciole("models", "remove", "little").code, names()) == (130, ["little.gguf"])
    typed(["what", "y"])
    shown = luciole("models", "remove", "little")
    assert shown.err.endswith(f"note: little is removed; {size} B are free again\n")
    assert (shown.code, names()) == (0, [])


def test_removing_several_or_none(luciole: Luciole) -> None:
    write_model("one")
    write_parts("two")
    assert luciole("models", "remove", "-y", "one", "missing").code == 1
    assert luciole("models", "remove", "-y", "one", "starter").code == 1
    assert len(names()) == 4
    luciole("models", "default", "one")
    shown = luciole("models", "remove", "-y", "one", "two", "one")
    assert shown.code == 0
    assert "it was the default" in shown.err
    assert names() == []
    assert luciole("models", "default").out == "starter\n"


def test_a_file_comes_in(luciole: Luciole, tmp_path: Path) -> None:
    path = write_model("little", tmp_path)
    shown = luciole("models", "import", str(path))
    assert (shown.code, shown.err) == (0, "")
    assert shown.out == (
        f"little: Q8_0, {path.stat().st_size} B, unproven; linked, it takes no more room\n"
        'try it: luciole chat -m little "Hello"\n'
    )
    assert luciole("models", "import", str(path)).code == 1
    found = json.loads(luciole("models", "import", str(path), "--name", "my little one", "--json").out)
    assert found["name"] == "my little one"
    assert names() == ["little.gguf", "my little one.gguf"]


@pytest.mark.parametrize("name", ["missing.gguf", "notes.txt", "owner/name"])
def test_what_is_no_model_does_not(luciole: Luciole, tmp_path: Path, name: str) -> None:
    (tmp_path / "notes.txt").write_text("no model", encoding="utf-8")
    shown = luciole("models", "import", str(tmp_path / name))
    assert (shown.code, shown.out, shown.err.count("\n")) == (1, "", 1)
    assert names() == []


def test_a_quantization_is_for_folders(luciole: Luciole, tmp_path: Path) -> None:
    path = write_model("little", tmp_path)
    assert luciole("models", "import", str(path), "-q", "q8_0").code == 2
    assert luciole("models", "import", str(tmp_path), "-q", "q3").code == 2


def test_a_folder_is_converted(luciole: Luciole, tmp_path: Path, typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = (Fact("context", "512 tokens", "config.json: max_position_embeddings\x1b[2J"),)
    made: list[str | None] = []

    def preview(source: Path, *, quantization: str) -> Generator[Step | Preview, None, None]:
        yield Step("reading the checkpoint", 0, 0)
        path = models_folder() / f"{source.name}-{quantization}.gguf"
        yield Preview(path, 5 << 20, 9 << 30, 1 << 30, 20 << 20, 2.0, quantization, facts, ("odd",), ())

    def convert(source: Path, *, quantization: str, name: str | None) -> Generator[Step | Converted, None, None]:
        yield Step("blk.0", 5, 10)
        made.append(name)
        model = look(write_model(name or source.name), "folder")
        yield Converted(model, 2.4, quantization, facts, ("odd",), (), 9)

    monkeypatch.setattr("assistant.library.conversion.preview_conversion", preview)
    monkeypatch.setattr("assistant.library.conversion.convert_folder", convert)
    asked(monkeypatch)
    typed(["n"])
    shown = luciole("models", "import", str(tmp_path), "--name", "tiny")
    assert (shown.code, shown.out, made) == (0, "", [])
    assert "tiny: q4_k_m, 5.0 MiB" in shown.err
    assert "512 tokens (config.json: max_position_embeddings[2J)" in shown.err
    assert shown.err.endswith("warning: odd\nconvert it? [Y/n] note: nothing was converted\n")
    shown = luciole("models", "import", str(tmp_path), "-q", "Q8_0", "--name", "tiny", "-y")
    assert (shown.code, made) == (0, ["tiny"])
    assert "tiny: q8_0" in shown.err
    assert shown.out.startswith("tiny: Q8_0, ")
    assert "unproven; converted in 2 s\n" in shown.out
    shown = luciole("models", "import", str(tmp_path), "--name", "tiny", "-y")
    assert (shown.code, shown.out) == (1, "")
    assert "is there already" in shown.err


def test_every_help_is_in_the_table_and_ends_with_an_example(luciole: Luciole) -> None:
    from assistant.commands.models import COMMANDS

    for name, entry in COMMANDS.items():
        shown = luciole("models", name, "--help")
        assert entry.help in " ".join(shown.out.split())
        assert f"luciole models {name}" in shown.out.split("Example")[-1]


def test_a_name_of_parts_gives_way_to_a_whole_file(luciole: Luciole) -> None:
    first, *_ = write_parts("big")
    assert find_model("big") == first
    path = models_folder() / "big.gguf"
    path.write_bytes(model_bytes())
    assert find_model("big") == path
    listed = json.loads(luciole("models", "list", "--json").out)["models"]
    assert {"big", "big-00001-of-00003"} <= {model["name"] for model in listed}


def test_settings_that_cannot_be_read_hide_no_model(luciole: Luciole) -> None:
    write_model("little")
    (folder("config") / "settings.toml").write_text("[", encoding="utf-8")
    assert "little" in luciole("models").out
    assert luciole("models", "show", "little").code == 0
    assert luciole("models", "default", "little").code == 1

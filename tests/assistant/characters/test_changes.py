"""Characters made, described otherwise and removed: whole or not at all, nothing overwritten, samples left alone."""

import shutil
import tomllib
from pathlib import Path

import pytest

from assistant.characters import changes, folder
from assistant.characters.changes import describe, new_character, remove_character
from assistant.characters.check import check_character
from assistant.characters.folder import character_folder, characters, find_character, load_character
from assistant.errors import InvalidCharacter, OutputFailed
from assistant.output import write_new
from tests.assistant.characters.support import CSV, loaded, made

NASTY = 'a """quoted""" \\ text\nwith lines\r\n\tand 三三 "\n'


def left() -> list[str]:
    return sorted(path.name for path in character_folder().iterdir())


@pytest.fixture
def sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One that ships with the program."""
    place = made("lamp", 'name = "三三" # ours\ndialogues = ["d.csv"]\n', d_csv=CSV, other_csv="x")
    (tmp_path / "samples").mkdir()
    shutil.move(place, tmp_path / "samples" / "lamp")
    monkeypatch.setattr(folder, "SAMPLES", tmp_path / "samples")
    return tmp_path / "samples" / "lamp"


def test_of_a_file_of_dialogues(tmp_path: Path) -> None:
    write_new(tmp_path / "x.csv", CSV)
    found = new_character("三三", tmp_path / "x.csv", description=NASTY, greeting='"Hi"\\')
    assert (found.id, found.name, found.language, len(found.dialogues)) == ("三三", "三三", "zh", 2)
    assert (found.description, found.greeting) == (NASTY.replace("\r\n", "\n").strip(), '"Hi"\\')
    assert left() == ["三三"]
    assert (found.folder / "x.csv").read_text(encoding="utf-8") == CSV


def test_of_a_folder_of_dialogues_and_of_a_description(tmp_path: Path) -> None:
    write_new(tmp_path / "a.txt", "Ann: Where?\nGlim: Over there, by the stove, where it is warm.")
    write_new(tmp_path / "readme.md", "no")
    assert len(new_character("Glim", tmp_path).dialogues) == 1
    assert new_character("bare", description="He is silent.", language="zh").language == "zh"
    assert left() == ["Glim", "bare"]


def test_of_a_whole_character(tmp_path: Path) -> None:
    source = made("one", 'name = "三三" # mine\ndialogues = ["d.csv"]\n[prompt]\ndialogues = 3\n', d_csv=CSV, x_csv="x")
    found = new_character("two", source, greeting="Hi")
    assert (found.name, found.greeting, found.prompt.dialogues) == ("三三", "Hi", 3)
    assert sorted(path.name for path in found.folder.iterdir()) == ["character.toml", "d.csv"]
    assert '"三三" # mine' in (found.folder / "character.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "name", ["", "../x", "a/b", ".x", "a:b", "a\nb", "a\x1bb", "_x", "-x", " ", "n" * 300, "x" * 41]
)
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(InvalidCharacter):
        new_character(name)
    assert left() == []


def test_nothing_is_overwritten_and_nothing_half_stays(tmp_path: Path) -> None:
    new_character("a")
    with pytest.raises(OutputFailed, match="there already"):
        new_character("a")
    for name, text in (("bad.csv", "x,y\n1,2"), ("bad.docx", "x"), ("other.txt", "Ann: x")):
        write_new(tmp_path / name, text)
        with pytest.raises(InvalidCharacter, match=name.replace(".", r"\.")):
            new_character("b", tmp_path / name)
    with pytest.raises(InvalidCharacter, match="is not there"):
        new_character("b", tmp_path / "gone.csv")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidCharacter, match="holds no dialogues"):
        new_character("b", tmp_path / "empty")
    with pytest.raises(InvalidCharacter, match=r"one/character\.toml"):
        new_character("b", made("one", "name = 3"))
    assert left() == ["a", "one"]


def test_another_description() -> None:
    before = '# who\nname = "三三"\n\n[sampling]\ntemperature = 0.5 # warm\n'
    character = loaded(before, d_csv=CSV)
    changed = describe(character, NASTY)
    assert changed.description == NASTY.replace("\r\n", "\n").strip()
    assert changed.sampling == {"temperature": 0.5}
    assert describe(changed, "short").description == "short"
    text = (character.folder / "character.toml").read_text(encoding="utf-8")
    assert text.startswith("# who\n")
    assert "temperature = 0.5 # warm" in text
    assert describe(changed, "").description == ""
    with pytest.raises(InvalidCharacter, match="shorten it"):
        describe(character, "x" * 2_000_000)
    assert sorted(path.name for path in character.folder.iterdir()) == ["character.toml", "d.csv"]


def test_one_that_ships_is_copied_before_it_changes(sample: Path) -> None:
    character = load_character("lamp")
    assert character.shipped
    data = (sample / "character.toml").read_bytes()
    own = describe(character, "mine")
    assert (own.shipped, own.id, own.description, len(own.dialogues)) == (False, "lamp", "mine", 2)
    assert (sample / "character.toml").read_bytes() == data
    assert [(one.id, one.shipped) for one in characters()] == [("lamp", False)], "the user's own stands before it"
    assert describe(character, "again").description == "again"
    remove_character(own.folder)
    assert load_character("lamp").shipped
    with pytest.raises(InvalidCharacter, match="ships with this program"):
        remove_character(find_character("lamp"))


def test_removed_whole(tmp_path: Path) -> None:
    remove_character(made("broken", "name = 3"))
    target = tmp_path / "elsewhere"
    shutil.move(made("one", d_csv=CSV), target)
    (character_folder() / "linked").symlink_to(target)
    remove_character(find_character("linked"))
    assert left() == []
    assert (target / "d.csv").is_file(), "a link goes alone"
    with pytest.raises(InvalidCharacter, match="does not lie in"):
        remove_character(target)


def test_a_folder_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(changes.shutil, "copyfile", full)
    with pytest.raises(OutputFailed, match="No space left"):
        new_character("b", made("one", d_csv=CSV))
    assert left() == ["one"]


def test_settings_that_cannot_be_changed_from_here() -> None:
    character = loaded()
    (character.folder / "character.toml").write_bytes('name = "三三"'.encode("gb18030"))
    with pytest.raises(InvalidCharacter, match="UTF-8 was expected"):
        describe(character, "x")


def test_findings() -> None:
    text = "\n\n".join(f"Ann: Question {n}?\nGlim: An answer that is long enough, number {n}." for n in range(25))
    text += "\n\nAnn: x\n\nno speaker\n\nAnn: y\nGlim: Hm.\n\nAnn: z\nGlim: " + "long " * 2000
    found = check_character(loaded('name = "Glim"\nlanguage = "zh"\n', d_txt=text))
    assert (found.dialogues, found.read, found.lines) == (26, 28, 52)
    assert list(found.speakers) == ["Ann", "Glim"]
    assert [one.why.split(" ")[0] for one in found.left_out] == ["its", "the", "the"]
    assert (found.longest, found.longest_at) == (len("Ann: z\nGlim: ") + 9999, "d.txt, line 83")
    assert found.in_prompt == (20, 20, 20)
    assert found.index is None
    assert [note.split(" ")[0] for note in found.notes] == ["the", "there", "1"]
    assert "longer than the 3," in found.notes[2]
    bare = check_character(load_character(made("bare", 'name = "Glim"\n[retrieval]\nembedding_model = "bge"\n')))
    assert (bare.dialogues, bare.longest, bare.in_prompt) == (0, 0, (0, 0, 0))
    assert bare.index is not None
    assert bare.index.state == "none"


def test_written_settings_are_toml() -> None:
    found = new_character("a b", description="x\ny", greeting="1", language="en")
    values = tomllib.loads((found.folder / "character.toml").read_text(encoding="utf-8"))
    assert values == {"name": "a b", "greeting": "1", "description": "x\ny", "language": "en"}

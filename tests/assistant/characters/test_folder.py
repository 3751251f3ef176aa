"""Which characters there are, found by either name; names and links that lead elsewhere; what the settings may say."""

from pathlib import Path

import pytest

from assistant.characters.folder import Listed, character_folder, characters, load_character
from tests.assistant.characters.support import CSV, loaded, made, refused, why_not

TOML = '''name = "三三"
user = "观众甲"
language = "zh"
greeting = "你好。"
description = """
姓名：三三
"""
dialogues = ["dialogues.csv"]
[sampling]
temperature = 0.85
top_k = 5
[prompt]
form = "trained"
dialogues = 10
characters = 3000
[retrieval]
embedding_model = "bge-m3"
'''


def own() -> list[Listed]:
    return [found for found in characters() if not found.shipped]


def test_a_whole_character() -> None:
    character = loaded(TOML, dialogues_csv=CSV, other_txt="nothing that is read")
    assert (character.id, character.name, character.user) == ("one", "三三", "观众甲")
    assert (character.language, character.greeting, character.description) == ("zh", "你好。", "姓名：三三")
    assert character.sampling == {"temperature": 0.85, "top_k": 5}
    assert (character.prompt.form, character.prompt.dialogues, character.prompt.characters) == ("trained", 10, 3000)
    assert character.retrieval.embedding_model == "bge-m3"
    assert [dialogue.where for dialogue in character.dialogues] == ["dialogues.csv, row 2", "dialogues.csv, row 3"]
    assert not character.shipped


def test_only_a_name_is_needed() -> None:
    character = loaded()
    assert (character.user, character.dialogues, character.prompt.form) == ("user", (), "auto")
    assert loaded_language('name = "Lamp"\ndescription = "A lamp that talks about the sea and the ships."') == "en"
    assert loaded_language('name = "灯"\ndescription = "一盏会说话的灯，喜欢谈论大海。"') == "zh"


def loaded_language(toml: str) -> str:
    return load_character(made(f"of {len(toml)}", toml)).language


def test_listed_and_found_by_either_name() -> None:
    made("b", dialogues_csv=CSV)
    made("a", 'name = "Nobody"\nwrong = 1\n')
    assert [(found.id, found.name, found.dialogues) for found in own()] == [("a", "a", 0), ("b", "三三", 2)]
    assert "'wrong'" in own()[0].problem
    assert load_character("b") == load_character("三三")
    made("c", dialogues_csv=CSV)
    assert "name its folder: b, c" in why_not("三三")
    assert load_character("c").id == "c"


@pytest.mark.parametrize("name", ["../x", "/etc", "a/b", "..", ".hidden", "", "a\\b", "a\0b", "\x1b[31m/"])
def test_a_name_is_no_path(name: str) -> None:
    text = why_not(name)
    assert "is no name of a character" in text
    assert "\x1b" not in text


def test_one_that_is_not_there() -> None:
    made("lamp")
    assert "there is no character 'lump'; one of these was expected: lamp" in why_not("lump")
    assert "cannot be read" in why_not(Path("/nowhere"))


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("", "has no name"),
        ('name = ""', "name is ''"),
        ('name = "../x"', "without slashes"),
        ('name = "/etc/passwd"', "without slashes"),
        ('name = "a\\u001b[31m"', "control characters"),
        ('name = "三三："', "without slashes, colons"),
        (f'name = "{"n" * 41}"', "at most 40"),
        ('name = "a"\nname = "b"', "cannot be read"),
        ('name = "a"\nusr = "b"', "'usr', which nobody knows"),
        ('name = "a"\nuser = "A"', "another name than the character's"),
        ("name = 3", "name is 3"),
        ('name = "a"\nlanguage = "fr"', "en or zh"),
        ('name = "a"\ndescription = ["x"]', "a text"),
        ('name = "a"\nsampling = 3', "a table"),
        ('name = "a"\n[sampling]\nheat = 1', "'heat' in [sampling]"),
        ('name = "a"\n[sampling]\ntemperature = 9', "temperature is 9"),
        ('name = "a"\n[prompt]\nform = "x"', "auto, trained, chat"),
        ('name = "a"\n[prompt]\ndialogues = true', "a whole number"),
        ('name = "a"\n[prompt]\ndialogues = -1', "0 to 200"),
        ('name = "a"\n[prompt]\ncharacters = 1', "500 to 1,000,000"),
        ('name = "a"\n[retrieval]\nembedding_model = ""', "the name of a model"),
        ('name = "a"\n[retrieval]\nmodel = "x"', "'model' in [retrieval]"),
        ('name = "a"\ndialogues = "x.csv"', "a list of file names"),
        ('name = "a"\ndialogues = [3]', "names of files"),
        ('name = "a"\ndialogues = ["../x.csv"]', "'../x.csv' is no file of the character's folder"),
        ('name = "a"\ndialogues = ["/etc/x.csv"]', "is no file of the character's folder"),
        ('name = "a"\ndialogues = ["..\\\\x.csv"]', "is no file of the character's folder"),
        ('name = "a"\ndialogues = ["x.docx"]', ".csv, .jsonl, .txt"),
        ('name = "a"\ndialogues = ["gone.csv"]', "gone.csv cannot be read"),
        ("name = " + "[" * 5000, "cannot be read"),
    ],
)  # fmt: skip
def test_settings_that_are_none(toml: str, said: str) -> None:
    assert said in refused(toml)


def test_links_that_lead_out(tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text(CSV, encoding="utf-8")
    folder = made("one")
    (folder / "dialogues.csv").symlink_to(tmp_path / "secret.csv")
    assert "dialogues.csv leads out of the character's folder" in why_not("one")
    (folder / "dialogues.csv").unlink()
    (folder / "dialogues.csv").symlink_to(folder / "dialogues.csv")
    assert "leads nowhere" in why_not("one")
    (folder / "dialogues.csv").unlink()
    (folder / "character.toml").rename(tmp_path / "character.toml")
    (folder / "character.toml").symlink_to(tmp_path / "character.toml")
    assert "leads out of its folder" in why_not("one")
    other = character_folder() / "linked"
    other.symlink_to(made("two", dialogues_csv=CSV))  # a whole folder somewhere else is the user's own choice
    assert load_character("linked").id == "linked"

"""Characters made for tests: folders with settings and dialogues, and what is said of a broken one."""

from pathlib import Path

from assistant.characters.folder import character_folder, load_character
from assistant.characters.values import Character
from assistant.errors import InvalidCharacter

TWO = ["二二：怎么样？\n三三：姐姐，好像触发了什么奇怪的开关", "观众：你爸爸是谁？\n三三：我不清楚具体是谁。"]
CSV = '序号,对话\n1,"{}"\n,"{}"\n'.format(*TWO)


def made(name: str = "sansan", toml: str = 'name = "三三"\n', **files: str | bytes) -> Path:
    """A folder in the user's characters; a file is named as `dialogues_csv`."""
    folder = character_folder() / name
    folder.mkdir()
    (folder / "character.toml").write_text(toml, encoding="utf-8")
    for file, content in files.items():
        path = folder / file.replace("_", ".")
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def loaded(toml: str = 'name = "三三"\n', **files: str | bytes) -> Character:
    return load_character(made("one", toml, **files))


def refused(toml: str = 'name = "三三"\n', **files: str | bytes) -> str:
    """The error's text, which is one line of three parts."""
    return why_not(made("one", toml, **files))


def why_not(name: str | Path) -> str:
    try:
        load_character(name)
    except InvalidCharacter as error:
        text = str(error)
        assert "\n" not in text
        assert text.count("; ") >= 2
        return text
    raise AssertionError("it was read")

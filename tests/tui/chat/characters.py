"""Characters on the disk, for the tests of the chat."""

import json
from pathlib import Path

DIALOGUES = (
    ("User：Do you like the rain?\nMira：Rain on my kettle is the best music of the whole week!"),
    ("User：What is for lunch?\nMira：Soup of the day, and the day is a pumpkin day."),
    ("User：Can you fix my radio?\nMira：I can fix anything that hums, wheezes or whistles."),
)


def character(
    home: Path,
    name: str = "Mira",
    *,
    folder: str = "",
    greeting: str = "Oh, a visitor! Tea?",
    description: str = "Mira mends radios and loves rain.",
    dialogues: tuple[str, ...] = DIALOGUES,
    more: str = "",
) -> Path:
    """Make one; its folder."""
    place = home / "data" / "characters" / (folder or name)
    place.mkdir(parents=True)
    values = {"name": name, "greeting": greeting, "description": description}
    head = "# mine\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())
    (place / "character.toml").write_text(head + more, encoding="utf-8")
    corpus(place, dialogues)
    return place


def corpus(place: Path, dialogues: tuple[str, ...]) -> None:
    """These are its dialogues."""
    rows = "".join(f'{number},"{words}"\n' for number, words in enumerate(dialogues, start=1))
    (place / "dialogues.csv").write_text(f"序号,对话\n{rows}", encoding="utf-8")

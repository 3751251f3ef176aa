"""A home in which every name and text wants to be obeyed, and a screen in it: `python -m tests.tui.raw.hostile`.

Each text holds the same attack with a word of its own, so that a test sees that it was shown at all.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from assistant import FAKE_INFO, Engine, EngineFailed, FakeEngine, Heading, Message, Store, Tree, Turn
from tests.assistant.gguf.build import U32, array, file, key, scalar, string, tensor
from tui.app import make_app


def attack(word: str) -> str:
    """Clipboard, hidden red, a cleared screen, a C1 sequence, a title, a link, backspaces, directions, markup."""
    return (
        f"\x1b]52;c;{word}\x07 \x1b[8;31;47mHIDE \x1b[2J\x9b31m\x1b]0;T\x1b\\\x1bP+q\x1b\\\x08\x08"
        f"\u202egnp\u202c\u200b\u2066[red]{word}[/] [@click=app.bell]x[/]"
    )


def shown(word: str) -> str:
    """The beginning of what is left of it, whatever is cut off."""
    return f"]52;c;{word}"


def name(word: str) -> str:
    """As the name of a file."""
    return attack(word).replace("/", "|")


CAST = "CAST$x@click=app.bell"
"""As the name of a character: what else is in an attack cannot be one."""


def furnish(home: Path) -> None:
    """Models good and broken, kept conversations, documents, a checkpoint, characters; all of them hostile."""
    models, config, here = home / "data" / "models", home / "config", home / "here"
    for folder in (models, config, here):
        folder.mkdir(parents=True)
    keys = (
        key("general.architecture", string("llama")),
        key("general.name", string(attack("GGUFNAME"))),
        key("llama.block_count", scalar(U32, 1)),
        key("llama.context_length", scalar(U32, 4096)),
        key("tokenizer.ggml.model", string(attack("TOKENIZER"))),
        key("tokenizer.ggml.tokens", array(8, 1, string(attack("TOKEN"))[4:])),
        key("tokenizer.chat_template", string(attack("TEMPLATE"))),
    )
    (models / f"{name('MODEL')}.gguf").write_bytes(file(keys, (tensor("t", (8,)),), data=32))
    bad = (key("general.architecture", string(attack("ARCHITECTURE"))),)
    (models / f"{name('BROKEN')}.gguf").write_bytes(file(bad, (tensor(attack("TENSOR"), (8,)),), data=32))
    (models / "junk.gguf").write_bytes(attack("JUNK").encode() * 9)
    for word in ("DOCUMENT", "OTHER"):
        (here / f"{name(word)}.md").write_text(f"# {attack('HEAD')}\n\n{attack('BODY')} has 17 words.\n" * 30)
    (here / "PICK[red]x[@click=app.bell].md").write_text(f"{attack('PICKED')} has 17 words.\n" * 30)
    checkpoint = home / "checkpoint"
    checkpoint.mkdir()
    config_text = {"architectures": [attack("FAMILY")], "model_type": attack("TYPE")}
    (checkpoint / "config.json").write_text(json.dumps(config_text))
    _furnish_characters(home / "data" / "characters")
    with Store(home / "data" / "conversations.db") as store:
        for number, document in enumerate(("", str(here / f"{name('DOCUMENT')}.md"))):
            question = Turn(f"question{number}", None, "user", attack("QUESTION"), 1.7e9)
            answer = Turn(
                f"answer{number}", question.id, "assistant", attack("KEPT"), 1.7e9, attack("WRITER"), "length"
            )
            system = attack("SYSTEM")
            heading = Heading(f"kept{number}", 1.7e9, attack("TITLE"), system, answer.id, document=document)
            store.add(heading, Tree([question, answer]))


def _furnish_characters(folder: Path) -> None:
    """One that can be played, and one that cannot be read."""
    for word, values in (
        ("SPEAKS", {"name": CAST, "greeting": attack("GREETING"), "description": attack("DESCRIBED")}),
        ("TORN", {attack("NOKEY"): ""}),
    ):
        place = folder / name(word).replace("\\", "|")
        place.mkdir(parents=True)
        text = "".join(f"{json.dumps(key)} = {json.dumps(value)}\n" for key, value in values.items())
        (place / "character.toml").write_text(text, encoding="utf-8")
        rows = f'序号,对话\n1,"A：words\n{CAST}：{attack("SPOKEN")}"\n'
        (place / "[red]CORPUS[@click=app.bell].csv").write_text(rows, encoding="utf-8")


def disturb(home: Path) -> None:
    """Settings that cannot be followed, which the screen says as soon as it is there."""
    theme, key_name, keys = (json.dumps(attack(word)) for word in ("THEME", "KEYNAME", "KEY"))  # TOML escapes alike
    text = f"[screen]\ntheme = {theme}\n[screen.keys]\n{key_name} = {keys}\n"
    (home / "config" / "settings.toml").write_text(text, encoding="utf-8")


def _says(messages: Sequence[Message]) -> str | list[EngineFailed]:
    """What is asked for, in Markdown of every kind."""
    text = attack("ANSWER")
    if "fail" in messages[-1].content:
        return [EngineFailed(f"{attack('ERROR')} was found; {attack('EXPECTED')} was expected; {attack('DO')}")]
    if "document" in messages[-1].content or "summar" in messages[-1].content.lower():
        return f"It has 17 words and 99 letters. {attack('SUMMARY')}"
    cells = text.replace("|", " ")
    return "\n\n".join(
        (
            f"# {text}\n\n{text}\n\n- {text}\n\n> {text}\n\n```{text}\n{text}\n```",
            f"| {cells} | b |\n|---|---|\n| {cells} |",
            f"[{text}](http://x.y/{text}) ![{text}](z) <b onclick='{text}'> &#27;]52;c;ENTITY&#7; &#x202e;x `{text}`",
            "THEEND",
        )
    )


def _open(model: str) -> Engine:
    raise EngineFailed(f"{model} was found; {attack('LOADED')} was expected; go on")


def main() -> None:
    os.chdir(Path(os.environ["LUCIOLE_HOME"]) / "here")
    info = replace(
        FAKE_INFO, name=attack("INFO"), path=attack("PATH"), quantization=attack("QUANT"), architecture=attack("ARCH")
    )
    make_app(lambda: FakeEngine([_says], info=info), open_model=_open).run()


if __name__ == "__main__":
    main()

"""`settings.toml` is changed one value at a time; whatever else the user wrote there stays as it was."""

import os
import stat
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from assistant.errors import InvalidSetting, OutputFailed
from assistant.settings import ScreenSettings, read_settings, settings_path
from assistant.settings_file import set_default, set_value

WRITTEN = """\
# mine

default_model = "a" # why

# my looks
[screen] # looks
theme="dusk"  # nice
# language = "en"

# about sampling
[sampling]
top_k = 3

# about qwen
[sampling."qwen*"]
top_k = 5
# end
"""


def written(text: str) -> None:
    settings_path().write_bytes(text.encode())


def text() -> str:
    return settings_path().read_bytes().decode()


def test_a_value_is_replaced_where_it_stands() -> None:
    written(WRITTEN)
    found = set_value("screen", "theme", value='day "x"')
    assert text() == WRITTEN.replace('theme="dusk"', 'theme="day \\"x\\""')
    assert found == read_settings()
    assert found.screen.theme == 'day "x"'


@pytest.mark.parametrize(
    ("place", "value", "after", "line"),
    [
        (("default_model",), None, 'default_model = "a" # why\n', ""),
        (("screen", "language"), "zh", '"dusk"  # nice\n', 'language = "zh"\n'),
        (("sampling", "top_p"), 0.5, "top_k = 3\n", "top_p = 0.5\n"),
        (("sampling", "qwen*", "top_p"), 0.5, "top_k = 5\n", "top_p = 0.5\n"),
        (("screen", "keys", "chat.stop"), "f9", "# end\n", '\n[screen.keys]\n"chat.stop" = "f9"\n'),
        (("cache", "readings_gib"), 2, "# end\n", "\n[cache]\nreadings_gib = 2\n"),
    ],
    ids=str,
)
def test_a_new_value_comes_last_in_its_table(
    place: tuple[str, ...], value: str | float | None, after: str, line: str
) -> None:
    written(WRITTEN)
    set_value(*place, value=value)
    assert text() == (WRITTEN.replace(after, after + line) if line else WRITTEN.replace(after, ""))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", 'default_model = "b"\n'),
        ("# all of it\n\n# of ask\n[ask]\n", '# all of it\n\ndefault_model = "b"\n\n# of ask\n[ask]\n'),
        ("[ask]\nembedding_model = 'x'", "default_model = \"b\"\n\n[ask]\nembedding_model = 'x'\n"),
        ('default_model = "a"\r\n[ask]\r\n', 'default_model = "b"\r\n[ask]\r\n'),
        ("[ask]\r\n", 'default_model = "b"\r\n\r\n[ask]\r\n'),
    ],
)
def test_the_default_model(before: str, after: str) -> None:
    written(before)
    assert set_default("b").default_model == "b"
    assert text() == after
    assert set_default(None).default_model is None


def test_a_file_is_made_where_there_is_none_and_nothing_to_remove_makes_none() -> None:
    set_value("screen", "theme", value=None)
    assert not settings_path().exists()
    set_value("screen", "keys", "chat.stop", value="f9")
    set_value("screen", "language", value="en")
    assert read_settings().screen == ScreenSettings(language="en", keys={"chat.stop": "f9"})
    assert not list(settings_path().parent.glob(".settings*"))


def test_tables_in_one_line_and_names_with_dots() -> None:
    written('screen = {theme="a"}\nsampling.top_k = 4\n')
    set_value("screen", "keys", "a.b", value="f2")
    set_value("sampling", "top_p", value=0.5)
    set_value("screen", "theme", value=None)
    assert tomllib.loads(text()) == {
        "screen": {"keys": {"a.b": "f2"}},
        "sampling": {"top_k": 4, "top_p": 0.5},
    }


def test_what_looks_like_a_table_inside_a_text_is_none() -> None:
    written('[sampling]\nstop = ["""\n[screen]\n"""]\n')
    set_value("screen", "theme", value="day")
    assert read_settings().screen.theme == "day"
    assert read_settings().sampling.always == {"stop": ["[screen]\n"]}


@pytest.mark.parametrize("damaged", ["[screen", "[screen]\ntheme = 3\n", "nobody = 1\n", "[screen]\nx = 1\n"])
def test_a_damaged_file_stays_as_it_is(damaged: str) -> None:
    written(damaged)
    with pytest.raises(InvalidSetting, match=r"settings\.toml"):
        set_value("screen", "theme", value="day")
    assert text() == damaged


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        (("screen", "language"), "fr", "language is 'fr' in .*; auto, en, zh were expected"),
        (("screen", "submit_key"), True, "submit_key is 'True'"),
        (("sampling", "temperature"), 50, "temperature is 50"),
        (("screen", "colour"), "red", "has 'colour in .screen.', which nobody knows"),
    ],
    ids=str,
)
def test_a_value_that_could_not_be_read_again_is_not_written(
    place: tuple[str, ...], value: str | int, words: str
) -> None:
    written(WRITTEN)
    with pytest.raises(InvalidSetting, match=words):
        set_value(*place, value=value)
    assert text() == WRITTEN


@pytest.mark.skipif(sys.platform == "win32", reason="rights and links as POSIX has them")
def test_rights_and_links_stay(tmp_path: Path) -> None:
    real = tmp_path / "kept elsewhere.toml"
    real.write_text("# here\n")
    real.chmod(0o640)
    settings_path().symlink_to(real)
    set_value("screen", "theme", value="day")
    assert settings_path().is_symlink()
    assert real.read_text() == '# here\n\n[screen]\ntheme = "day"\n'
    assert stat.S_IMODE(real.stat().st_mode) == 0o640


def test_a_file_that_cannot_be_written_is_said_and_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    written(WRITTEN)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputFailed, match=r"settings\.toml cannot be written \(No space left on device\)"):
        set_value("screen", "theme", value="day")
    assert text() == WRITTEN
    assert [path.name for path in settings_path().parent.iterdir()] == ["settings.toml"]


COMMENT = some.sampled_from(["", "# a word\n", "\n", "\n# [screen]\n", "\n\n"])
TABLES = {
    "[sampling]": ["top_k = 4", "stop = ['[screen]', 'x # y']", "stop = [\n  'a', # one\n]"],
    '[sampling."a.b*"]': ["temperature = 0.5"],
    "[screen]": ["theme = 'day' # it is bright", 'language = "zh"'],
    '[ screen . "keys" ]': ['"chat.stop" = "f9"'],
    "[cache]": ["readings_gib = 1.5"],
}


@some.composite
def files(draw: some.DrawFn) -> str:
    parts = [draw(COMMENT), draw(some.sampled_from(["", "default_model = 'm' # best\n"]))]
    for heading in draw(some.permutations(list(TABLES))):
        if draw(some.booleans()):
            line = draw(some.sampled_from(["", *(f"{line}\n" for line in TABLES[heading])]))
            parts += [draw(COMMENT), f"{heading}\n", draw(COMMENT), line]
    return "".join((*parts, draw(COMMENT)))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    before=files(),
    change=some.sampled_from(
        [
            (("default_model",), "z"),
            (("screen", "theme"), "z"),
            (("screen", "keys", "a.b"), "z"),
            (("screen", "keys", "chat.stop"), "z"),
            (("sampling", "a.b*", "top_k"), 7),
            (("sampling", "top_k"), 7),
            (("cache", "readings_gib"), 3),
        ]
    ),
)
def test_every_comment_and_every_other_value_stays(
    before: str, change: tuple[tuple[str, ...], str | int], luciole_home: Path
) -> None:
    place, value = change
    written(before)
    set_value(*place, value=value)
    after = text()
    assert [line for line in after.split("\n") if line.startswith("#")] == [
        line for line in before.split("\n") if line.startswith("#")
    ]
    assert after.count(" # it is bright") == before.count(" # it is bright")
    set_value(*place, value=None)
    assert without(tomllib.loads(text()), place) == without(tomllib.loads(before), place)


def without(values: dict[str, Any], place: tuple[str, ...]) -> dict[str, Any]:
    """The values less one, and less the tables that hold nothing."""
    name, *rest = place
    if rest:
        values = {**values, name: without(values.get(name, {}), tuple(rest))}
        return {key: value for key, value in values.items() if value != {}}
    return {key: value for key, value in values.items() if key != name}

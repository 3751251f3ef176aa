"""The words of the screen: whose language is spoken, and that the catalogues fit the code."""

import re
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path

import pytest

from assistant import FakeEngine
from tests import catalogue
from tests.catalogue import CATALOGUES, placeholders
from tests.tui.support import drawn, screen, send, wait_until, whole
from tui.app import LucioleApp
from tui.language import LANGUAGES, _, plural, preferred, spoken, use


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_TW.UTF-8"}, "zh"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "en_GB.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "en_US.UTF-8", "LANGUAGE": "zh_CN:en"}, "zh"),
        ({"LANG": "C.UTF-8", "LANGUAGE": "zh_CN"}, "en"),
        ({}, "en"),
    ],
    ids=str,
)
def test_the_language_of_the_locale(environment: dict[str, str], language: str) -> None:
    assert preferred(environment) == language


def test_words_and_numbers() -> None:
    assert use("zh") == spoken() == "zh"
    assert _("Cancel") == "取消"
    assert _("no such words {x}") == "no such words {x}"
    assert _("") == "", "gettext would answer with the head of the catalogue"
    assert plural("{count} waiting", "{count} waiting", 1200) == "1,200 项排队中"
    assert use("xx") == spoken() == "en"
    assert _("Cancel") == "Cancel"
    assert plural("{count} part", "{count} parts", 1) == "1 part"
    assert plural("{count} part", "{count} parts", 0) == "0 parts"


async def test_the_language_changes_at_once() -> None:
    async with screen(FakeEngine([[]])) as pilot:
        assert "Documents" in drawn(pilot)
        app = pilot.app
        assert isinstance(app, LucioleApp)
        app.speak("zh")
        await wait_until(pilot, lambda: "文档" in drawn(pilot))
        assert "Documents" not in drawn(pilot)
        app.speak("en")
        await wait_until(pilot, lambda: "Documents" in drawn(pilot))


@pytest.mark.parametrize("room", ["chat", "documents", "models", "history"])
async def test_no_room_keeps_words_of_the_language_before(room: str) -> None:
    """What the catalogue translates is looked for, as whole words, in what is drawn after the change."""
    ours = {words for key in catalogue.texts() for words in ([key] if isinstance(key, str) else key) if len(words) > 5}
    async with screen(FakeEngine([whole("Paris.")]), size=(120, 40)) as pilot:
        app = pilot.app
        assert isinstance(app, LucioleApp)
        await send(pilot, "France?")
        await wait_until(pilot, lambda: "Paris." in drawn(pilot))
        await app.house.action_go(room)
        await wait_until(pilot, lambda: room == app.house.room.NAME)
        app.speak("zh")
        await wait_until(pilot, lambda: "退出" in drawn(pilot))
        lines = [line for line in drawn(pilot).split("\n") if "/" not in line]  # paths hold any word
        found = {words for words in ours for line in lines if re.search(rf"\b{re.escape(words)}\b", line)}
        assert not found


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parents[1].name)
def test_every_word_of_the_code_is_translated_and_no_other(path: Path) -> None:
    kept = catalogue.read(path)
    known = {message.id if isinstance(message.id, str) else tuple(message.id) for message in kept if message.id}
    assert known == set(catalogue.texts()), "run: python -m tests.catalogue, and translate what is new"
    assert catalogue.missing(kept) == []


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parents[1].name)
def test_translations_fill_in_the_same_things(path: Path) -> None:
    for message in catalogue.read(path):
        form = message.id if isinstance(message.id, str) else message.id[-1]
        translated = (message.string,) if isinstance(message.string, str) else message.string
        for words in filter(None, translated or ()):
            if form:
                assert placeholders(words) == placeholders(form), form
                assert words.count("\n") == form.count("\n"), form


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parents[1].name)
def test_the_compiled_catalogue_is_the_written_one(path: Path) -> None:
    kept, made = (
        GNUTranslations(BytesIO(data)) for data in (path.with_suffix(".mo").read_bytes(), catalogue.compiled(path))
    )
    messages = [message for message in catalogue.read(path) if message.id]
    assert messages
    for message in messages:
        one = message.id if isinstance(message.id, str) else message.id[0]
        many = one if isinstance(message.id, str) else message.id[1]
        for number in (1, 2):
            if isinstance(message.id, str):
                assert kept.gettext(one) == made.gettext(one), "run: python -m tests.catalogue"
            else:
                assert kept.ngettext(one, many, number) == made.ngettext(one, many, number)


def test_every_language_has_its_name() -> None:
    assert set(LANGUAGES) == {"en", "zh"}

"""Our words in the user's language: gettext catalogues in `locale/`, English where there is none.

`_` and `plural` translate at the moment of drawing; `N_` only marks a constant, which is translated when it is drawn.
The language is one fact of the whole process, like the locale it comes from. The module knows nothing of widgets.
The catalogues are kept in step with the code by `python -m tests.catalogue`.
"""

import gettext
import locale
import os
from collections.abc import Mapping
from pathlib import Path

FOLDER = Path(__file__).parent / "locale"
DOMAIN = "luciole"
LANGUAGES = {"en": "English", "zh": "简体中文"}
"""Languages of the interface by code, each named in itself."""
_CATALOGUES = {"zh": "zh_CN"}

_current: gettext.NullTranslations = gettext.NullTranslations()
_spoken = "en"


def N_(text: str) -> str:  # noqa: N802  the usual name
    """Marks a constant for the catalogues; the text itself."""
    return text


def _(text: str) -> str:
    """The text in the language of the interface. Placeholders are by name: `_("{count} parts").format(count=…)`."""
    return _current.gettext(text) if text else ""


def plural(one: str, many: str, count: int) -> str:
    """The form that goes with `count`, which stands in it as `{count}`, with thousands separated."""
    return _current.ngettext(one, many, count).format(count=f"{count:,}")


def preferred(environment: Mapping[str, str] | None = None) -> str:
    """The language of the user's locale, by the variables that gettext knows; `en` for any other than ours."""
    environment = os.environ if environment is None else environment
    name = next(filter(None, (environment.get(key) for key in ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    if name.partition(".")[0] not in {"C", "POSIX"}:  # which mean no language at all, whatever LANGUAGE says
        name = next(filter(None, environment.get("LANGUAGE", "").split(":")), name)
    name = name or locale.getlocale()[0] or ""
    return "zh" if name.lower().startswith(("zh", "chinese")) else "en"


def use(language: str) -> str:
    """From now on words come in this language: a code of `LANGUAGES`, or `auto` for that of the locale.

    The code of the language that is spoken now: English, where another is not known.
    """
    global _current, _spoken  # noqa: PLW0603  one language for the whole process
    code = preferred() if language == "auto" else language
    _spoken = code if code in LANGUAGES else "en"
    _current = gettext.translation(DOMAIN, FOLDER, [_CATALOGUES.get(_spoken, _spoken)], fallback=True)
    return _spoken


def spoken() -> str:
    """The code of the language of the interface."""
    return _spoken

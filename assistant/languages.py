"""Which language a text is in, and whether a text that is being written stays in the one it should be in.

By script where a script says it, by commonest words among languages in Latin letters. `und` (undetermined) wherever
that is not enough: nothing here guesses. The module knows nothing of models and documents.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from unicodedata import name as character_name

from assistant.common_words import COMMON

NAMES = {
    "af": "Afrikaans",
    "ar": "Arabic",
    "be": "Belarusian",
    "bg": "Bulgarian",
    "bn": "Bengali",
    "ca": "Catalan",
    "cs": "Czech",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "et": "Estonian",
    "fa": "Persian",
    "fi": "Finnish",
    "fr": "French",
    "he": "Hebrew",
    "hi": "Hindi",
    "hr": "Croatian",
    "hu": "Hungarian",
    "hy": "Armenian",
    "id": "Indonesian",
    "it": "Italian",
    "ja": "Japanese",
    "ka": "Georgian",
    "ko": "Korean",
    "lt": "Lithuanian",
    "lv": "Latvian",
    "ms": "Malay",
    "nl": "Dutch",
    "no": "Norwegian",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "sk": "Slovak",
    "sl": "Slovenian",
    "sr": "Serbian",
    "sv": "Swedish",
    "sw": "Swahili",
    "ta": "Tamil",
    "te": "Telugu",
    "th": "Thai",
    "tl": "Tagalog",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "ur": "Urdu",
    "vi": "Vietnamese",
    "zh": "Chinese",
}
"""ISO 639-1 and the English name of each language that can be asked for. Traditional and Simplified are both zh."""

_OF_SCRIPT = {
    "hangul": "ko",
    "greek": "el",
    "hebrew": "he",
    "thai": "th",
    "devanagari": "hi",
    "bengali": "bn",
    "tamil": "ta",
    "telugu": "te",
    "georgian": "ka",
    "armenian": "hy",
}
"""Scripts that say the language, but for its small neighbours (Marathi is written like Hindi)."""
_SCRIPTS = {"CJK": "han", "HIRAGANA": "kana", "KATAKANA": "kana"}
"""First words of Unicode's character names, where they are not the script's own name."""
_LETTERS = {
    "cyrillic": (("sr", "ђјљњћџ"), ("be", "ў"), ("uk", "іїєґ"), ("ru", "ыэё"), ("bg", "ъ")),
    "arabic": (("ur", "ٹڈڑں"), ("fa", "پچژگ")),
}
"""Letters that a language has and the ones after it in the row have not."""


def _weights() -> dict[str, dict[str, float]]:
    """Of each word its languages; one that several share says less of each."""
    shared = Counter(word for words in COMMON.values() for word in set(words.split()))
    weights: dict[str, dict[str, float]] = {}
    for language, words in COMMON.items():
        for word in set(words.split()):
            weights.setdefault(word, {})[language] = 1 / shared[word]
    return weights


_WEIGHTS = _weights()
_WORD = re.compile(r"\b[^\W\d_]+\b")
_FIRST, _SLICE, _SLICES = 20_000, 1_000, 20
"""Characters looked at: from the beginning, and in each of so many slices of the rest."""
_SHARE = 1 / 10
"""Of the words of a text must be common ones; running text has a third to a half, a page of tables and code less."""
_AHEAD = 1.2
"""The found language must have so much more weight than the next one; Danish and Norwegian are 1.3 apart."""
_FEW, _FAR = 8, 5
"""Words of a short text; and how much farther down the list of a language the same words must stand."""


def language_of(text: str) -> str:
    """ISO 639-1 code of the language that most of the text is in, or `und`. Milliseconds, whatever the length."""
    sample = _sample(text)
    weights = _script_weights(sample)
    if not weights:
        return "und"
    script = max(weights, key=lambda name: weights[name])
    if script in {"han", "kana"}:
        return "zh" if script == "han" else "ja"
    if script == "latin":
        return _by_words(_words(sample))
    if script in _LETTERS:
        return _by_letters(sample, script)
    return _OF_SCRIPT.get(script, "und")


class Guard:
    """Watches a text grow, and notices when it is certainly not in the language it should be in.

    Names, code, quotations, titles and addresses in other languages are no alarm, nor is a foreign line here and there.
    What has no code of `NAMES`, `und` first of all, is never wrong.
    """

    def __init__(self, language: str) -> None:
        self._language = language
        self._text = ""
        self._looked_at = 0
        self._wrong = False

    def feed(self, piece: str) -> bool:
        """Whether the text may still be right, this piece included; once False, always False."""
        self._text += piece
        if not self._wrong and len(self._text) >= self._looked_at + _STEP and self._language in NAMES:
            self._looked_at = len(self._text)
            self._wrong = self._is_wrong(_FOREIGN.sub(" ", self._text))
        return not self._wrong

    def _is_wrong(self, text: str) -> bool:
        # The whole answer, and then what was written last: a model may begin well and go over to another language.
        begun, last = _script_weights(text), _script_weights(text[-_DRIFT:])
        if self._is_foreign(begun, _ENOUGH) or (len(text) > _DRIFT and self._is_foreign(last, _ENOUGH)):
            return True
        words = _words(text)
        return self._language in COMMON and (
            self._is_another(words) or (len(words) > _PARAGRAPH and self._is_another(words[-_PARAGRAPH:]))
        )

    def _is_foreign(self, weights: Mapping[str, int], enough: int) -> bool:
        """Nearly nothing of it is in a script of the language."""
        total = sum(weights.values())
        own = sum(weights.get(script, 0) for script in _scripts_of(self._language))
        return total >= enough and own * 10 < total

    def _is_another(self, words: list[str]) -> bool:
        """These words are clearly of another language that is written in Latin letters."""
        scores, common = _scores(words)
        best = max(scores.values(), default=0.0)
        return len(words) >= _SENTENCES and common * 5 >= len(words) and best >= 3 * scores.get(self._language, 0.0)


_STEP = 16
"""Characters between two looks."""
_ENOUGH = 120
"""Letters (a Chinese character counts as three) after which a script is no accident."""
_DRIFT = 400
"""Characters written last, looked at by themselves."""
_SENTENCES, _PARAGRAPH = 40, 80
"""Words that tell one Latin language from another, and words written last, looked at by themselves."""
_FOREIGN = re.compile(
    r"```.*?(?:```|\Z)|`[^`\n]*`|https?://\S+|\S+@\S+"
    r"|“[^”\n]{0,300}”|\"[^\"\n]{0,300}\"|«[^»\n]{0,300}»|「[^」\n]{0,300}」|『[^』\n]{0,300}』|《[^》\n]{0,300}》",
    re.DOTALL,
)
"""What may be in any language: code, addresses, quotations, titles."""


def name_of(language: str) -> str:
    """`French` for `fr`; the code itself where it is none of `NAMES`."""
    return NAMES.get(language, language)


def code_of(name: str) -> str | None:
    """The code of a language that a user names: `fr`, `French`, `zh-TW`, `pt_BR`; None for any other text."""
    wanted = name.strip().lower()
    code = re.split("[-_]", wanted, maxsplit=1)[0]
    if code in NAMES:
        return code
    return next((code for code, english in NAMES.items() if english.lower() == wanted), None)


def _sample(text: str) -> str:
    rest = len(text) - _FIRST
    if rest <= _SLICE * _SLICES:
        return text
    starts = range(_FIRST, len(text), rest // _SLICES)
    return "\n".join([text[:_FIRST], *(text[start : start + _SLICE] for start in starts)])


def _script_weights(text: str) -> Counter[str]:
    """How much of the text is in each script: a Chinese character says as much as three letters."""
    weights: Counter[str] = Counter()
    for character, count in Counter(text).items():
        script = _script_of(character)
        if script:
            weights[script] += count * (3 if script == "han" else 2 if script in {"kana", "hangul"} else 1)
    if weights["kana"] * 5 > weights["han"]:
        # Japanese is written in both: neither may lose against another script for want of the other.
        weights["kana"] += weights.pop("han", 0)
    return +weights


@lru_cache(10_000)
def _script_of(character: str) -> str:
    """`latin`, `han`, ...; empty for what is no letter."""
    if not character.isalpha():
        return ""
    words = character_name(character, "").removeprefix("FULLWIDTH ").removeprefix("HALFWIDTH ").split()
    first = words[0] if words else ""
    return _SCRIPTS.get(first.partition("-")[0], first.lower())


def _scripts_of(language: str) -> set[str]:
    """The scripts that a text in this language may be in; Japanese counts its Chinese characters to the kana."""
    if language in {"zh", "ja"}:
        return {"han" if language == "zh" else "kana"}
    for script, code in _OF_SCRIPT.items():
        if code == language:
            return {script}
    if language in {"ru", "uk", "be", "bg", "sr"}:
        return {"cyrillic", "latin"} if language == "sr" else {"cyrillic"}
    return {"arabic"} if language in {"ar", "fa", "ur"} else {"latin"}


def _by_letters(text: str, script: str) -> str:
    """A language's own letters are no slip of the pen where they are one in two hundred."""
    counts = Counter(text.lower())
    letters = sum(count for letter, count in counts.items() if _script_of(letter) == script)
    for language, own in _LETTERS[script]:
        if sum(counts[letter] for letter in own) * 200 >= letters:
            return language
    return "ar" if script == "arabic" else "ru"


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _by_words(words: list[str]) -> str:
    scores, common = _scores(words)
    if len(words) < 2 or not scores or common < _SHARE * len(words):  # a single word says nothing
        return "und"
    best, *others = sorted(scores, key=lambda name: scores[name], reverse=True)
    if not others or scores[best] >= _AHEAD * scores[others[0]]:
        return best
    likely = [name for name in scores if scores[best] < _AHEAD * scores[name]]
    return _commoner(words, likely) if len(words) < _FEW else "und"


def _commoner(words: list[str], likely: list[str]) -> str:
    """Of languages that share all the common words of a short text, the one in which they are commoner by far."""
    places = {
        name: 1 + sum(listed.index(word) for word in words if word in listed)
        for name in likely
        for listed in [COMMON[name].split()]
    }
    first, second = sorted(places, key=lambda name: places[name])[:2]
    return first if places[second] >= _FAR * places[first] else "und"


def _scores(words: Iterable[str]) -> tuple[dict[str, float], int]:
    """The weight of each language, and how many of the words are common in the weightiest."""
    counts = Counter(words)
    scores: dict[str, float] = {}
    for word, count in counts.items():
        for language, weight in _WEIGHTS.get(word, {}).items():
            scores[language] = scores.get(language, 0.0) + weight * count
    best = max(scores, key=lambda name: scores[name], default="")
    return scores, sum(count for word, count in counts.items() if best in _WEIGHTS.get(word, {}))

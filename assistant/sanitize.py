"""Text from outside, made safe to show: a model's words, a document, a file name, a GGUF key, an error.

A terminal obeys control characters; these functions leave none but newline and tab, and let nothing hide: overrides of
the writing direction and characters without width become visible. Ordinary text of every script passes unchanged,
emoji of several parts and the joiners of Persian and Indic words included. The module knows nothing of terminals.
"""

import json
import re

_CONTROL = r"\x00-\x08\x0b-\x1f\x7f-\x9f"
"""C0 without tab and newline, DEL, C1."""
_DIRECTION = "\u202a-\u202e\u2066-\u2069"
"""Embeddings, overrides and isolates: they show one order and mean another (CVE-2021-42574)."""
_HIDDEN = "\u061c\u180e\u200b\u200e\u200f\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb"
"""Direction marks, zero-width space, word joiner, invisible operators, byte order mark, annotations."""
_SOFT_HYPHEN = "\u00ad"
"""Full in documents, and nothing but a place where a word may be parted: it goes."""
_SEPARATORS = "\u2028\u2029"
_SURROGATES = "\ud800-\udfff"
"""Undecodable bytes of file names; no stream can write them."""
_TAGS = "\U000e0000-\U000e007f"
"""Invisible letters; their one honest use is in the flags of regions, after a black flag."""
_FLAG = "\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f"
# Zero-width (non-)joiners belong between letters of other scripts and between emoji; elsewhere they only hide.
_BEFORE = f"\x00-\x9f\u200c\u200d{_DIRECTION}{_HIDDEN}{_SOFT_HYPHEN}{_SEPARATORS}{_SURROGATES}{_TAGS}"
_JOINER = f"(?<=[{_BEFORE}])[\u200c\u200d]"

_SUSPECT = re.compile(
    f"(?P<flag>{_FLAG})|(?P<unseen>[{_DIRECTION}{_HIDDEN}{_TAGS}]|{_JOINER})|(?P<line>[{_SEPARATORS}])"
    f"|(?P<broken>[{_SURROGATES}])|[{_CONTROL}{_SOFT_HYPHEN}]+"
)


def printable(text: str) -> str:
    """The text without control characters (newline and tab stay), with what would not be seen spelled out (`<U+202E>`).

    Idempotent. Safe on pieces of a stream: no rule needs what comes later, so a sequence cut in two dies in both.
    """
    return _SUSPECT.sub(_shown, text)


def one_line(text: str) -> str:
    """`printable` on one line: line breaks and tabs become single spaces. For names, keys and errors."""
    return " ".join(printable(text).split())


def printable_json(value: object, *, indent: int | None = 2) -> str:
    """The value as JSON in readable Unicode, characters that `printable` would change written as escapes.

    What a program reads back is exactly the value; what a terminal shows obeys nothing. `indent` None: on one line.
    """
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return _SUSPECT.sub(lambda found: found[0] if found["flag"] else json.dumps(found[0])[1:-1], text)


def _shown(found: re.Match[str]) -> str:
    match found.lastgroup:
        case "flag":
            return found[0]
        case "unseen":
            return f"<U+{ord(found[0]):04X}>"
        case "line":
            return "\n"
        case "broken":
            return "\ufffd"
        case _:
            return ""

"""What stands in the prompt for something longer: `[Pasted text #1 · 214 lines · 2,114 tokens]`, `@notes.md`.

The number alone says which pasted text is meant; the words around it may be those of another language or an older
figure. A mention is a path; one with spaces stands in quotes. Pure functions of text.
"""

import re
import shlex
from collections.abc import Mapping
from pathlib import PurePath
from urllib.parse import unquote, urlsplit

from assistant import Attachment, Typed, one_line, rough_tokens
from tui.language import _, plural
from tui.prompt.graphemes import Stops

LARGE_LINES = 8
LARGE_CHARACTERS = 1000

_FOLDED = re.compile(r"\[[^\[\]\n]*#(\d{1,9}) · [^\[\]\n]*\]")
# No letter of an address before it: `me@example.org` mentions no file. Chinese has no spaces, so a letter of it may.
_MENTION = re.compile(r"""(?<![A-Za-z0-9._%+\-@])@(?:"([^"\n]+)"|([^\s"@]+))""")
_TYPING = re.compile(r"""(?<![A-Za-z0-9._%+\-@])@(?:"([^"\n]*)|([^\s"@]*))\Z""")
_TRAILING = ",.;:!?)]}'\"，。；：！？）】」』》、"
_LONGEST_DROP = 1 << 14


def is_large(text: str) -> bool:
    """Whether a paste is folded."""
    return text.count("\n") >= LARGE_LINES or len(text) > LARGE_CHARACTERS


def placeholder(number: int, text: str, tokens: int | None = None) -> str:
    """What stands for a pasted text; `tokens` None: about."""
    about, count = ("", tokens) if tokens is not None else ("≈", rough_tokens(text))
    return _("[Pasted text #{number} · {lines} · {tokens}]").format(
        number=number, lines=lines(lines_of(text)), tokens=about + tokens_words(count)
    )


def lines_of(text: str) -> int:
    """How many lines it has; the end of the last one begins no other."""
    return text.removesuffix("\n").count("\n") + 1


def lines(count: int) -> str:
    """`214 lines`."""
    return plural("{count} line", "{count} lines", count)


def tokens_words(count: int) -> str:
    """`2,114 tokens`."""
    return plural("{count} token", "{count} tokens", count)


def folded(text: str, pasted: Mapping[int, str]) -> list[tuple[int, int, int]]:
    """First place, the one behind, and number of each pasted text that `text` stands for."""
    found = ((match.start(), match.end(), int(match[1])) for match in _FOLDED.finditer(text))
    return [(start, end, number) for start, end, number in found if number in pasted]


def unfold(typed: Typed) -> tuple[tuple[Attachment, ...], str]:
    """The pasted texts of what was typed, as they go before it, and the text with their names where they stood."""
    attachments: dict[int, Attachment] = {}
    parts: list[str] = []
    at = 0
    for start, end, number in folded(typed.text, typed.pasted):
        name = _("pasted text {number}").format(number=number)
        attachments[number] = Attachment(name, typed.pasted[number])
        parts += typed.text[at:start], f"[{name}]"
        at = end
    return tuple(attachments.values()), "".join(parts) + typed.text[at:]


def used(text: str, pasted: Mapping[int, str]) -> Typed:
    """`text` with those pasted texts that it stands for."""
    return Typed(text, {number: pasted[number] for _start, _end, number in folded(text, pasted)})


def mention(path: str) -> str:
    """How a file is mentioned."""
    return f'@"{path}"' if re.search(r"[\s@]", path) or path.endswith(tuple(_TRAILING)) else f"@{path}"


def mentions(text: str) -> dict[str, Stops]:
    """Paths that are mentioned, and where; whether such a file exists is another matter.

    A path is there as it is written, and without the punctuation of the sentence behind it.
    """
    found: dict[str, Stops] = {}
    for match in _MENTION.finditer(text):
        quoted, plain = match.groups()
        path = quoted if quoted is not None else plain
        found[path] = (*found.get(path, ()), match.span())
        shorter = plain.rstrip(_TRAILING) if plain is not None else path
        if shorter and shorter != path:
            end = match.end() - len(path) + len(shorter)
            found[shorter] = (*found.get(shorter, ()), (match.start(), end))
    return found


def being_mentioned(before_cursor: str) -> tuple[int, str] | None:
    """Where the mention at the end of this text begins, and what is there of its path; None where there is none."""
    match = _TYPING.search(before_cursor)
    return None if match is None else (match.start(), match[1] if match[1] is not None else match[2])


def dropped(text: str) -> tuple[str, ...]:
    """Absolute paths that a pasted text consists of, as terminals write them for dropped files; empty for other text.

    Quoted, with escaped spaces, or as addresses of the file scheme. Whether they exist, the disk must say.
    """
    stripped = text.strip()
    if not 1 < len(stripped) <= _LONGEST_DROP or not re.match(r"""['"]?(/|~/|file://|[A-Za-z]:[\\/])""", stripped):
        return ()
    if re.match(r"""['"]?[A-Za-z]:[\\/]""", stripped):  # backslashes are no escapes there
        words = [word.strip("\"'") for word in re.findall(r"""'[^'\n]+'|"[^"\n]+"|[^\s"']+""", stripped)]
    elif "\n" not in stripped and not re.search(r"""[\\'"]|file://""", stripped):
        words = [stripped]  # a path with spaces as it is: some terminals escape nothing
    else:
        try:
            words = shlex.split(stripped)
        except ValueError:
            return ()
    paths = tuple(_local(word) for word in words)
    return paths if all(map(_is_absolute, paths)) else ()


def _local(word: str) -> str:
    if not word.startswith("file://"):
        return word
    address = urlsplit(word)
    return unquote(address.path) if address.netloc in ("", "localhost") else ""


def _is_absolute(path: str) -> bool:
    return path.startswith(("/", "~/")) or (PurePath(path).is_absolute() and one_line(path) == path)

"""Subtitles (SRT, WebVTT) become text: what is said, with the time at the beginning of each stretch.

Numbers, styles and positions are dropped, and a line that the next cue only repeats (captions that roll) stands once.
A stretch is some half a minute, or ends with a pause: a time before each cue would be half of what a model reads.
"""

import html
import re
from collections.abc import Iterator

from assistant.documents.document import Document
from assistant.documents.encoding import Decoded
from assistant.errors import InvalidDocument
from assistant.sanitize import one_line

STRETCH_SECONDS = 30
PAUSE_SECONDS = 4
_TIMES = re.compile(
    r"\s*(?:(\d+):)?(\d{1,2}):(\d\d)[,.](\d{1,3})[ \t]*-->[ \t]*(?:(\d+):)?(\d{1,2}):(\d\d)[,.](\d{1,3})"
)
_VOICE = re.compile(r"<v(?:\.[^ \t<>]*)?[ \t]+([^<>]*)>")
_STYLE = re.compile(r"</?[A-Za-z0-9][^<>]*>|\{\\[^{}]*\}")


def read_subtitles(decoded: Decoded, name: str) -> Document:
    """Raises InvalidDocument where nothing is said."""
    stretches: list[list[str]] = []
    began = until = -1e9
    last: set[str] = set()
    for start, end, lines in _cues(decoded.text):
        said = tuple(line for line in lines if line not in last)
        last = set(lines)
        if not said:
            until = max(until, end)
            continue
        if start >= began + STRETCH_SECONDS or start >= until + PAUSE_SECONDS or start < began:
            began = start
            stretches.append([f"[{_clock(start)}]"])
        stretches[-1].extend(said)
        until = end
    if not stretches:
        raise InvalidDocument(f"{one_line(name)} has no words in it; subtitles were expected; check the file")
    text = "\n\n".join("\n".join(stretch) for stretch in stretches) + "\n"
    return Document(name, text, decoded.encoding, decoded.guessed, "subtitles", notes=decoded.notes)


def _cues(text: str) -> Iterator[tuple[float, float, tuple[str, ...]]]:
    """Start and end in seconds, and the lines. What stands outside a cue (notes, styles, numbers) is no cue."""
    for block in re.split(r"\n[ \t]*\n", text):
        lines = block.split("\n")
        at = next((at for at, line in enumerate(lines[:3]) if _TIMES.match(line)), None)
        if at is None:
            continue
        times = _TIMES.match(lines[at])
        assert times is not None  # noqa: S101  found in the line before
        said = (" ".join(html.unescape(_STYLE.sub("", _VOICE.sub(r"\1: ", line))).split()) for line in lines[at + 1 :])
        yield _seconds(*times.groups()[:4]), _seconds(*times.groups()[4:]), tuple(line for line in said if line)


def _seconds(hours: str | None, minutes: str, seconds: str, rest: str) -> float:
    return int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds) + float(f"0.{rest}")


def _clock(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"

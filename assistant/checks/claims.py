"""Finds what a text claims: figures, quoted phrases and names, each once, in order.

A claim stands within one line, and whether it is one depends on nothing after it but its own neighbours, so a text can
be checked while it is written. Nothing is looked up here.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

from assistant.checks import chinese_names, names
from assistant.checks.figures import Figure, figures
from assistant.checks.names import Name, Words
from assistant.checks.quotes import Quote, quotes

_ADDRESS = re.compile(
    r"(?:https?://|www\.)[\w.~:/?#@!$&*+,;=%-]{1,2000}|[\w.+-]{1,64}@[\w-]{1,64}\.[\w.-]{1,64}", re.ASCII
)
_NUMBERING = re.compile(
    r"\s{0,40}(?:[#>*_\-•·]{1,6}\s{0,4})*(?:\(?\d{1,3}(?:\.\d{1,3})*(?:[.):、）]\)?)(?=\s|[*_]|$|[^\W\d])|\(\d{1,3}\))"
)
_HEADING_NUMBER = re.compile(r"\s{0,3}#{1,6}\s{1,4}\d{1,3}(?:\.\d{1,3})*(?=[\s.、])")
_EAST_ASIAN = re.compile(r"[\u3005-\u30ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff]")
_MEASURES = (
    "个個家名位人次项項条條年月日号天周元倍方国國种種类類级級期件份篇章节節款岁歲米吨噸秒季届屆批层層座台辆艘架只头匹棵张張本部间間套"
    "组組队隊所省市县大点點步轮輪场場代世州处處户戶股支只分小公千克毫平万"
)


@dataclass(frozen=True, slots=True)
class ChineseName:
    start: int
    end: int
    words: str


Found = Figure | Quote | Name | ChineseName


def in_line(line: str, words: Words, seen: Collection[str], start: int = 0) -> list[Found]:
    """The claims of a line from `start` on, in order. `seen`: names that stood earlier in the text."""
    if not line.strip():
        return []
    hidden = line
    found: list[Found] = []
    for quote in quotes(line, start):
        found.append(quote)
        hidden = _masked(hidden, quote.start, quote.end)
    for address in _ADDRESS.finditer(hidden):
        hidden = _masked(hidden, *address.span())
    numbered = _HEADING_NUMBER.match(hidden) or _NUMBERING.match(hidden)
    begin = max(start, numbered.end() if numbered else 0)
    for figure in figures(hidden):
        if figure.start >= begin and _is_claim(line, figure):
            found.append(figure)
        if figure.start >= begin and figure.kind != "number":
            hidden = _masked(hidden, figure.start, figure.end)
    for name_start, name_end in chinese_names.names(hidden, start):
        found.append(ChineseName(name_start, name_end, line[name_start:name_end]))
    found += names.names(_EAST_ASIAN.sub("¦", hidden), words, seen, start)
    return _apart(found)


def _apart(found: list[Found]) -> list[Found]:
    """In order, none over another; a figure inside a name stays part of the name."""
    kept: list[Found] = []
    for claim in sorted(found, key=lambda claim: (claim.start, -claim.end)):
        if not kept or claim.start >= kept[-1].end:
            kept.append(claim)
    return kept


def _masked(line: str, start: int, end: int) -> str:
    return line[:start] + "¦" * (end - start) + line[end:]


def _is_claim(line: str, figure: Figure) -> bool:
    """Whether a figure says something: not every "one", 一 or "third" does."""
    if not figure.worded or figure.kind != "number":
        return True
    written = line[figure.start : figure.end].lower()
    if figure.ordinal:
        return "-" in written or not _opens(line, figure)
    if written.isascii():
        return written not in ("one", "zero")
    after = line[figure.end : figure.end + 1]
    if len(written) == 1:
        if written in "一壹万萬亿億兆百千":
            return False
        measured = bool(after) and after in _MEASURES
        return measured and not (written == "十" and after == "分") and not (written in "三四" and after == "川")
    if all(character in "零〇○一二三四五六七八九两兩" for character in written):
        return (
            "〇" in written
            or "零" in written
            or after == "年"
            or (bool(after) and after in _MEASURES and len(set(written)) > 1)
        )
    return not line[max(0, figure.start - 1) : figure.start].endswith(("几", "数", "好"))


def _opens(line: str, figure: Figure) -> bool:
    """Whether an ordinal only counts the points of the text: `Third, ...`."""
    before = line[: figure.start].rstrip()
    return not before or before[-1] in ".;:-*" or line[figure.end : figure.end + 1] == ","

"""Where a line of text may be broken so that no line is wider than it may be, in cells of the terminal.

Latin words stay whole; Chinese, Japanese and wide symbols break anywhere but before closing and after opening marks; a
character is never parted from what belongs to it (combining marks, the parts of an emoji).
"""

from rich.cells import cell_len, split_graphemes

_NEVER_FIRST = frozenset("，。、；：？！）」』】》〉〕”’…—·～％,.!?:;)]}%ー々")
_NEVER_LAST = frozenset("（「『【《〈〔“‘([{")


def breaks(text: str, width: int, *, words: bool = True) -> list[int]:
    """Indices at which new lines begin, the first line's 0 left out. Spaces at a break may stand beyond the width.

    `words` False: lines are as full as they can be, as code wants it. A character wider than `width` has its own line.
    """
    if text.isascii():
        return _ascii_breaks(text, max(width, 1), words=words) if len(text) > width else []
    if cell_len(text) <= width:
        return []
    found: list[int] = []
    begun = taken = chance = taken_at_chance = 0
    before, wide_before = "", False
    for start, end, size in split_graphemes(text)[0]:
        character, wide, space = text[start], size == 2, text[start:end] == " "
        may_break = (
            before == " "
            or ((wide or wide_before) and character not in _NEVER_FIRST and before not in _NEVER_LAST)
            or not words
        )
        if may_break and start > begun and not space:
            chance, taken_at_chance = start, taken
        while taken + size > width and not space and start > begun:
            if chance > begun:
                begun, taken = chance, taken - taken_at_chance
            else:
                begun, taken = start, 0
            found.append(begun)
            taken_at_chance = 0
        taken += size
        before, wide_before = text[end - 1], wide
    return found


def _ascii_breaks(text: str, width: int, *, words: bool) -> list[int]:
    found: list[int] = []
    begun = 0
    while len(text) - begun > width:
        end = begun + width
        if words and text[end] != " ":
            space = text.rfind(" ", begun, end)
            end = space + 1 if space >= begun and text[begun:space].strip() else end
        elif words:
            while end < len(text) and text[end] == " ":
                end += 1
        if end >= len(text):
            break
        found.append(end)
        begun = end
    return found

"""A corpus made ready for prompts and for the search, as bilibili prepared it for Index-1.9B-Character (`roleplay/`).

A dialogue ends with the character's last line; duplicates are dropped; so are dialogues in which the character says
less than ten characters a line, unless fewer than twenty would remain. For the search by vectors the last line is left
out, and the other speakers are called user0, user1, … in the order in which they speak: who it is shall not decide.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant.characters.values import DIALOGUES, Dialogue, LeftOut, Line

SHORT = 10
"""Characters of the character's lines, on average; what is shorter shows little of how it speaks."""
IsSelf = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Prepared:
    """The dialogues that may be shown, each ending with the character's words, and what was left out and why."""

    dialogues: tuple[Dialogue, ...]
    left_out: tuple[LeftOut, ...] = ()


def prepared(dialogues: Sequence[Dialogue], is_self: IsSelf, least: int = DIALOGUES) -> Prepared:
    """The dialogues as they are shown. `least`: short ones stay where fewer than so many remain without them."""
    found: dict[tuple[Line, ...], Dialogue] = {}
    left_out: list[LeftOut] = []
    for dialogue in dialogues:
        end = next((at for at in range(len(dialogue.lines), 0, -1) if is_self(dialogue.lines[at - 1].speaker)), 0)
        lines = dialogue.lines[:end]
        if not lines:
            left_out.append(LeftOut(dialogue.where, "the character does not speak in it"))
        elif lines in found:
            left_out.append(LeftOut(dialogue.where, f"the same as {found[lines].where}"))
        else:
            found[lines] = dialogue if end == len(dialogue.lines) else Dialogue(lines, dialogue.where)
    kept = tuple(found.values())
    longer = tuple(dialogue for dialogue in kept if not _is_short(dialogue, is_self))
    if len(longer) < least:
        return Prepared(kept, tuple(left_out))
    short = (dialogue for dialogue in kept if _is_short(dialogue, is_self))
    why = f"the character says less than {SHORT} characters a line"
    return Prepared(longer, (*left_out, *(LeftOut(dialogue.where, why) for dialogue in short)))


def situation(lines: Sequence[Line]) -> tuple[Line, ...]:
    """What a dialogue is found by: all its lines but the last, or the only one."""
    return tuple(lines if len(lines) < 2 else lines[:-1])


def neutral(lines: Sequence[Line], is_self: IsSelf) -> str:
    """The lines as a text in which only the character has a name."""
    others: dict[str, str] = {}
    rows = []
    for line in lines:
        name = line.speaker if is_self(line.speaker) else others.setdefault(line.speaker, f"user{len(others)}")
        rows.append(f"{name}{line.colon}{line.words}")
    return "\n".join(rows)


def _is_short(dialogue: Dialogue, is_self: IsSelf) -> bool:
    sizes = [len(line.words) for line in dialogue.lines if is_self(line.speaker)]
    return sum(sizes) < SHORT * len(sizes)

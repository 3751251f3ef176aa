"""What was read before, found again: in memory, set aside in memory for another conversation, or saved on disk.

A new prompt takes over the longest beginning that any of the three has; the rest is read. Nothing is trusted by its
name: tokens are compared one by one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant.llama.context import Checkpoint, LlamaContext, Snapshot
from assistant.plan.plan import PREFERRED
from assistant.plan.setting import MemoryKind
from assistant.readings import Point, Reading, SavedReadings

_WORTH_SETTING_ASIDE = 64
"""Tokens; fewer are read again sooner than they are copied."""
_WORTH_LOADING = 256
"""More tokens than memory has, for which the disk is asked."""
_WORTH_SAVING = 512
"""Newly read tokens, below which nothing is saved."""
_SAVED_A_SECOND = 400e6
"""Bytes a second that a disk takes; slower ones cost a little more of the tenth below."""
_SHARE_OF_READING = 0.1
"""Saving may take a tenth of what the reading took. Where reading is faster than that, it needs no saving."""
_SET_ASIDE = 2
"""Conversations beside the one in memory."""


@dataclass(frozen=True, slots=True)
class Known:
    """Something that was read, and how many of a prompt's tokens it can give."""

    tokens: Sequence[int]
    lengths: Sequence[int]
    """Where it can be cut; empty: anywhere."""
    plain: bool

    def gives(self, prompt: Sequence[int]) -> int:
        """The prompt's last token is never among them: its logits are needed."""
        same = common(self.tokens, prompt[:-1])
        if self.plain or same == len(self.tokens):
            return same
        return max((length for length in self.lengths if length <= same), default=0)


class Recall:
    """For one model. `saved`: the readings that memory of a kind can take; `room`: bytes that copies in memory
    may take now."""

    def __init__(self, saved: Callable[[MemoryKind], SavedReadings | None], room: Callable[[], int]) -> None:
        self._saved = saved
        self._room = room
        self._aside: list[Snapshot] = []

    @property
    def copies(self) -> int:
        """Bytes that conversations set aside in memory take."""
        return _total(self._aside)

    def known(self, context: LlamaContext | None, prompt: Sequence[int], *, plain: bool) -> dict[MemoryKind, int]:
        """How many of the prompt's tokens memory of each kind has, here, set aside or on disk, where it has any."""
        found: dict[MemoryKind, int] = {}
        for k, v, flash in PREFERRED:
            saved = self._saved((k, v, flash))
            readings = saved.all() if saved is not None else []
            gives = [Known(reading.tokens, reading.lengths, plain).gives(prompt) for reading in readings]
            if context is not None and context.setting.memory_kind == (k, v, flash):
                gives.append(_known(context.tokens, context.checkpoints, plain).gives(prompt))
                gives += [_gives(snapshot, prompt, plain) for snapshot in self._aside]
            if most := max(gives, default=0):
                found[k, v, flash] = most
        return found

    def begin(self, context: LlamaContext, prompt: Sequence[int]) -> int:
        """Bring the context to the longest known beginning of the prompt; gives its tokens."""
        here = _known(context.tokens, context.checkpoints, context.plain).gives(prompt)
        aside = max(self._aside, key=lambda snapshot: _gives(snapshot, prompt, context.plain), default=None)
        there = 0 if aside is None else _gives(aside, prompt, context.plain)
        saved = self._saved(context.setting.memory_kind)
        reading = _best(saved, prompt, context.plain, more_than=max(here, there) + _WORTH_LOADING)
        if len(context.tokens) - here >= _WORTH_SETTING_ASIDE:
            self._set_aside(context)
        if saved is not None and reading is not None and _load(saved, context, reading):
            return context.cut(_common_with(context, prompt))
        if aside is not None and there > here:
            if aside in self._aside:
                self._aside.remove(aside)
            context.restore(aside)
        return context.cut(_common_with(context, prompt))

    def has_read(self, context: LlamaContext, tokens: int, seconds: float) -> None:
        """Save what is in memory, where the `tokens` last read took long enough for that."""
        size = context.state_size()
        saved = self._saved(context.setting.memory_kind)
        if saved is None or tokens < _WORTH_SAVING or size / _SAVED_A_SECOND > _SHARE_OF_READING * seconds:
            return
        if saved.room_for(size):
            points = [Point(point.length, point.data) for point in context.checkpoints]
            saved.keep(context.tokens, points, context.save)

    def copy(self, context: LlamaContext) -> Snapshot | None:
        """What is in memory, for the next context; None where there is no room for a copy."""
        return context.snapshot() if 0 < context.state_size() <= self._room() else None

    def forget(self) -> None:
        """Give up what was set aside in memory."""
        self._aside.clear()

    def _set_aside(self, context: LlamaContext) -> None:
        """Keep a copy of what is in memory and about to be cut, unless a longer copy of it is there."""
        self._aside = [
            snapshot
            for snapshot in self._aside
            if common(snapshot.tokens, context.tokens) < len(snapshot.tokens)  # the new copy begins with it
        ]
        size = context.state_size()
        room = self._room()
        while self._aside and (len(self._aside) >= _SET_ASIDE or size + _total(self._aside) > room):
            del self._aside[0]
        if size <= room and (snapshot := context.snapshot()) is not None:
            self._aside.append(snapshot)


def common(first: Sequence[int], second: Sequence[int]) -> int:
    """Length of the beginning that two lists of tokens share."""
    same = 0
    for one, other in zip(first, second, strict=False):
        if one != other:
            break
        same += 1
    return same


def _best(saved: SavedReadings | None, prompt: Sequence[int], plain: bool, *, more_than: int) -> Reading | None:
    """The saved reading that gives most of the prompt, and more tokens than that."""
    best, most = None, more_than
    if saved is not None and len(prompt) > more_than:
        for reading in saved.all():
            gives = Known(reading.tokens, reading.lengths, plain).gives(prompt)
            if gives > most:
                best, most = reading, gives
    return best


def _load(saved: SavedReadings, context: LlamaContext, reading: Reading) -> bool:
    points = saved.points(reading)
    if points is None:
        return False
    checkpoints = [Checkpoint(point.length, point.data) for point in points]
    if context.load(reading.state, reading.tokens, checkpoints):
        return True
    saved.remove(reading)
    return False


def _known(tokens: Sequence[int], checkpoints: Sequence[Checkpoint], plain: bool) -> Known:
    return Known(tokens, [checkpoint.length for checkpoint in checkpoints], plain)


def _gives(snapshot: Snapshot, prompt: Sequence[int], plain: bool) -> int:
    return _known(snapshot.tokens, snapshot.checkpoints, plain).gives(prompt)


def _common_with(context: LlamaContext, prompt: Sequence[int]) -> int:
    return common(context.tokens, prompt[:-1])


def _total(snapshots: Sequence[Snapshot]) -> int:
    return sum(snapshot.size for snapshot in snapshots)

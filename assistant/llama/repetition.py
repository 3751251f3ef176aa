"""Says when an answer has begun to say the same thing without end: tokens in, one verdict out.

An answer is endless when its last tokens are whole repeats of one piece, `LEAST` tokens of it or more: four repeats, or
three of a piece of 128 tokens or more (a paragraph). Greedy models that fall into a loop never leave it. What people
ask for stays below: a refrain sung three times, the line of a table, a list that counts up (its tokens differ).
"""

import numpy as np

LEAST = 128
"""Tokens. A line of dashes as wide as a page has fewer, in every vocabulary that has a token for more than one."""
REPEATS, PARAGRAPH_REPEATS = 4, 3
PARAGRAPH = 128
LONGEST = 1024
"""Longest piece that is noticed, in tokens: an answer of three of them has been read by nobody."""


class Repetition:
    """Feed every token of the answer; each takes the same few microseconds."""

    def __init__(self) -> None:
        self._last = np.full(2 * LONGEST, -1, np.int32)
        """The last tokens, the newest first from `_at` on; written downwards, copied up when the room is used up."""
        self._at = LONGEST
        self._same = np.zeros(LONGEST, np.int32)
        """For each period (index + 1): how many of the last tokens equal the one a period before."""
        self._count = 0
        periods = np.arange(1, LONGEST + 1, dtype=np.int32)
        repeats = np.where(periods < PARAGRAPH, REPEATS, PARAGRAPH_REPEATS)
        self._enough = np.maximum(repeats * periods, LEAST) - periods

    def feed(self, token: int) -> bool:
        """Whether the answer is endless now."""
        before = self._last[self._at : self._at + LONGEST]
        self._same += 1
        self._same *= before == token
        if self._at == 0:
            self._last[LONGEST + 1 :] = self._last[: LONGEST - 1].copy()
            self._at = LONGEST + 1
        self._at -= 1
        self._last[self._at] = token
        return bool((self._same >= self._enough).any())

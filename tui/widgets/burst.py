"""Keys that come faster than anyone types: a paste into a terminal that does not mark pastes.

Such a terminal sends the lines of a paste as keys, and the Enter at the end of the first would send a message. So Enter
(and Tab) right behind a letter is held back for a moment: if more comes, all of it was a paste; if nothing does, it was
the key. Pure: times come with the keys. The module knows nothing of widgets.
"""

QUICK = 0.012
"""Seconds between two keys that no fingers can press in turn."""
QUIET = 0.1
"""Seconds without a key that end a burst; also how long a held Enter waits."""
LATE = 0.3
"""Seconds after a paste in which what comes quickly, or is Enter, still belongs to it: slow lines pause."""

ENTER, TAB, NEW_LINE = "\r", "\t", "\n"
_NEVER = float("-inf")


class Burst:
    """Told every key in its order; says which are to be held back."""

    def __init__(self) -> None:
        self._last = _NEVER
        self._pasted = _NEVER
        self._held: list[str] = []
        self.run = ""
        """What the quick keys before the held ones have typed; it belongs to the same paste."""
        self.continues = False
        """That paste goes on where the one before ended: its line paused."""
        self.count = 0
        """Keys held so far, ever: tells whether another came meanwhile."""

    @property
    def holding(self) -> bool:
        return bool(self._held)

    def goes_on(self, text: str | None, time: float) -> bool:
        """Whether a key of this text (None: it types none) belongs to what is held; if not, release that first."""
        return text is not None and time - self._last < LATE

    def takes(self, text: str | None, time: float) -> bool:
        """Note the key; True: it is held back."""
        quick = time - self._last < QUICK
        if text is None:
            self._last, self.run, self.continues = _NEVER, "", False
            return False
        if not quick and not self._held:
            self.run, self.continues = "", time - self._pasted < LATE
        self._last = time
        if self._held or (quick and (self.continues or text in (ENTER, TAB))) or (self.continues and text == ENTER):
            self._held.append(text)
            self.count += 1
            return True
        self.run += text
        return False

    def release(self) -> str:
        """What was held: `ENTER` or `TAB` alone is that key; anything else is text, with line ends of one kind."""
        held = "".join(self._held)
        self._held.clear()
        if not self.continues and not held.strip(ENTER):
            return ENTER
        if held == TAB:
            return TAB
        self._pasted = self._last
        return held.replace("\r\n", "\n").replace("\r", "\n")

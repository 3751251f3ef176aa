"""Words on a terminal as the model writes them, with a mark behind each claim that the document does not have."""

from collections.abc import Callable

from assistant.checks.checker import Checker
from assistant.checks.marks import SIGN, Marking
from assistant.console import Answer


class MarkedLine:
    """Shown without blank space at the beginning and the end, as the finished text is."""

    def __init__(self, checker: Callable[[], Checker]) -> None:
        """`checker` is called with the first words: the index is made while the model goes on writing."""
        self._checker = checker
        self._line = Answer()
        self._marking: Marking | None = None
        self._begun = False
        self._blank = ""
        """At the end of what was written: shown only once more comes."""

    def write(self, piece: str) -> None:
        """Show what is certain now."""
        if self._marking is None:
            self._marking = Marking(self._checker(), SIGN)
        self._show(self._marking.feed(piece))

    def end(self) -> None:
        """Show what was held back, and end the line; the text was finished, discarded or interrupted."""
        if self._marking is not None:
            self._show(self._marking.rest())
            self._marking = None
        self._line.end_line()

    def void(self) -> None:
        """End it; another text begins."""
        self.end()
        self._begun, self._blank = False, ""

    def _show(self, text: str) -> None:
        text = self._blank + text
        if not self._begun:
            text = text.lstrip()
        shown = text.rstrip()
        self._blank = text[len(shown) :]
        if shown:
            self._begun = True
            self._line.write(shown)

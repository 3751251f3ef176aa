"""The list above the prompt while a slash command is being typed."""

from textual.content import Content
from textual.widgets import Static

_ROWS = 6


class Completion(Static):
    """Up to six choices around the marked one; hidden when there is nothing to choose."""

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._choices: list[tuple[str, str]] = []
        self._marked = 0
        self.display = False

    @property
    def choice(self) -> str | None:
        """The marked line, or None while the list is hidden."""
        return self._choices[self._marked][0] if self.display else None

    def offer(self, choices: list[tuple[str, str]]) -> None:
        """Show these lines and what they do; none: hide."""
        self._choices = choices
        self._marked = 0
        self.display = bool(choices)
        self._draw()

    def move(self, step: int) -> None:
        """Mark another line, around the ends."""
        self._marked = (self._marked + step) % len(self._choices)
        self._draw()

    def _draw(self) -> None:
        first = max(0, min(self._marked - _ROWS // 2, len(self._choices) - _ROWS))
        shown = self._choices[first : first + _ROWS]
        width = max((len(line) for line, _ in shown), default=0)
        rows = [
            Content.assemble(
                ("❯ " if first + index == self._marked else "  ", "$primary"),
                (line.ljust(width), "bold" if first + index == self._marked else ""),
                (f"  {does}", "$foreground 60%"),
            )
            for index, (line, does) in enumerate(shown)
        ]
        hidden = len(self._choices) - len(shown)
        if hidden:
            rows.append(Content.styled(f"  {hidden} more", "$foreground 60%"))
        self.update(Content("\n").join(rows))

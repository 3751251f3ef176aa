"""The tree of a conversation: nothing is overwritten, what is said anew becomes a sibling, one path is current.

Questions and answers take turns on every path. The module knows nothing of engines, storage or screens.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from assistant.conversation.turns import Forgot, Turn


class Tree:
    """Turns, the marks of what the model no longer sees, and the current path. Not for two threads at once."""

    def __init__(
        self, turns: Iterable[Turn] = (), current: str | None = None, marks: Mapping[str, Forgot] | None = None
    ) -> None:
        """`turns`: parents before their children. A `current` that is unknown or removed gives way to the newest turn.

        Raises ValueError where turns are no tree, or questions and answers do not take turns.
        """
        self._turns: dict[str, Turn] = {}
        self._children: dict[str | None, list[str]] = {}
        self._marks: dict[str, Forgot] = {}
        self._visited: dict[str | None, str] = {}
        """The child through which the path last went, so that coming back to a branch finds its end again."""
        self._path: tuple[Turn, ...] = ()
        for turn in turns:
            self._insert(turn)
        for turn_id, mark in (marks or {}).items():
            self.mark(turn_id, mark)
        if current is not None and current in self._turns and self._visible(current):
            self._walk_to(current)
        else:
            self._walk_to(self._end(None))

    @property
    def turns(self) -> tuple[Turn, ...]:
        """All turns in the order in which they came, removed ones too."""
        return tuple(self._turns.values())

    @property
    def path(self) -> tuple[Turn, ...]:
        """The current path, from the first question on."""
        return self._path

    @property
    def current(self) -> str | None:
        """Id of the turn that the path ends with; None for no turn."""
        return self._path[-1].id if self._path else None

    @property
    def marks(self) -> Mapping[str, Forgot]:
        """By the first turn that the model still sees: what it no longer sees before it."""
        return self._marks

    @property
    def mark_on_path(self) -> tuple[int, Forgot] | None:
        """The last mark on the current path: index of the first turn that the model sees, and the mark."""
        for index in range(len(self._path) - 1, -1, -1):
            mark = self._marks.get(self._path[index].id)
            if mark is not None:
                return index, mark
        return None

    def __getitem__(self, turn_id: str) -> Turn:
        return self._turns[turn_id]

    def __contains__(self, turn_id: object) -> bool:
        return turn_id in self._turns

    def children(self, turn_id: str | None) -> tuple[Turn, ...]:
        """What follows a turn (None: what begins the conversation), oldest first, removed ones left out."""
        return tuple(self._turns[child] for child in self._children.get(turn_id, ()) if not self._turns[child].removed)

    def siblings(self, turn_id: str) -> tuple[Turn, ...]:
        """The turn and its alternatives, oldest first: the second of three is "2/3"."""
        return self.children(self._turns[turn_id].parent)

    def add(self, turn: Turn) -> None:
        """A new turn under its parent; the path leads to it. Raises ValueError where it cannot stand there.

        Raises KeyError below a turn that was removed.
        """
        if turn.parent is not None and turn.parent in self._turns and not self._visible(turn.parent):
            raise KeyError(turn.parent)
        self._insert(turn)
        self._walk_to(turn.id)

    def replace(self, turn: Turn) -> None:
        """The same turn with other words or facts; id, parent and role stay. Raises KeyError."""
        old = self._turns[turn.id]
        if (old.parent, old.role) != (turn.parent, turn.role):
            raise ValueError(f"turn {turn.id} stays where it is")
        self._turns[turn.id] = turn
        self._path = tuple(turn if step.id == turn.id else step for step in self._path)

    def mark(self, turn_id: str, mark: Forgot) -> None:
        """What the model no longer sees before this turn. Raises KeyError."""
        self._marks[self._turns[turn_id].id] = mark

    def select(self, turn_id: str) -> None:
        """Lead the path through this turn, to where its branch was last left, or to its newest end.

        Raises KeyError for a turn that is unknown or removed.
        """
        if not self._visible(turn_id):
            raise KeyError(turn_id)
        if all(step.id != turn_id for step in self._path):
            self._walk_to(self._end(turn_id))

    def end_at(self, turn_id: str | None) -> None:
        """Let the path end with exactly this turn; None: before the first one. Raises KeyError."""
        if turn_id is not None and not self._visible(turn_id):
            raise KeyError(turn_id)
        self._walk_to(turn_id)

    def remove(self, turn_id: str) -> None:
        """Take out a turn and what follows it; a path through it goes to a neighbour, or ends before it."""
        turn = self._turns[turn_id]
        if turn.removed:
            return
        family = self.siblings(turn_id)
        self.replace(replace(turn, removed=True))
        if any(step.id == turn_id for step in self._path):
            place = family.index(turn)
            left = family[:place] + family[place + 1 :]
            self._visited.pop(turn.parent, None)
            self._walk_to(self._end(left[max(place - 1, 0)].id) if left else turn.parent)

    def restore(self, turn_id: str) -> None:
        """Undo `remove`; the path leads through the turn again, unless one before it is removed too."""
        self.replace(replace(self._turns[turn_id], removed=False))
        if self._visible(turn_id):
            self.select(turn_id)

    def _insert(self, turn: Turn) -> None:
        if turn.id in self._turns:
            raise ValueError(f"two turns have the id {turn.id}")
        parent = None if turn.parent is None else self._turns.get(turn.parent)
        if turn.parent is not None and parent is None:
            raise ValueError(f"turn {turn.id} follows {turn.parent}, which is not there")
        if turn.role == (parent.role if parent is not None else "assistant"):
            raise ValueError(f"turn {turn.id} follows one of the same kind; questions and answers take turns")
        self._turns[turn.id] = turn
        self._children.setdefault(turn.parent, []).append(turn.id)

    def _visible(self, turn_id: str) -> bool:
        """Neither the turn nor one before it was removed. Raises KeyError."""
        step: str | None = turn_id
        while step is not None:
            turn = self._turns[step]
            if turn.removed:
                return False
            step = turn.parent
        return True

    def _end(self, turn_id: str | None) -> str | None:
        """Where a path through this turn ends: as last visited, else always by the newest child."""
        while following := self.children(turn_id):
            visited = self._visited.get(turn_id)
            turn_id = visited if any(child.id == visited for child in following) else following[-1].id
        return turn_id

    def _walk_to(self, turn_id: str | None) -> None:
        steps: list[Turn] = []
        while turn_id is not None:
            turn = self._turns[turn_id]
            steps.append(turn)
            self._visited[turn.parent] = turn.id
            turn_id = turn.parent
        self._path = tuple(reversed(steps))

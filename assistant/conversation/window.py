"""What of a conversation the model sees: how many of the oldest turns are left out when it is full. Pure arithmetic.

A question and its answer go together, and the last question always stays. Nothing is left out one exchange at a time:
what was read is reused only as far as the new prompt begins like the old one, so whenever the first turns change,
everything after them is read again. A quarter of the room is freed at once, and then many turns come without that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

WhenFull = Literal["stop", "drop", "summarize"]
"""What happens when a question no longer fits: it is refused with both counts; or the oldest turns are left out of the
prompt, and marked; or a summary by the model stands in their place."""


@dataclass(frozen=True, slots=True)
class Window:
    """What the next prompt takes of the context, in tokens of the model."""

    limit: int
    """The longest context that may be used."""
    used: int
    """Counted on the whole prompt: instruction, template and summary included."""
    free: int
    """For the next question and its answer."""
    dropped_turns: int
    """Oldest turns of the current path that the model does not see."""
    dropped_tokens: int
    summarized: bool
    """A summary stands in their place."""


def room_for_prompt(limit: int, answer: int) -> int:
    """Tokens for the prompt: the context less the longest answer, but never less than three quarters of it."""
    return limit - min(answer, limit // 4)


def leave_out(costs: Sequence[int], room: int) -> int:
    """How many of the oldest exchanges to leave out so that the others fit into `room` tokens; 0 where all fit.

    `costs`: tokens of each exchange, oldest first, the last question alone at the end; it is never left out. Where
    anything must go, what stays takes at most three quarters of the room, so that the next turns fit as well.
    """
    left = sum(costs)
    if left <= room:
        return 0
    count = 0
    while count < len(costs) - 1 and left > room * 3 // 4:
        left -= costs[count]
        count += 1
    return count

"""Pure values that a conversation is made of. Equal content is an equal object; nothing here is stored or sent."""

from dataclasses import dataclass, field
from typing import Literal

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Message:
    """One turn. `content` is plain text: whatever it spells, it never becomes a control token."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the next token is chosen. `temperature` 0 takes the likeliest one (greedy) and ignores the other choices."""

    temperature: float = 0.3
    top_k: int = 40
    top_p: float = 0.9
    min_p: float = 0.05
    repeat_penalty: float = 1.0
    """1 is off; otherwise the logits of the last 256 written tokens are divided (or multiplied) by it."""
    dry_multiplier: float = 0.0
    """0 is off; otherwise the longer a run of tokens the next one would repeat, the more it is penalised (DRY)."""
    seed: int | None = None
    """None: a new seed each time."""
    max_tokens: int = 1024
    """Longest answer, in tokens."""
    stop: tuple[str, ...] = field(default=())
    """Texts that end the answer; they are not part of it."""

"""Pure values that a conversation is made of. Equal content is an equal object; nothing here is stored or sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Literal

from assistant.errors import InvalidSetting

Role = Literal["system", "user", "assistant"]

LARGEST_SEED = 2**32 - 2
"""llama.cpp takes 2^32-1 for "choose one"."""
FORBIDDEN = -100.0
"""The bias that forbids a token altogether."""
_WHOLE: Mapping[str, tuple[int, int]] = {
    "top_k": (0, 1 << 20),
    "penalty_window": (-1, 1 << 20),
    "seed": (0, LARGEST_SEED),
    "max_tokens": (1, 1 << 30),
}
_REAL: Mapping[str, tuple[float, float]] = {
    "temperature": (0.0, 5.0),
    "top_p": (0.0, 1.0),
    "min_p": (0.0, 1.0),
    "repeat_penalty": (0.1, 10.0),
    "presence_penalty": (-10.0, 10.0),
    "frequency_penalty": (-10.0, 10.0),
    "dry_multiplier": (0.0, 10.0),
}


@dataclass(frozen=True, slots=True)
class Message:
    """One turn. `content` is plain text: whatever it spells, it never becomes a control token."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Plain:
    """A text that is gone on with as it stands: no chat template is put around it, so a model without one takes it.

    Whatever it spells, it never becomes a control token. The token that texts begin with stands before it where the
    model's file asks for one.
    """

    text: str
    begun: str = ""
    """Words of the answer that is to go on: they follow the text, and what repeats them is penalised as in any answer.
    """

    @property
    def whole(self) -> str:
        """All that the model reads."""
        return self.text + self.begun


Prompt = Plain | Sequence[Message]
"""What an engine answers: a text to go on with, or messages in the model's chat template."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the next token is chosen. `temperature` 0 takes the likeliest one (greedy) and ignores the other choices.

    Raises InvalidSetting for a value of another kind, or out of its range. Lists are taken for tuples, so that what
    was JSON in between is equal again.
    """

    temperature: float = 0.3
    top_k: int = 40
    """Only the likeliest ones are looked at; 0: all."""
    top_p: float = 0.9
    """Only the likeliest ones that together have this probability; 1: all."""
    min_p: float = 0.05
    """Only those at least this likely beside the likeliest; 0: all."""
    repeat_penalty: float = 1.0
    """1 is off; otherwise the logits of tokens within the window are divided by it (multiplied where negative)."""
    presence_penalty: float = 0.0
    """0 is off; otherwise taken from the logits of tokens within the window."""
    frequency_penalty: float = 0.0
    """0 is off; otherwise taken from those logits as often as the token stands there."""
    penalty_window: int = 256
    """Last tokens that the three penalties look at; -1: all there are."""
    penalize_prompt: bool = False
    """Whether the prompt's tokens are among them; with a window of -1 this is Hugging Face's `repetition_penalty`."""
    dry_multiplier: float = 0.0
    """0 is off; otherwise the longer a run of the answer's tokens the next one would repeat, the more it is penalised
    (DRY)."""
    seed: int | None = None
    """None: a new seed each time."""
    max_tokens: int = 1024
    """Longest answer, in tokens."""
    stop: tuple[str, ...] = ()
    """Texts that end the answer; they are not part of it."""
    logit_bias: tuple[tuple[int | str, float], ...] = ()
    """What is added to the logits of single tokens, from -100 (forbids it) to 100. A token is an id, or a text that
    stands for the tokens that spell it, alone or after a space."""
    grammar: str | None = None
    """What the answer must follow, in llama.cpp's GBNF; the model can end it only where the grammar allows."""
    json_schema: str | None = None
    """What the answer must follow, as a JSON schema; not beside `grammar`."""
    loop_guard: bool = True
    """Whether an answer that says the same thing without end is stopped (`repetition`)."""

    def __post_init__(self) -> None:
        for name, whole in _WHOLE.items():
            value = getattr(self, name)
            if name == "seed" and value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int) or not whole[0] <= value <= whole[1]:
                raise _wrong(name, value, f"a whole number from {whole[0]} to {whole[1]}")
        for name, real in _REAL.items():
            value = getattr(self, name)
            if not _is_number(value) or not real[0] <= value <= real[1]:
                raise _wrong(name, value, f"a number from {real[0]:g} to {real[1]:g}")
        for name in ("penalize_prompt", "loop_guard"):
            if not isinstance(getattr(self, name), bool):
                raise _wrong(name, getattr(self, name), "true or false")
        for name in ("grammar", "json_schema"):
            if not isinstance(getattr(self, name), str | None):
                raise _wrong(name, getattr(self, name), "a text")
        if self.grammar is not None and self.json_schema is not None:
            raise InvalidSetting("both grammar and json_schema are given; one of them was expected; leave one out")
        if not isinstance(self.stop, list | tuple) or not all(isinstance(text, str) and text for text in self.stop):
            raise _wrong("stop", self.stop, "a list of texts, none of them empty")
        object.__setattr__(self, "stop", tuple(self.stop))
        object.__setattr__(self, "logit_bias", _pairs(self.logit_bias))


def _pairs(value: object) -> tuple[tuple[int | str, float], ...]:
    """Pairs of a token (id or text) and its bias. Raises InvalidSetting."""
    wrong = _wrong("logit_bias", value, f"pairs of a token (id or text) and a number from {FORBIDDEN:g} to 100")
    if not isinstance(value, list | tuple):
        raise wrong
    pairs: list[tuple[int | str, float]] = []
    for pair in value:
        match pair:
            case (int() | str() as token, int() | float() as bias) if (
                not isinstance(token, bool) and token not in ("",) and _is_number(bias) and FORBIDDEN <= bias <= 100
            ):
                if isinstance(token, int) and token < 0:
                    raise wrong
                pairs.append((token, float(bias)))
            case _:
                raise wrong
    return tuple(pairs)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _wrong(name: str, value: object, expected: str) -> InvalidSetting:
    found = repr(value)
    return InvalidSetting(
        f"{name} is {found if len(found) <= 60 else found[:57] + '...'}; {expected} was expected; mend it"
    )

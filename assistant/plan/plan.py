"""Which setting to take, and why: the fastest that fits, by sizes and speeds that others measured. Pure arithmetic.

An engine asks `assistant.llama.planner`, which gathers what this module needs:

    planner = Planner(path, header, settings, threads=2)     # before the model is loaded
    layers = planner.gpu_layers()                            # to load with
    found = planner.plan(Need.of(prompt, answer, most=limit), gpu_layers=layers)
    option = found.chosen                                    # None: `raise found.refusal`
    option.setting, option.memory, found.reason              # what a context is made of, and `Settled` tells
    found.next_smaller                                       # an Option for a load that failed; `.words` to offer it
    planner.learn(option, read=4000, depth=4100, seconds=9.5)  # after a reading of 4,000 tokens, 100 were there before

What is chosen, in this order: the largest context from `need.context` down to `need.least` in which anything fits;
there keys and values in `q4_0` only if nothing else fits; of the rest those into which most of the prompt was read
before, if there are such; of these the fastest, or a more exact one that is at most 5 % slower. Without speeds the
order is that of `PREFERRED`, which the reason then says.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from assistant.errors import EngineFailed
from assistant.plan.correction import Correction
from assistant.plan.machine import HOST, Free
from assistant.plan.setting import MemoryKind, Setting, Sizes
from assistant.plan.speeds import Seconds, Speeds

STEP = 256
"""Contexts are multiples of it: llama.cpp pads to that."""
LEAST_CONTEXT = 4096
"""Where nobody says how much is to be read."""
NEAR = 1.05
"""At most so much slower may a more exact setting be to win."""
EXACTNESS = ("q4_0", "q8_0", "f16")
PREFERRED = (
    ("f16", "f16", False),
    ("q8_0", "f16", False),
    ("f16", "f16", True),
    ("q8_0", "q8_0", True),
    ("q8_0", "q4_0", True),
    ("q4_0", "q4_0", True),
)
"""Types of keys and values and flash attention, the fastest first, as measured on processors (`design.md`)."""
PREFERRED_ON_GPU = (PREFERRED[2], PREFERRED[3], PREFERRED[0], PREFERRED[1], *PREFERRED[4:])
"""There flash attention is the faster way, quantized or not."""
_NOTICEABLE = 0.9
"""A smaller setting takes at most this share of what the one before took beside the weights."""


@dataclass(frozen=True, slots=True)
class Need:
    """What is to be read and written, in tokens, and the context for it."""

    context: int
    """Wanted."""
    least: int
    """Less is no help: refuse then."""
    prompt: int
    answer: int
    known: Mapping[MemoryKind, int] = field(default_factory=dict)
    """How many of the prompt's tokens were read before, into memory of a kind, and need not be read again in it."""

    @property
    def unread(self) -> int:
        """Tokens of the prompt that are to be read at least."""
        return self.prompt - max(self.known.values(), default=0)

    def is_known(self, setting: Setting) -> bool:
        """Most of the prompt was read into memory of this kind."""
        return 2 * self.known.get(setting.memory_kind, 0) > self.prompt

    @classmethod
    def of(cls, prompt: int, answer: int, *, most: int, least: int = 0) -> "Need":
        """Room for a prompt and its answer, rounded up to 256, at least `least`, never more than `most`."""
        context = min(most, max(-(-(prompt + answer) // STEP) * STEP, least))
        return cls(context, context, prompt, answer)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A setting that llama.cpp accepts for the model, and what it takes."""

    setting: Setting
    sizes: Sizes


@dataclass(frozen=True, slots=True)
class Option:
    """A candidate, weighed. `memory` in bytes, corrected by what earlier readings really took."""

    setting: Setting
    sizes: Sizes
    memory: int
    seconds: Seconds | None
    """None: speeds were not measured."""
    fits: bool

    @property
    def words(self) -> str:
        """As on the command line: `--context 16384 --kv q8_0/f16`."""
        return f"--context {self.setting.context} --kv {self.setting.kv_words}"


@dataclass(frozen=True, slots=True)
class Plan:
    """`options` are ordered: larger contexts first, of one context the smallest memory last."""

    chosen: Option | None
    """None: nothing fits; `reason` says what would."""
    options: tuple[Option, ...]
    free: Free
    reason: str
    next_smaller: Option | None = None
    """What to try where the chosen one fails: it takes noticeably less, of the same context if there is such a one."""

    @property
    def refusal(self) -> EngineFailed:
        """Where nothing was chosen: what was found, what was expected, what to do."""
        return EngineFailed(self.reason)


def plan(
    need: Need,
    candidates: Sequence[Candidate],
    speeds: Speeds | None,
    free: Free,
    correction: Correction | None = None,
) -> Plan:
    """Choose. `candidates` may hold contexts smaller than `need.context`: they say what would fit."""
    options = tuple(
        sorted(
            (_weighed(candidate, need, speeds, free, correction or Correction()) for candidate in candidates),
            key=lambda option: (-option.setting.context, -option.memory),
        )
    )
    chosen = _choose([option for option in options if need.least <= option.setting.context <= need.context], need)
    reason = _reason(need, chosen, options, free)
    if chosen is not None and speeds is not None and not speeds.complete:
        reason += "; not all ways were measured yet"
    return Plan(chosen, options, free, reason, _below(chosen, options) if chosen else None)


def _weighed(candidate: Candidate, need: Need, speeds: Speeds | None, free: Free, correction: Correction) -> Option:
    setting, sizes = candidate.setting, candidate.sizes
    memory = round(sizes.total * correction.memory)
    prompt = min(need.prompt, max(0, setting.context - need.answer))
    seconds = speeds.seconds(setting, prompt, need.answer) if speeds else None
    if seconds is not None:
        seconds = Seconds(seconds.read * correction.seconds, seconds.write * correction.seconds)
    return Option(setting, sizes, memory, seconds, free.holds(sizes, correction.memory))


def _choose(options: Iterable[Option], need: Need) -> Option | None:
    fitting = [option for option in options if option.fits]
    if not fitting:
        return None
    largest = max(option.setting.context for option in fitting)
    fitting = [option for option in fitting if option.setting.context == largest]
    fitting = [option for option in fitting if "q4_0" not in (option.setting.k, option.setting.v)] or fitting
    # What was read need not be read again, and no way of reading is faster than that.
    fitting = [option for option in fitting if need.is_known(option.setting)] or fitting
    fitting = [option for option in fitting if option.seconds is not None] or fitting
    if fitting[0].seconds is None:
        return min(fitting, key=_by_preference)
    fastest = min(_total(option) for option in fitting)
    near = [option for option in fitting if _total(option) <= fastest * NEAR]
    return min(near, key=lambda option: (-_exactness(option.setting), _total(option), option.memory))


def _by_preference(option: Option) -> tuple[int, int, int, int]:
    """Without speeds: as many layers on a GPU as go, then the order measured elsewhere, then large batches."""
    setting = option.setting
    order = PREFERRED_ON_GPU if setting.gpu_layers else PREFERRED
    way = (setting.k, setting.v, setting.flash)
    return (-setting.gpu_layers, order.index(way) if way in order else len(order), -setting.batch, option.memory)


def _exactness(setting: Setting) -> int:
    """Higher is more exact; keys weigh more than values, because their errors pass through an exponential."""
    return 3 * EXACTNESS.index(setting.k) + EXACTNESS.index(setting.v)


def _total(option: Option) -> float:
    return option.seconds.total if option.seconds else 0.0


def _below(chosen: Option, options: Sequence[Option]) -> Option | None:
    """The largest of the noticeably smaller ones of the same context, else of the next smaller context.

    It differs in what a user can ask for, the context or the types.
    """
    limit, same_words = chosen.sizes.working * _NOTICEABLE, chosen.words
    smaller = [option for option in options if option.sizes.working <= limit and option.words != same_words]
    same = [option for option in smaller if option.setting.context == chosen.setting.context]
    if same:
        return max(same, key=lambda option: (option.memory, _exactness(option.setting)))
    shorter = [option for option in smaller if option.setting.context < chosen.setting.context]
    return max(shorter, key=lambda option: (option.setting.context, option.memory), default=None)


def _reason(need: Need, chosen: Option | None, options: Sequence[Option], free: Free) -> str:
    if chosen is None:
        return _refusal(need, options, free)
    setting = chosen.setting
    parts = [f"{_tokens(setting.context)} with {_kv(setting)} needs {_gib(chosen.memory)}, {_free(chosen, free)}"]
    if setting.context < need.context:
        parts.append(f"{_tokens(need.context)} would not fit")
    rivals = [option for option in options if option.setting.context == setting.context]
    exact = [option for option in rivals if _exactness(option.setting) > _exactness(setting)]
    if exact and not any(option.fits for option in exact):
        best = min(exact, key=lambda option: option.memory)
        parts.append(f"{best.setting.kv_words} would need {_gib(best.memory)}")
    if chosen.seconds is None:
        if len(rivals) > 1:
            parts.append("speeds were not measured, so the usual order decided")
    else:
        slower = [option for option in exact if option.fits and option.seconds is not None]
        if slower:
            best = min(slower, key=_total)
            parts.append(f"{best.setting.kv_words} fits too and is {_times(_total(best) / _total(chosen))} slower")
    return "; ".join(parts)


def _refusal(need: Need, options: Sequence[Option], free: Free) -> str:
    """Why nothing fits, and what would."""
    wanted = [option for option in options if option.setting.context >= need.least]
    smallest = min(wanted, key=lambda option: option.memory, default=None)
    if smallest is None:
        return f"llama.cpp accepts no setting for {_tokens(need.least)}"
    text = (
        f"{_tokens(smallest.setting.context)} needs at least {_gib(smallest.memory)} "
        f"(with {_kv(smallest.setting)}), {_free(smallest, free)}"
    )
    best = max((option for option in options if option.fits), key=lambda option: option.setting.context, default=None)
    if best is None:
        return f"{text}; no context fits; a smaller model would, or fewer other programs"
    return f"{text}; {_tokens(best.setting.context)} would fit: {best.words}"


def _free(option: Option, free: Free) -> str:
    """`8.1 GiB are free`, or the device that is shortest of it."""
    device = free.tightest(option.sizes)
    where = "" if device == HOST else f" on {device}"
    return f"{_gib(free.usable.get(device, 0))} are free{where}"


def _kv(setting: Setting) -> str:
    if setting.k == setting.v:
        return f"K and V in {setting.k}"
    return f"K in {setting.k} and V in {setting.v}"


def _tokens(context: int) -> str:
    return f"{context // 1024}K" if context % 1024 == 0 else f"{context:,} tokens"


def _gib(size: int) -> str:
    return f"{size / 2**30:.1f} GiB" if size >= 2**30 else f"{size / 2**20:,.0f} MiB"


def _times(ratio: float) -> str:
    return f"{ratio:.1f} times" if ratio >= 2 else f"{(ratio - 1) * 100:.0f} %"

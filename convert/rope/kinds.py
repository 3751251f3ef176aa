"""Each kind of RoPE scaling as llama.cpp can be told of it: GGUF keys, tensors, a changed base; or a refusal.

What llama.cpp 0.3.36 does: `rope.scaling.factor` divides all frequencies whatever the type; the type `yarn` adds the
default ramp and the default attention factor at every length; `longrope` picks one of two tensors of divisors by the
size of the allocated context; `rope_freqs.weight` divides frequencies in the graphs that read it; and
`rope.scaling.attn_factor` multiplies queries and keys in all of these.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from convert.errors import UnsupportedRope
from convert.rope import scaling as formulas
from convert.rope.settings import ORIGINAL, Settings, shown

Keys = Mapping[str, int | float | str]
Tensors = Mapping[str, tuple[float, ...]]

_EXPLAINED = {
    "mrope": "turns heads by three positions, of images too",
    "proportional": "leaves a share of the frequencies of a whole head at zero",
}


@dataclass(frozen=True, slots=True)
class Graph:
    """What llama.cpp's graph of a family can do beyond one base for whole heads. The default is: nothing."""

    partial: bool = False
    """Turns the first `rope.dimension_count` elements of a head and leaves the others."""
    divisors: bool = False
    """Reads the tensor `rope_freqs.weight`."""
    long_short: bool = False
    """Reads the tensors `rope_factors_long.weight` and `rope_factors_short.weight`."""


PLAIN = Graph()


@dataclass(frozen=True, slots=True)
class Question:
    """What a kind is computed from."""

    settings: Settings
    graph: Graph
    base: float
    dimension: int
    """Turned elements of a head."""
    trained: int
    """Tokens as the config states them."""
    original: int | None
    """Tokens before scaling where a key outside of the settings states them; as in transformers, it wins."""
    context: int
    """Tokens as the file will state them."""
    sliding: bool
    """Some layers have a base of their own, which no scaling touches."""

    def factor(self) -> float:
        """The stretch; below 1 no kind is defined."""
        return self.settings.number("factor", least=1.0)

    def unscaled(self) -> int:
        """Tokens before scaling."""
        return self.original or self.settings.whole(ORIGINAL)


@dataclass(frozen=True, slots=True)
class Answer:
    """What is written for a kind."""

    keys: Keys = field(default_factory=dict)
    tensors: Tensors = field(default_factory=dict)
    base: float | None = None
    """In place of the base that was stated."""
    source: str = ""
    """To add to the source of the base."""
    warnings: tuple[str, ...] = ()


def scaled(question: Question, kind: str) -> Answer:
    """The keys and tensors of a kind. Raises UnsupportedRope for what llama.cpp's graph would not compute."""
    return KINDS[kind](question)


def known_kind(settings: Settings) -> str:
    """The kind of the settings, checked, with its name of today. Raises UnsupportedRope."""
    kind = "longrope" if settings.kind == "su" else settings.kind
    if "mrope_section" in settings.values:
        kind = "mrope"
    if kind not in KINDS:
        raise UnsupportedRope(
            f"rope type {shown(kind)} in {settings.where} is not supported"
            + (f", since it {_EXPLAINED[kind]}" if kind in _EXPLAINED else "")
            + f"; known: {', '.join(KINDS)}; no file was written because the rotation would be wrong"
        )
    return kind


def _default(question: Question) -> Answer:
    question.settings.check_keys(frozenset({ORIGINAL}))  # transformers does not read it here
    return Answer()


def _linear(question: Question) -> Answer:
    question.settings.check_keys(frozenset({"factor", ORIGINAL}))
    return Answer({"rope.scaling.type": "linear", "rope.scaling.factor": question.factor()})


def _dynamic(question: Question) -> Answer:
    """llama.cpp has no base that grows with the text, so it is fixed for the longest text."""
    question.settings.check_keys(frozenset({"factor"}))
    factor, trained, context = question.factor(), question.trained, question.context
    if context <= trained or factor == 1:
        warning = (
            f"dynamic scaling starts beyond {trained:,} tokens and llama.cpp has none; the file is made for texts up "
            "to there, exactly; pass --context for longer ones"
        )
        return Answer(warnings=(warning,) if factor > 1 else ())
    if question.dimension == 2:
        raise UnsupportedRope("dynamic scaling is not defined for heads that turn one pair; use another scaling")
    base = formulas.dynamic_base(question.base, question.dimension, factor=factor, trained=trained, length=context)
    return Answer(
        base=base,
        source=f" {question.base:g}, dynamic scaling by {factor:g} resolved for {context:,} tokens",
        warnings=(
            f"dynamic scaling is resolved for {context:,} tokens: the RoPE base is {base:.1f} at every length, where "
            f"transformers takes {question.base:g} up to {trained:,} tokens and lets it grow from there",
        ),
    )


def _llama3(question: Question) -> Answer:
    settings = question.settings
    settings.check_keys(frozenset({"factor", "low_freq_factor", "high_freq_factor", ORIGINAL}))
    low, high = settings.number("low_freq_factor"), settings.number("high_freq_factor")
    factor, original = question.factor(), question.unscaled()
    if high <= low:
        raise UnsupportedRope(
            f"{settings.where} has high_freq_factor {high:g} and low_freq_factor {low:g}; the first was expected to be "
            "larger; restore the file"
        )
    divisors = formulas.llama3_divisors(
        question.base, question.dimension, factor=factor, low=low, high=high, original=original
    )
    return Answer(tensors=_frequency_tensor(question, divisors))


def _yarn(question: Question) -> Answer:
    """By llama.cpp's own YaRN where that is the same, else by a tensor of divisors where the graph reads one."""
    settings = question.settings
    names = ("beta_fast", "beta_slow", "mscale", "mscale_all_dim")
    settings.check_keys(frozenset({"factor", ORIGINAL, "attention_factor", "truncate", "finetuned", *names}))
    original = yarn_original(question)
    factor = question.factor() if "factor" in settings.values else max(1.0, question.trained / original)
    given = {name: settings.number(name) for name in names if settings.values.get(name, 0) != 0}  # 0 is none there
    attention = settings.number("attention_factor") if "attention_factor" in settings.values else None
    if attention is None and "mscale" in given and "mscale_all_dim" in given:
        attention = formulas.yarn_attention(factor, given["mscale"])
        attention /= formulas.yarn_attention(factor, given["mscale_all_dim"])
    elif attention is None:
        attention = formulas.yarn_attention(factor)
    fast, slow = given.get("beta_fast", formulas.BETA_FAST), given.get("beta_slow", formulas.BETA_SLOW)
    truncate = settings.flag("truncate", default=True)
    if not settings.flag("finetuned", default=True):
        raise UnsupportedRope(
            f"{settings.where}.finetuned is false, which custom code reads; YaRN as such was expected"
        )
    unstated = ORIGINAL not in settings.values and question.original is None
    warning = f"{settings.where} names no {ORIGINAL}; {original:,} was taken, as transformers does"
    warnings = (warning,) if unstated else ()
    usual = (fast, slow, truncate) == (formulas.BETA_FAST, formulas.BETA_SLOW, True)
    if usual and formulas.llama_cpp_ramps_alike(question.base, question.dimension, original):
        keys: dict[str, int | float | str] = {
            "rope.scaling.type": "yarn",
            "rope.scaling.factor": factor,
            "rope.scaling.original_context_length": original,
        }
        share = attention / formulas.yarn_attention(factor)
        return Answer(keys | _attention_key(question, share), warnings=warnings)
    if not question.graph.divisors:
        raise UnsupportedRope(
            f"{settings.where} asks for YaRN with beta_fast {fast:g}, beta_slow {slow:g}, truncate {truncate}; "
            "llama.cpp's graph of this family has 32, 1 and true built in; no file was written because the rotation "
            "would be wrong"
        )
    divisors = formulas.yarn_divisors(
        question.base, question.dimension, factor=factor, original=original, fast=fast, slow=slow, truncate=truncate
    )
    return Answer(_attention_key(question, attention), _frequency_tensor(question, divisors), warnings=warnings)


def yarn_original(question: Question) -> int:
    """Tokens before YaRN; transformers takes the config's context where no key states them."""
    if question.original is None and ORIGINAL not in question.settings.values:
        return question.trained
    return question.unscaled()


def _longrope(question: Question) -> Answer:
    settings = question.settings
    settings.check_keys(frozenset({"factor", "short_factor", "long_factor", "attention_factor", ORIGINAL}))
    original, pairs = question.unscaled(), question.dimension // 2
    short, long = (settings.factors(key, pairs) for key in ("short_factor", "long_factor"))
    if original < 2:
        raise UnsupportedRope(f"{ORIGINAL} is {original}; a context of the model was expected; restore config.json")
    if not question.graph.long_short:
        raise UnsupportedRope(
            f"{settings.where} is longrope; llama.cpp's graph of this family does not read its factors; no file was "
            "written because the rotation would be wrong"
        )
    factor = question.factor() if "factor" in settings.values else question.trained / original
    if "attention_factor" in settings.values:
        attention = settings.number("attention_factor")
    else:
        attention = formulas.longrope_attention(factor, original)
    warning = (
        f"longrope: llama.cpp takes the long factors whenever it is started with more than {original:,} tokens of "
        "context, and the short ones otherwise; transformers decides by the length of the text"
    )
    return Answer(
        {
            "rope.scaling.type": "longrope",
            "rope.scaling.original_context_length": original,
            **_attention_key(question, attention),
        },
        {"rope_factors_long.weight": long, "rope_factors_short.weight": short},
        warnings=(warning,),
    )


def _attention_key(question: Question, factor: float) -> dict[str, int | float | str]:
    if abs(factor - 1) < 1e-9:
        return {}
    if question.sliding:
        raise UnsupportedRope(
            f"{question.settings.where} asks for an attention factor; llama.cpp would apply it to the sliding layers "
            "too; no file was written because the result would be wrong"
        )
    return {"rope.scaling.attn_factor": factor}


def _frequency_tensor(question: Question, divisors: tuple[float, ...]) -> Tensors:
    if not question.graph.divisors:
        raise UnsupportedRope(
            f"{question.settings.where} is {question.settings.kind}, which needs a tensor of divisors; llama.cpp's "
            "graph of this family reads none; no file was written because the rotation would be wrong"
        )
    if not all(0 < divisor < 1e38 for divisor in divisors):
        raise UnsupportedRope(f"{question.settings.where} makes frequencies that are no numbers; restore config.json")
    return {"rope_freqs.weight": divisors}


KINDS: Mapping[str, Callable[[Question], Answer]] = {
    "default": _default,
    "linear": _linear,
    "dynamic": _dynamic,
    "yarn": _yarn,
    "llama3": _llama3,
    "longrope": _longrope,
}

"""The rotary position embedding, decided in one place. A wrong one still talks, badly, only past some length.

`read_rope` weighs what `rope_settings` finds in config.json and on the command line, and gives the GGUF keys and
tensors with which llama.cpp turns heads as transformers does; the base is always among them. What no file says and
what the graph of a family cannot do is refused. Nothing here knows a family; each passes its own defaults.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from convert.config import Config
from convert.errors import UnsupportedRope
from convert.rope.kinds import PLAIN, Graph, Keys, Question, Tensors, known_kind, scaled, yarn_original
from convert.rope.settings import (
    BASE_KEYS,
    CHOSEN,
    LEAST_BASE,
    ORIGINAL,
    PART_KEYS,
    SLIDING_BASE_KEYS,
    Settings,
    Stated,
    chosen_settings,
    count,
    positive,
    read_settings,
    shown,
    stated_base,
)

__all__ = ["LLAMA", "PLAIN", "Graph", "Rope", "no_rope", "read_rope"]

LLAMA = Graph(divisors=True, long_short=True)
"""The graphs `llama`, `granite` and `minicpm`; the first wants whole heads, and the others are given them."""

DOUBTFUL_CONTEXT = 8192
"""Longest context, in tokens, for which a base that no key states passes, and 10000 without scaling goes unremarked."""

_CHOSEN_BASE = "--rope-base"
_CHOSEN_CONTEXT = "--context"
_LOUD = "CHECK THIS: "


@dataclass(frozen=True, slots=True)
class Rope:
    """Decided: what is written, and where it came from."""

    kind: str
    """`none`, `default`, `linear`, `dynamic`, `yarn`, `llama3` or `longrope`."""
    base: float | None
    """None where nothing turns (ALiBi, learned positions)."""
    source: str
    """Where the base was found; names `--rope-base` and `--rope-scaling` where they took part."""
    dimension: int
    """Turned elements of each head."""
    context: int
    """Tokens the file states as its context."""
    context_source: str
    keys: Keys = field(default_factory=dict)
    """GGUF keys without the architecture's prefix."""
    tensors: Tensors = field(default_factory=dict)
    """float32 tensors of one dimension by their names in GGUF."""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Length:
    tokens: int
    source: str
    warnings: tuple[str, ...] = ()


def read_rope(
    config: Config,
    *,
    head_dim: int,
    default_base: float,
    default_source: str,
    context_keys: tuple[str, ...] = ("max_position_embeddings",),
    default_context: tuple[int, str] | None = None,
    rotated: int | None = None,
    default_rotated: float = 1.0,
    graph: Graph = PLAIN,
    ratio: bool = False,
    sliding_base: float | None = None,
    longest: tuple[int, str] | None = None,
) -> Rope:
    """Decide the RoPE of a checkpoint whose heads have `head_dim` elements.

    `default_base` is what the family's configuration class takes where no key names a base; it is believed only up to
    a context of 8,192 tokens. `context_keys` are tried in order; `default_context` is the class's own, with its source.
    `rotated`: turned elements of a head where the family fixes them; else the config's keys say which part of a head
    turns, and `default_rotated` is the class's default. `ratio`: `rope_ratio` multiplies 10000 (Index, ChatGLM).
    `sliding_base`: the graph turns sliding layers by a base of their own, and this is the class's default. `longest`:
    the graph is exact only up to so many tokens, and why. Raises UnsupportedRope, InvalidCheckpoint.
    """
    choices = config.choices
    full, sliding = read_settings(config)
    settings = full if choices.rope_scaling is None else chosen_settings(choices.rope_scaling)
    kind = known_kind(settings)
    original = _original(config, settings)
    trained = _trained(config, context_keys, default_context)
    stated = _stated(config, full, settings, ratio=ratio)
    question = Question(
        settings=settings,
        graph=graph,
        base=stated.base or default_base,
        dimension=_dimension(config, full, head_dim=head_dim, rotated=rotated, part=default_rotated, graph=graph),
        trained=trained.tokens,
        original=original.tokens or None,
        context=trained.tokens,
        sliding=sliding_base is not None,
    )
    length = _length(config, _usable(trained, question, kind), longest, grows=kind == "dynamic")
    base = _believed(config, stated, max(trained.tokens, length.tokens), default_base, default_source)
    answer = scaled(replace(question, context=length.tokens), kind)
    local = _local(config, full, sliding, sliding_base)
    value = positive("the scaled RoPE base", answer.base or base.base)
    swa = {} if local.base is None else {"rope.freq_base_swa": local.base}
    scaling = "" if settings is full else f"; scaling from {CHOSEN}"
    doubts = _doubts(base, kind, length.tokens)
    mark = " (CHECK THIS, see the warning)" if any(text.startswith(_LOUD) for text in base.warnings + doubts) else ""
    return Rope(
        kind=kind,
        base=value,
        source=base.source + answer.source + scaling + mark,
        dimension=question.dimension,
        context=length.tokens,
        context_source=length.source,
        keys={"rope.dimension_count": question.dimension, "rope.freq_base": value, **swa, **answer.keys},
        tensors=answer.tensors,
        warnings=(
            *base.warnings,
            *doubts,
            *local.warnings,
            *length.warnings,
            *original.warnings,
            *answer.warnings,
        ),
    )


def no_rope(config: Config, *, kind_source: str, context: int, context_source: str) -> Rope:
    """Positions of another kind, which `kind_source` names (ALiBi, learned positions); nothing turns.

    Raises UnsupportedRope where the user asks for a rotation, or for a context beyond the model's.
    """
    choices = config.choices
    if choices.rope_base is not None or choices.rope_scaling is not None:
        option = CHOSEN if choices.rope_base is None else _CHOSEN_BASE
        raise UnsupportedRope(f"{option} is given, but this model has no RoPE ({kind_source}); leave the option out")
    length = _length(config, _Length(context, context_source), (context, f"{kind_source} reaches no further"))
    return Rope("none", None, kind_source, 0, length.tokens, length.source, warnings=length.warnings)


def _stated(config: Config, full: Settings, settings: Settings, *, ratio: bool) -> Stated:
    """The base by the options, else by the config."""
    chosen = config.choices.rope_base
    by_scaling = settings is not full and "rope_theta" in settings.values
    if chosen is not None or by_scaling:
        for key in (*BASE_KEYS, "rope_ratio"):
            config.value(key)  # answered by the option, whatever it says
    if chosen is not None:
        return Stated(positive(_CHOSEN_BASE, chosen, least=LEAST_BASE), _CHOSEN_BASE)
    if by_scaling:
        return Stated(settings.number("rope_theta", least=LEAST_BASE), CHOSEN)
    return stated_base(config, full, ratio=ratio)


def _believed(config: Config, stated: Stated, tokens: int, default: float, source: str) -> Stated:
    """The class's default where no key states a base and the context is not doubtful, or the user insists."""
    if stated.base is not None:
        return stated
    if tokens > DOUBTFUL_CONTEXT and not config.choices.force:
        raise UnsupportedRope(
            f"config.json names no RoPE base for a context of {tokens} tokens; rope_theta or rope_parameters was "
            f"expected, since a guessed base fails only on long texts; take it from the model's card and pass "
            f"--rope-base (or --force for {default:g}, {source})"
        )
    loud = _LOUD if tokens > DOUBTFUL_CONTEXT else ""
    return Stated(default, source, (f"{loud}config.json names no RoPE base; {default:g} was taken from {source}",))


def _doubts(base: Stated, kind: str, tokens: int) -> tuple[str, ...]:
    unlikely = kind == "default" and tokens > DOUBTFUL_CONTEXT and base.base is not None and base.base <= 10000
    if not unlikely or base.source == _CHOSEN_BASE or not base.source.startswith("config.json"):
        return ()
    return (
        f"{_LOUD}{base.source} states the RoPE base {base.base:g} without scaling for {tokens:,} tokens, where "
        "models have a far larger one; if the model's card says otherwise, pass --rope-base",
    )


def _dimension(
    config: Config, settings: Settings, *, head_dim: int, rotated: int | None, part: float, graph: Graph
) -> int:
    """Turned elements of a head; where keys say it, they must agree."""
    parts: Mapping[str, object] = {
        **{key: config.value(key) for key in PART_KEYS if rotated is None},
        f"{settings.where}.partial_rotary_factor": settings.values.get("partial_rotary_factor"),
    }
    found = {key: positive(key, value) for key, value in parts.items() if value is not None}
    dimensions = {int(head_dim * value) for value in found.values()} or {int(head_dim * part)}
    if rotated is not None:
        dimensions = {rotated} | ({int(head_dim * value) for value in found.values()})
    dimension = min(dimensions)
    if len(dimensions) > 1:
        raise UnsupportedRope(
            f"config.json turns {' and '.join(map(str, sorted(dimensions)))} elements of each head; one number was "
            "expected; restore the file"
        )
    if dimension < 2 or dimension % 2 or dimension > head_dim:
        raise UnsupportedRope(
            f"{next(iter(found), 'the rotary part')} makes {dimension} of the {head_dim} elements of a head turn; an "
            "even number of them was expected, since RoPE turns pairs; restore config.json"
        )
    if dimension != head_dim and not graph.partial:
        raise UnsupportedRope(
            f"{next(iter(found), 'config.json')} turns {dimension} of the {head_dim} elements of a head; llama.cpp's "
            "graph of this family turns whole heads; no file was written because the rotation would be wrong"
        )
    return dimension


def _original(config: Config, settings: Settings) -> _Length:
    """The context before scaling as a key beside the settings states it, which wins in transformers; 0 for none."""
    outer, inner = config.value(ORIGINAL), settings.values.get(ORIGINAL)
    if outer is None or settings.of_layers or settings.where == CHOSEN:
        return _Length(0, "")
    tokens = count(ORIGINAL, outer)
    warning = f"config.json has {ORIGINAL} {tokens} and {settings.where}.{ORIGINAL} {shown(inner)}; the first was used"
    return _Length(tokens, "", (warning,) if inner not in (None, tokens) else ())


def _trained(config: Config, keys: tuple[str, ...], default: tuple[int, str] | None) -> _Length:
    for key in keys:
        if config.has(key):
            return _Length(config.integer(key), f"config.json: {key}")
    if default is not None:
        return _Length(*default)
    return _Length(config.integer(keys[0]), "")  # which says what is missing


def _usable(trained: _Length, question: Question, kind: str) -> _Length:
    """YaRN's context is the original one times the factor; configs to which a user adds it keep the original one."""
    if kind != "yarn" or "factor" not in question.settings.values:
        return trained
    original = yarn_original(question)
    stretched = int(min(original * question.factor(), 2**31 - 1))
    if trained.tokens != original or stretched <= trained.tokens:
        return trained
    return _Length(stretched, f"{question.settings.where}: factor × {ORIGINAL}")


def _length(config: Config, usable: _Length, longest: tuple[int, str] | None, *, grows: bool = False) -> _Length:
    """What the file states. A model that `grows` is made for whatever context is chosen."""
    chosen = config.choices.context
    length = usable
    if chosen is not None:
        tokens = count(_CHOSEN_CONTEXT, chosen)
        warning = f"--context {tokens:,} goes beyond the {usable.tokens:,} tokens of {usable.source}"
        length = _Length(tokens, _CHOSEN_CONTEXT, (warning,) if tokens > usable.tokens and not grows else ())
    if longest is None or length.tokens <= longest[0]:
        return length
    limit, reason = longest
    if chosen is None:
        warning = f"the context is cut from {length.tokens:,} to {limit:,} tokens: {reason}"
        return _Length(limit, reason, (warning,))
    if not config.choices.force:
        raise UnsupportedRope(
            f"--context is {length.tokens}; {limit} at most was expected: {reason}; choose a shorter context"
        )
    return replace(length, warnings=(*length.warnings, f"{_LOUD}beyond {limit:,} tokens: {reason}"))


def _local(config: Config, full: Settings, sliding: Settings | None, default: float | None) -> Stated:
    """The base of layers that see a window only, where the graph has one for them."""
    if default is None:
        if sliding is not None and sliding.values != full.values:
            raise UnsupportedRope(
                f"config.json gives sliding layers a RoPE of their own, {shown(dict(sliding.values))}; one for all "
                "layers was expected of this family; no file was written because the rotation would be wrong"
            )
        return Stated()
    if sliding is not None:
        if sliding.kind != "default" or sliding.values.get("partial_rotary_factor", 1) != 1:
            raise UnsupportedRope(
                f"{sliding.where} is {shown(dict(sliding.values))}; llama.cpp's graph turns sliding layers without "
                "scaling; no file was written because the rotation would be wrong"
            )
        sliding.check_keys(frozenset())
    local = stated_base(config, sliding or Settings(), ratio=False, keys=SLIDING_BASE_KEYS)
    if local.base is not None:
        return local
    source = "the family's configuration class"
    warning = f"config.json names no RoPE base for sliding layers; {default:g} was taken from {source}"
    return Stated(default, source, (warning,))

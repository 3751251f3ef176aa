"""What the room of models says in words and figures. No widget in sight."""

from datetime import UTC, datetime

from assistant import Installed, MemoryRow, ModelInfo, Rope, Step
from tui.figures import duration, size
from tui.language import N_, _, plural

PROOF = {
    "proven": ("✓", N_("proven")),
    "partly proven": ("◐", N_("partly proven")),
    "unproven": ("○", N_("unproven")),
}
"""A sign and a word, so that no state is told by colour alone."""
QUANTIZATIONS = {
    "q4_k_m": N_("the usual one: small, and hardly worse"),
    "q4_k_s": N_("a little smaller"),
    "q4_0": N_("small and simple"),
    "q5_k_m": N_("a little larger, a little better"),
    "q6_k": N_("nearly as good as the original"),
    "q8_0": N_("as good as the original, half its size"),
    "f16": N_("half precision"),
    "bf16": N_("as most checkpoints are"),
    "f32": N_("every bit, twice the size of a checkpoint"),
}
STEPS = (
    N_("reading the checkpoint"),
    N_("choosing types"),
    N_("comparing tokens"),
    N_("measuring"),
    N_("checking"),
    N_("compared with the source"),
)
"""What a conversion does beside writing tensors, and what a pull does after it."""
FACTS = (
    N_("architecture"),
    N_("RoPE base"),
    N_("context"),
    N_("begin token"),
    N_("adds begin token"),
    N_("end tokens"),
    N_("prompt format"),
    N_("sampling"),
    N_("tokenizer"),
    N_("vocabulary"),
    N_("output head"),
    N_("quantization"),
)
"""Names of the values that a conversion tells."""


def of_free(row: MemoryRow) -> str:
    """What a setting takes of what is free, in one unit: `6.0 of 15.4 GiB`."""
    unit, name, digits = (2**30, "GiB", 1) if row.free >= 2**30 else (2**20, "MiB", 0)
    return _("{taken} of {free}").format(
        taken=f"{row.bytes / unit:,.{digits}f}", free=f"{row.free / unit:,.{digits}f} {name}"
    )


def tokens(count: int | None) -> str:
    """A context as it is called: `32K`, `1M`, `500`; a dash where it is not known."""
    if count is None:
        return "–"
    for unit, name in ((2**20, "M"), (2**10, "K")):
        if count >= unit and count % unit == 0:
            return f"{count // unit:,}{name}"
    return f"{count:,}"


def count_of(parameters: int) -> str:
    """Parameters as models are called by them: `135 M`, `1.9 B`."""
    return f"{parameters / 1e9:,.1f} B" if parameters >= 1e9 else f"{parameters / 1e6:,.0f} M"


def rope_short(rope: Rope | None) -> str:
    """The base, and how it is stretched: `100K`, `1M yarn×4`; a dash where the file is silent."""
    if rope is None:
        return "–"
    base = "–" if rope.base is None else _rounded(rope.base)
    if rope.scaling == "none":
        return base
    return f"{base} {rope.scaling}" + (f"×{rope.factor:g}" if rope.factor is not None else "")


def rope_long(rope: Rope) -> str:
    """The same in words."""
    base = _("no base in the file") if rope.base is None else _("base {base}").format(base=f"{rope.base:,.10g}")
    parts = [base]
    if rope.scaling != "none":
        factor = f" × {rope.factor:g}" if rope.factor is not None else ""
        parts.append(_("scaled: {kind}").format(kind=f"{rope.scaling}{factor}"))
        if rope.original_context is not None:
            parts.append(_("from {count} tokens").format(count=f"{rope.original_context:,}"))
    return " · ".join(parts)


def ago(moment: datetime | None, now: datetime | None = None) -> str:
    """How long since it was used, in one unit."""
    if moment is None:
        return _("never")
    seconds = ((now or datetime.now(UTC)) - moment).total_seconds()
    if seconds < 60:
        return _("just now")
    if seconds < 3600:
        return plural("{count} minute ago", "{count} minutes ago", int(seconds // 60))
    if seconds < 86400:
        return plural("{count} hour ago", "{count} hours ago", int(seconds // 3600))
    return plural("{count} day ago", "{count} days ago", int(seconds // 86400))


def running(info: ModelInfo) -> str:
    """How the loaded model runs."""
    parts = [
        _("{count} of {layers} layers on the GPU").format(count=info.gpu_layers, layers=info.layers)
        if info.gpu_layers
        else _("on the CPU"),
        _("context {context} of {trained} tokens trained").format(
            context=f"{info.context:,}", trained=f"{info.trained_context:,}"
        ),
    ]
    if info.kv:
        parts.append(_("keys and values in {kv}").format(kv=info.kv))
    if info.memory:
        parts.append(size(info.memory))
    return " · ".join(parts)


def place(model: Installed) -> str:
    """Where it lies, as far as it matters to whoever would change it."""
    match model.place:
        case "folder":
            return _("in the model folder")
        case "starter":
            return _("the starter model, installed with Luciole")
        case "elsewhere":
            return _("outside the model folder")


def step_words(step: Step) -> str:
    """What is being done: one of ours in the user's language, else the name of a tensor or a file."""
    return _(step.name) if step.name in STEPS else step.name


def left(step: Step, seconds: float) -> str:
    """The time it will still take, after so many seconds of work; empty while nobody can know."""
    if not step.total or not step.done or step.done >= step.total or seconds < 1:
        return ""
    return _("{time} left").format(time=duration(seconds * (step.total - step.done) / step.done))


def byte_speed(rate: float) -> str:
    """Bytes per second: `11 MiB/s`, or `1.2 MiB/s` where the fraction matters."""
    unit, name = (2**20, "MiB") if rate >= 2**20 else (2**10, "KiB")
    return _("{rate} {unit}/s").format(
        rate=f"{rate / unit:,.0f}" if rate >= 10 * unit else f"{rate / unit:.1f}", unit=name
    )


def _rounded(base: float) -> str:
    for unit, name in ((1e6, "M"), (1e3, "K")):
        if base >= unit:
            return f"{base / unit:.4g}{name}"
    return f"{base:g}"

"""Figures as people compare them, in tables, lines and errors: bytes, tokens, times."""

GIB, MIB, KIB = 2**30, 2**20, 2**10


def size(count: int) -> str:
    """Bytes, in at most nine letters: `512 B`, `98.3 MiB`, `469 MiB`, `15.4 GiB`."""
    if count < KIB:
        return f"{count} B"
    unit, name = next((unit, name) for unit, name in ((GIB, "GiB"), (MIB, "MiB"), (KIB, "KiB")) if count >= unit)
    return f"{count / unit:,.0f} {name}" if count >= 100 * unit else f"{count / unit:.1f} {name}"


def share(done: int, total: int) -> str:
    """So much of so much, in one unit: `0.4 of 1.2 GiB`."""
    unit, name = next(
        ((unit, name) for unit, name in ((GIB, "GiB"), (MIB, "MiB"), (KIB, "KiB")) if total >= unit), (1, "B")
    )
    digits = 0 if unit == 1 or total >= 100 * unit else 1
    return f"{done / unit:,.{digits}f} of {total / unit:,.{digits}f} {name}"


def tokens(count: int | None) -> str:
    """A context as it is called: `32K`, `1M`, `500`; a dash where it is not known."""
    if count is None:
        return "-"
    for unit, name in ((2**20, "M"), (2**10, "K")):
        if count >= unit and count % unit == 0:
            return f"{count // unit:,}{name}"
    return f"{count:,}"


def clock(seconds: float) -> str:
    """A time that is left: `0:09`, `12:40`, `1:02:05`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"

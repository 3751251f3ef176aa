"""Figures as people read them: sizes, times, speeds. The units are the same wherever something is shown."""

from tui.language import _


def size(count: int) -> str:
    """Bytes as people compare them: `98 MiB`, `15.4 GiB`."""
    if count >= 2**30:
        return f"{count / 2**30:,.1f} GiB"
    if count >= 2**20:
        return f"{count / 2**20:,.0f} MiB"
    return f"{count / 2**10:,.0f} KiB" if count >= 2**10 else f"{count} B"


def duration(seconds: float) -> str:
    """A time a person can use: `9 s`, `2 min 05 s`, `1 h 02 min`."""
    whole = max(1, round(seconds))
    if whole < 60:
        return _("{seconds} s").format(seconds=whole)
    if whole < 3600:
        return _("{minutes} min {seconds} s").format(minutes=whole // 60, seconds=f"{whole % 60:02}")
    return _("{hours} h {minutes} min").format(hours=whole // 3600, minutes=f"{whole % 3600 // 60:02}")


def speed(rate: float) -> str:
    """Tokens per second: `210 tok/s`, or `4.2 tok/s` where the fraction matters."""
    return _("{rate} tok/s").format(rate=f"{rate:,.0f}" if rate >= 10 else f"{rate:.1f}")

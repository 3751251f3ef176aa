"""When something was, as people say it in a list: groups of days, and a time or a date in few cells."""

from datetime import date, datetime

from tui.language import N_, _

MONTHS = (
    N_("January"),
    N_("February"),
    N_("March"),
    N_("April"),
    N_("May"),
    N_("June"),
    N_("July"),
    N_("August"),
    N_("September"),
    N_("October"),
    N_("November"),
    N_("December"),
)


def group_of(seconds: float, now: float) -> str:
    """The heading under which it stands. Both in seconds since 1970."""
    day, today = date.fromtimestamp(seconds), date.fromtimestamp(now)
    ago = (today - day).days
    if ago <= 0:  # a clock that was set back makes no heading of its own
        return _("Today")
    if ago == 1:
        return _("Yesterday")
    if ago < 7:
        return _("The last seven days")
    return _("{month} {year}").format(month=_(MONTHS[day.month - 1]), year=day.year)


def moment_of(seconds: float, now: float) -> str:
    """The time where it was today or yesterday, else the date, without the year where it is this one."""
    moment, today = datetime.fromtimestamp(seconds), date.fromtimestamp(now)
    if (today - moment.date()).days <= 1:
        return f"{moment:%H:%M}"
    return f"{moment:%m-%d}" if moment.year == today.year else f"{moment:%Y-%m-%d}"

"""What a pull would take, as it is shown: the types of weights there are, files, room on the disk, licence."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.content import Content
from textual.widgets.option_list import Option

from assistant import one_line
from tui.columns import fitted, widest
from tui.figures import size
from tui.language import _, plural
from tui.rooms.models.facts import two_columns
from tui.rooms.models.words import QUANTIZATIONS
from tui.said import said

if TYPE_CHECKING:  # the hub's client is large, and comes when it is asked
    from assistant import PlannedFile, PullPlan

_NAME = 32
"""Cells of a type's name: a file that says none is called by its own."""
_FILES = 12
"""Files that are listed by name."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes of this machine's memory; `free` with what the loaded model would give back."""

    free: int
    total: int


@dataclass(frozen=True, slots=True)
class Offered:
    """What there is to choose: names and bytes, as GGUF and, of a checkpoint, by conversion.

    `free`: bytes on the disk; None: nobody knows. `own`: which of them the plan is about, and what it needs of that.
    `left`: to fetch before a conversion.
    """

    there: tuple[tuple[str, int], ...] = ()
    converted: tuple[tuple[str, int], ...] = ()
    free: int | None = None
    own: int | None = None
    needed: int = 0
    left: int = 0

    @property
    def rows(self) -> tuple[tuple[str, int], ...]:
        """All of them."""
        return self.there + self.converted

    def is_converted(self, number: int) -> bool:
        """It would be written by a conversion."""
        return number >= len(self.there)

    def needs(self, number: int) -> int:
        """Bytes on the disk, as far as is known."""
        if number == self.own:
            return self.needed
        return self.rows[number][1] + (self.left if self.is_converted(number) else 0)


def offered(plan: "PullPlan") -> Offered:
    """What there is beside the plan."""
    names = [name for name, _bytes in plan.there]
    converted = tuple(row for row in plan.conversions if row[0] not in names)
    names += [name for name, _bytes in converted]
    own = [names.index(name) for name in (plan.name.quantization, plan.quantization) if name in names]
    return Offered(plan.there, converted, plan.free, own[0] if own else None, plan.needed, plan.left)


def choices(offered: Offered, memory: Memory) -> list[Option]:
    """The types of weights as lines: the planned one marked, each with its size and whether it fits here."""
    names = widest((one_line(name) for name, _bytes in offered.rows), _NAME)
    sizes = widest((_about(offered, row) for row in range(len(offered.rows))), 14)
    return [
        Option(
            Content.assemble(
                ("● " if number == offered.own else "  ", "$primary"),
                (fitted(one_line(name), names), "bold" if number == offered.own else ""),
                f"  {_about(offered, number):>{sizes}}  ",
                _fits(offered, number, memory),
                (f"  {_(QUANTIZATIONS[name])}" if name in QUANTIZATIONS else "", "$foreground 60%"),
            )
        )
        for number, (name, _bytes) in enumerate(offered.rows)
    ]


def _about(offered: Offered, number: int) -> str:
    """The size; of what is not written yet it is an estimate."""
    return ("~" if offered.is_converted(number) else "") + size(offered.rows[number][1])


def _fits(offered: Offered, number: int, memory: Memory) -> tuple[str, str]:
    """Whether the disk has room for it, and the memory: words, and their style."""
    if offered.free is not None and offered.needs(number) > offered.free:
        return f"✗ {_('more than is free on the disk')}", "$error"
    bytes_ = offered.rows[number][1]
    if bytes_ > memory.total:
        return f"! {_('larger than the memory')}", "$warning"
    if bytes_ > memory.free:
        return f"! {_('larger than the free memory')}", "$warning"
    return f"✓ {_('fits')}", ""


def told(plan: "PullPlan", *, keeps: bool, width: int) -> Content:
    """What would be fetched and what it costs; `keeps`: the source of a conversion stays."""
    lines: list[Content] = []
    if not plan.fits:
        words = _(
            "The disk has no room for it: {needed} are needed, {free} are free. Free some, or take a smaller one."
        )
        lines.append(Content.styled(f"✗ {words.format(needed=size(plan.needed), free=size(plan.free))}", "$error"))
    lines += [Content.styled(f"! {one_line(said(warning))}", "$warning") for warning in plan.warnings]
    rows = [
        (_("to fetch"), Content(_fetched(plan))),
        (_("disk"), Content(_disk(plan, keeps=keeps))),
        (_("licence"), Content(_licence(plan))),
        (_("access"), Content(_access(plan))),
        (_("type"), Content(" · ".join(filter(None, (one_line(plan.quantization), one_line(said(plan.why))))))),
        (_("revision"), Content(one_line(plan.revision))),
        *((_("files") if number == 0 else "", file) for number, file in enumerate(_files(plan.files))),
    ]
    return Content("\n").join([*lines, *two_columns(rows, width)])


def _fetched(plan: "PullPlan") -> str:
    words = plural("{count} file", "{count} files", len(plan.files)) + f", {size(plan.bytes)}"
    if not plan.left:
        return f"{words} · {_('all of it is here already')}"
    here = plan.bytes - plan.left
    return f"{words} · {_('{size} of it are here already').format(size=size(here))}" if here else words


def _disk(plan: "PullPlan", *, keeps: bool) -> str:
    """Free now and afterwards, and at the worst moment where that is another figure."""
    made = max(0, plan.needed - plan.left)  # what conversion writes beside what is fetched
    after = plan.free - plan.needed if keeps or plan.kind == "gguf" else plan.free - made
    words = _("{free} free, {after} afterwards").format(free=size(plan.free), after=size(max(0, after)))
    if after != plan.free - plan.needed:
        least = _("{size} while it is converted").format(size=size(max(0, plan.free - plan.needed)))
        words += f" · {least}"
    return words


def _licence(plan: "PullPlan") -> str:
    found = [one_line(text) for text in (plan.licence.name, plan.licence.link) if text]
    return " · ".join(found) or _("none is named")


def _access(plan: "PullPlan") -> str:
    if plan.licence.gated:
        return _("its owner asks for consent first, on the page of the model")
    return _("open to everybody")


def _files(files: Sequence["PlannedFile"]) -> list[Content]:
    """Their names and sizes, with a sign where one is here already."""
    rows = [
        Content.assemble(
            one_line(file.path), (f"  {size(file.bytes)}", "bold"),
            (f"  ✓ {_('here')}" if file.have >= file.bytes else "", "$foreground 60%"),
        )
        for file in files[:_FILES]
    ]  # fmt: skip
    if len(files) > _FILES:
        rows.append(Content(plural("and {count} more", "and {count} more", len(files) - _FILES)))
    return rows

"""What is told of a pull while it comes, and when it is over. Imported when one begins: the hub's client is large."""

from textual.content import Content

from assistant import Fetching, HubWaiting, Pulled, PullPlan, one_line
from tui.figures import duration, size
from tui.language import _
from tui.rooms.models.pace import Pace
from tui.rooms.models.words import PROOF, byte_speed
from tui.rooms.models.work import bar
from tui.said import said


class Pulling:
    """Hears what a pull of this plan tells; `here`: bytes that are there by now."""

    def __init__(self, plan: PullPlan) -> None:
        self.plan = plan
        self.here = plan.bytes - plan.left
        self._fetching: Fetching | None = None
        self._waiting: HubWaiting | None = None
        self._since = 0.0
        self._pace = Pace()

    @property
    def title(self) -> str:
        """What is being done."""
        return _("pulling {name}").format(name=one_line(str(self.plan.name)))

    def hears(self, event: object, now: float) -> bool:
        """Whether it is an event of a pull's own."""
        match event:
            case Fetching():
                if event.done <= event.reused:
                    self._pace = Pace()  # what was here before is read from the disk, and does not count
                self._pace.note(event.all_done, now)
                self._fetching, self._waiting = event, None
                self.here = event.all_done
            case HubWaiting():
                self._waiting, self._since = event, now
            case _:
                return False
        return True

    def state(self, now: float, cells: int) -> list[Content]:
        """How far it is, or what is waited for."""
        if self._waiting is not None:
            return _waits(self._waiting, now - self._since)
        found = self._fetching
        return bar(found.all_done, found.all_total, cells) if found is not None else []

    def rest(self, now: float) -> list[str]:
        """Which file, how fast, how long it will take."""
        found = self._fetching
        if found is None or self._waiting is not None:
            return []
        words = [_("file {number} of {files}").format(number=found.number, files=found.files)]
        if found.reused < found.done < found.total:
            rate, left = self._pace.rate(now), self._pace.left(found.all_total, now)
            words += [byte_speed(rate)] if rate is not None else []
            words += [_("{time} left").format(time=duration(left))] if left is not None else []
        else:
            words.append(_("checking"))
        return [*words, one_line(found.file)]

    def left_off(self) -> str:
        """What is left of it when it did not come to its end; empty where that is nothing."""
        words = _("{size} of {total} of {name} are here and stay; P goes on with it.")
        name = one_line(str(self.plan.name))
        return words.format(size=size(self.here), total=size(self.plan.bytes), name=name) if self.here else ""


def come(done: Pulled) -> str:
    """What is there now, and what became of its source."""
    model = done.model
    words = _("{name} is here: {size}, {proof}. Enter loads it.")
    told = words.format(name=one_line(model.name), size=size(model.bytes), proof=_(PROOF[model.proof][1]))
    if done.freed:
        return f"{told} {_('Its source is removed, {size} are free again.').format(size=size(done.freed))}"
    if done.kept:
        return f"{told} {_('Its source, {size}, stays in the cache of the hub.').format(size=size(done.kept))}"
    return told


def _waits(waiting: HubWaiting, seconds: float) -> list[Content]:
    """For what, and how long yet after so many seconds."""
    rest = waiting.seconds - seconds
    words = _("waiting {time}, then attempt {attempt}") if rest > 0 else _("attempt {attempt}")
    told = words.format(time=duration(rest), attempt=waiting.attempt)
    return [Content.styled(f"! {told}", "$warning"), Content(one_line(said(waiting.reason)))]

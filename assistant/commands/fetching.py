"""A plan to fetch a model, carried out on a terminal or off it: asked, shown, interrupted. And hub names behind -m.

What is asked is asked on a terminal only; elsewhere it goes on, and sources of conversions are kept.
"""

from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistant.hub.names import HubName
    from assistant.library.pulling import Pulled, PullPlan


def here(model: str) -> str:
    """The same MODEL; a name on the hub that was never fetched is fetched first, and the model's name is given.

    Raises ModelNotFound where the answer is no, HubFailed, OutputFailed, InvalidModelFile.
    """
    from assistant.hub.names import hub_name

    name = hub_name(model)
    if name is None:
        return model
    from assistant.models import find_model, pulled_model

    if pulled_model(name) is not None:
        return model
    from assistant.commands.models_plan import tell_plan
    from assistant.console import note

    plan = planned(name)
    note(f"{name} is not here yet")
    tell_plan(plan, err=True)
    pulled = fetched(plan, keep_source=None, yes=False)
    if pulled is None:
        return str(find_model(model))  # it says how it is fetched later
    return pulled.model.name


def planned(name: "HubName", *, convert: str | None = None, called: str | None = None) -> "PullPlan":
    """What a pull would do; waits for the hub are told. Raises HubFailed, OutputFailed, InvalidModelFile."""
    from assistant.commands.models_progress import waiting_words
    from assistant.console import note
    from assistant.library.pulling import plan_pull

    return plan_pull(name, convert=convert, called=called, told=lambda waiting: note(waiting_words(waiting)))


def fetched(plan: "PullPlan", *, keep_source: bool | None, yes: bool) -> "Pulled | None":
    """What the plan gives; None where the answer was no. `keep_source` None: asked, and kept where nobody can be."""
    from assistant.commands.asking import can_ask, confirmed
    from assistant.commands.models_progress import narrated
    from assistant.console import note
    from assistant.figures import size
    from assistant.library.pulling import Pulled, pull
    from assistant.models import pulled_model

    asks, converts = not yes and plan.fits and can_ask(), plan.kind == "checkpoint"  # what does not fit is refused
    if asks and not confirmed(f"fetch {'and convert ' if converts else ''}it?", default=True):
        return None
    if converts and keep_source is None:
        keep_source = not asks or confirmed(
            f"keep the checkpoint, {size(plan.bytes)}, in the hub's cache when it is converted?", default=True
        )
    try:
        with closing(narrated(pull(plan, keep_source=keep_source is not False))) as events:
            for event in events:
                if isinstance(event, Pulled):
                    _tell_end(event, converts=converts)
                    return event
    except KeyboardInterrupt:
        made = pulled_model(plan.name)
        if made is not None and converts:
            note(f"{made.stem} is here, but not compared with its source; luciole verify does it")
        else:
            note(f"{size(plan.here())} of {size(plan.bytes)} are kept; the same command goes on from there")
        raise
    raise AssertionError("a pull ends with what it brought")


def _tell_end(pulled: "Pulled", *, converts: bool) -> None:
    from assistant.console import note
    from assistant.figures import size

    source = "checkpoint" if converts else "copy"  # the hub's cache lies on another disk
    if pulled.kept:
        note(f"the {source} stays in the hub's cache: {size(pulled.kept)}")
    if pulled.freed:
        note(f"the {source} in the hub's cache is removed: {size(pulled.freed)} are free again")
    for warning in pulled.warnings:
        note(warning, "warning")

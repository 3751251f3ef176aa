"""A repository of the hub becomes a model of the model folder, as planned: whole, or not at all.

What is missing comes into huggingface_hub's own cache. From there a GGUF gets its second name in the model folder,
while a checkpoint is converted into it and compared with its source. What is half here when it ends early stays, and is
not fetched again.
"""

from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from assistant.errors import ConversionFailed, InvalidModelFile, OutputFailed
from assistant.figures import size
from assistant.hub.cache import Cached, cached
from assistant.hub.fetching import Came, fetch_file
from assistant.hub.waiting import Interrupted, Waiting
from assistant.library.changes import remove_model
from assistant.library.conversion import Converted, convert_folder, expect_convertible
from assistant.library.importing import Imported, Step, import_file
from assistant.library.installed import ENDING, Installed, look
from assistant.library.offers import CONFIG
from assistant.library.origin import Origin, origin_file, read_origin, write_origin
from assistant.library.pull_plan import PlannedFile, PullPlan, is_same, plan_pull, room
from assistant.library.verification import UNVERIFIED, verified
from assistant.paths import models_folder

__all__ = ["Fetching", "PlannedFile", "PullPlan", "Pulled", "plan_pull", "pull"]


@dataclass(frozen=True, slots=True)
class Fetching:
    """How far it is, in bytes."""

    file: str
    """Path in the repository of the one that is coming."""
    number: int
    """Which of `files`, from 1."""
    files: int
    done: int
    total: int
    """Of this file."""
    all_done: int
    all_total: int
    reused: int
    """Of this file: so much was here before."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """The last event: the model is there."""

    model: Installed
    origin: Origin
    freed: int
    """Bytes of the source that were removed again."""
    kept: int
    """Bytes that the source takes in the hub's cache beside the model: 0 where both are one file."""
    warnings: tuple[str, ...] = ()


def pull(
    plan: PullPlan,
    *,
    keep_source: bool = True,
    verify: bool = True,
    interrupted: Interrupted = lambda: False,
) -> Generator[Fetching | Waiting | Step | Pulled, None, None]:
    """Fetch what is missing, then make the model; the last event is `Pulled`.

    Closing the iterator ends it, or `interrupted`, which is asked ten times a second and ends it without `Pulled`.
    `keep_source` False: what was brought into the hub's cache goes again when the model is there. `verify` False: a
    converted model is compared with its source no further than a conversion does by itself. Raises HubFailed,
    OutputFailed, ConversionFailed, InvalidModelFile.
    """
    place = cached(plan.listing.repository)
    needed, free = room(plan.kind, plan.chosen, plan.quantization, plan.bytes - plan.here(), place.folder)
    if needed > free:
        raise OutputFailed(
            f"{plan.name} needs {size(needed)} of disk; {size(free)} are free; free some space, or set HF_HUB_CACHE or "
            "LUCIOLE_HOME to another disk"
        )
    earlier = _brought_before(plan)
    if not (yield from _fetch(plan, interrupted)):
        return
    source = place.publish(plan.chosen, plan.revision, plan.listing.asked)
    origin = Origin(
        repository=plan.listing.repository,
        revision=plan.revision,
        quantization=plan.quantization,
        files=tuple(file.path for file in plan.chosen),
        sha256=tuple(file.sha256 or "" for file in plan.chosen),
        licence=plan.licence.name,
        link=plan.licence.link,
        pulled=datetime.now(UTC).replace(microsecond=0),
        brought=tuple(file.path for file in plan.chosen if file.path in earlier or place.is_claimed(file)),
        converted=plan.kind == "checkpoint",
    )
    make = _bring if plan.kind == "gguf" else _convert
    made = yield from make(plan, source, origin, place, verify, interrupted)
    if made is None:
        return
    path, origin, warnings = made
    place.settle(plan.chosen)
    freed = kept = 0
    blobs = place.releasable(origin.brought, plan.revision)
    alone = sum(state.st_size for blob in blobs if (state := blob.lstat()).st_nlink == 1 and not blob.is_symlink())
    if keep_source:
        kept = alone
    else:
        place.release(origin.brought, plan.revision)
        freed = alone
    yield Pulled(look(path, "folder"), origin, freed, kept, warnings)


def _brought_before(plan: PullPlan) -> set[str]:
    """Files that are in the cache because models that are here were pulled: they go with the last of these."""
    origins = (read_origin(path) for path in models_folder().glob(f"*{ENDING}"))
    return {
        path
        for origin in origins
        if origin is not None and (origin.repository, origin.revision) == (plan.listing.repository, plan.revision)
        for path in origin.brought
    }


def _fetch(plan: PullPlan, interrupted: Interrupted) -> Generator[Fetching | Waiting, None, bool]:
    """Every file, whole; False: interrupted."""
    place = cached(plan.listing.repository)
    here = {file.path: place.have(file, plan.revision) for file in plan.chosen}
    for number, file in enumerate(plan.chosen, start=1):
        events = fetch_file(plan.listing, file, interrupted)
        while True:
            try:
                event = next(events)
            except StopIteration as stop:
                if not stop.value:
                    return False
                break
            if isinstance(event, Came):
                here[file.path] = event.done
                yield Fetching(
                    file=file.path,
                    number=number,
                    files=len(plan.chosen),
                    done=event.done,
                    total=file.bytes,
                    all_done=sum(here.values()),
                    all_total=plan.bytes,
                    reused=event.reused,
                )
            else:
                yield event
        if file.path == CONFIG and plan.kind == "checkpoint" and sum(here.values()) < plan.bytes:
            config = place.whole(file, plan.revision)
            if config is not None:
                expect_convertible(config, interrupted)
    return True


_Made = tuple[Path, Origin, tuple[str, ...]]


def _bring(
    plan: PullPlan, source: Path, origin: Origin, place: Cached, _verify: bool, interrupted: Interrupted
) -> Generator[Step | Waiting, None, _Made | None]:
    """The GGUF gets its name in the model folder."""
    first = source / plan.chosen[0].path
    try:
        for event in import_file(first, plan.model, origin):
            if isinstance(event, Imported):
                return event.model.path, origin, ()
            yield event
            if interrupted():
                return None
    except InvalidModelFile:
        place.settle(plan.chosen)
        place.release(origin.brought, plan.revision)  # it is what the hub announced, and still of no use
        raise
    except OutputFailed:
        other = _meanwhile(plan)
        if other is None:
            raise
        return other
    raise AssertionError("an import ends with what was imported")


def _convert(
    plan: PullPlan, source: Path, origin: Origin, _place: Cached, verify: bool, interrupted: Interrupted
) -> Generator[Step | Waiting, None, _Made | None]:
    """The checkpoint becomes a GGUF of the model folder, and is compared with it."""
    made: Converted | None = None
    try:
        for event in convert_folder(source, quantization=plan.quantization, name=plan.model, interrupted=interrupted):
            if isinstance(event, Converted):
                made = event
            else:
                yield event
    except (OutputFailed, ConversionFailed):
        other = _meanwhile(plan)
        if other is None:
            raise
        return other
    if made is None:
        return None
    path = made.model.path
    warnings = list(made.warnings)
    try:
        write_origin(path, origin)
    except OSError as error:
        warnings.append(f"where it came from could not be noted ({error.strerror})")
    if verify:
        failed = yield from verified(path, source, interrupted)
        if interrupted():
            return None  # the model is there, and its source stays: it can still be compared with it
        if failed and failed.refused:
            with suppress(OSError, OutputFailed):
                origin_file(path).unlink(missing_ok=True)  # the source stays: another version may convert it well
                remove_model(look(path, "folder"))
            raise ConversionFailed(failed.words)
        warnings += [failed.words] if failed else []
    else:
        warnings.append(UNVERIFIED)
    return path, origin, tuple(warnings)


def _meanwhile(plan: PullPlan) -> _Made | None:
    """Another program has pulled the same meanwhile: its model is ours."""
    for path in sorted(models_folder().glob(f"*{ENDING}")):
        found = read_origin(path)
        if found is not None and is_same(found, plan.listing, plan.chosen, plan.quantization):
            return path, found, ()
    return None

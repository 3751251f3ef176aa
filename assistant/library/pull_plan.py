"""What fetching a model from the hub will bring, make and cost, before anything is fetched. Writes nothing."""

import json
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from assistant.errors import AlreadyHere, HubFailed
from assistant.hub.cache import RepositoryFile, cached, existing, free_bytes
from assistant.hub.fetching import read_file
from assistant.hub.listing import Licence, Listing, list_files
from assistant.hub.names import HubName
from assistant.hub.quantizations import normal
from assistant.hub.waiting import Interrupted, Waiting
from assistant.library.conversion import QUANTIZATIONS
from assistant.library.files import ending, expect_absent, expect_name
from assistant.library.installed import ENDING, installed
from assistant.library.offers import (
    checkpoint_files,
    is_checkpoint,
    model_name,
    named,
    offers,
    refuse,
    shards_of,
    wanted,
    weights_index,
)
from assistant.library.origin import Origin
from assistant.paths import models_folder

_MAX_INDEX_BYTES = 64 << 20
_BITS = {"q4_k_m": 5.0, "q4_k_s": 4.8, "q4_0": 4.8, "q5_k_m": 5.8, "q6_k": 6.7, "q8_0": 8.6}
"""Of a weight in the file that a conversion writes, a little more than most take; others as in their name."""
_SOURCE_BITS = 16
"""Of a weight in nearly all checkpoints."""
_WEIGHTS = (".safetensors", ".bin", ".pt", ".pth")


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """One file that will be fetched. `have`: bytes of it that are here already."""

    path: str
    bytes: int
    have: int


@dataclass(frozen=True, slots=True)
class PullPlan:
    """What a pull would fetch, make and cost; nothing was written. Sizes in bytes."""

    name: HubName
    revision: str
    """The full commit hash."""
    kind: Literal["gguf", "checkpoint"]
    """`checkpoint`: it will be converted."""
    files: tuple[PlannedFile, ...]
    bytes: int
    """Of all files."""
    left: int
    """Still to fetch."""
    needed: int
    """Of disk at the worst moment: what is still to fetch, and the file that a conversion or a copy writes."""
    free: int
    """On that disk; where the cache and the model folder lie on two, on the one with less to spare."""
    licence: Licence
    model: str
    """The name it will have in the model folder."""
    quantization: str
    """Of the model there; empty where no name says it."""
    why: str
    """Why this one was chosen."""
    there: tuple[tuple[str, int], ...]
    """Of all that the repository offers as GGUF, the quantization (or another name to ask for it by), and bytes."""
    warnings: tuple[str, ...]
    listing: Listing = field(repr=False)
    chosen: tuple[RepositoryFile, ...] = field(repr=False)

    @property
    def fits(self) -> bool:
        """The disk has room for it."""
        return self.needed <= self.free

    def here(self) -> int:
        """Bytes of the files that are here by now."""
        place = cached(self.listing.repository)
        return sum(place.have(file, self.revision) for file in self.chosen)

    @property
    def conversions(self) -> tuple[tuple[str, int], ...]:
        """Of a checkpoint, what it can be converted to, and about how many bytes that takes."""
        if self.kind == "gguf":
            return ()
        return tuple((quantization, _made(self.chosen, quantization)) for quantization in QUANTIZATIONS)


def plan_pull(
    name: HubName,
    *,
    convert: str | None = None,
    called: str | None = None,
    told: Callable[[Waiting], None] = lambda _: None,
    interrupted: Interrupted = lambda: False,
) -> PullPlan:
    """What `pull` would do; asks the hub a few small questions, unless HF_HUB_OFFLINE is set.

    `convert`: convert the checkpoint into this quantization, even where there are GGUF files. `called`: the model's
    name; None: as its file. `told` hears of every wait; `interrupted` is asked ten times a second, and ends it with
    HubFailed. Raises HubFailed, AlreadyHere, OutputFailed where another model has that name, InvalidModelFile for what
    is no name.
    """
    planning = _plan(name, convert, called, interrupted)
    while True:
        try:
            told(next(planning))
        except StopIteration as stop:
            plan: PullPlan | None = stop.value
            if plan is None:
                raise HubFailed("the plan was given up; an answer was awaited; ask again") from None
            return plan


def _plan(
    name: HubName, convert: str | None, called: str | None, interrupted: Interrupted
) -> Generator[Waiting, None, PullPlan | None]:
    listing = yield from list_files(name, interrupted)
    if listing is None:
        return None
    found = offers(listing)
    there = named(found)
    offer, why = None, "it was asked for"
    if convert is None and found:
        offer, why = wanted(listing, found, name.quantization)
        if offer is None and not _converts(listing, name.quantization):
            raise refuse(listing, found, name.quantization or "")
    if offer is not None:
        chosen, quantization, model = offer.files, offer.quantization, called or model_name(name.repository, offer)
        parts = [ending(file.path) for file in chosen]
    else:
        if convert is None:
            why = "there is no GGUF of it, so the checkpoint is converted"
        quantization = _quantization(listing, convert or name.quantization)
        index = weights_index(listing)
        shards = None
        if index is not None:
            content = yield from read_file(listing, index, _MAX_INDEX_BYTES, interrupted)
            if content is None:
                return None
            shards = _shards(listing, index, content)
        chosen = checkpoint_files(listing, shards)
        model = called or f"{name.repository.rpartition('/')[2]}-{quantization}"
        parts = [ENDING]
    _expect_free(model, parts, listing, chosen, quantization)
    kind: Literal["gguf", "checkpoint"] = "gguf" if offer is not None else "checkpoint"
    place = cached(listing.repository)
    files = tuple(PlannedFile(file.path, file.bytes, place.have(file, listing.revision)) for file in chosen)
    left = sum(file.bytes - file.have for file in files)
    needed, free = room(kind, chosen, quantization, left, place.folder)
    return PullPlan(
        name=name,
        revision=listing.revision,
        kind=kind,
        files=files,
        bytes=sum(file.bytes for file in files),
        left=left,
        needed=needed,
        free=free,
        licence=listing.licence,
        model=model,
        quantization=quantization,
        why=why,
        there=there,
        warnings=_warnings(listing),
        listing=listing,
        chosen=chosen,
    )


def _converts(listing: Listing, quantization: str | None) -> bool:
    """There is a checkpoint, and the converter writes that quantization."""
    return quantization is not None and normal(quantization) in QUANTIZATIONS and is_checkpoint(listing)


def _quantization(listing: Listing, asked: str | None) -> str:
    """What the converter will write. Raises HubFailed where it cannot, or has nothing to read."""
    if not is_checkpoint(listing):
        reason = "HF_HUB_OFFLINE is set, and the cache holds" if listing.offline else "it holds"
        raise HubFailed(
            f"{listing.repository} cannot be used here: {reason} no whole GGUF and no checkpoint (config.json with "
            "safetensors or torch weights); a language model was expected; name another repository"
        )
    found = QUANTIZATIONS[0] if asked is None else normal(asked)
    if found not in QUANTIZATIONS:
        raise HubFailed(
            f"{listing.repository} is a checkpoint, and {asked!r} is not what it can be converted to; one of "
            f"{', '.join(QUANTIZATIONS)} was expected; name one"
        )
    return found


def _shards(listing: Listing, index: RepositoryFile, content: bytes) -> tuple[str, ...]:
    try:
        found = shards_of(json.loads(content))
    except (ValueError, RecursionError):
        found = None
    if found is None:
        raise HubFailed(
            f"{index.path} of {listing.repository} is no index of weights; a map of tensor to file was expected; try "
            "another revision"
        )
    return found


def _expect_free(
    model: str, parts: list[str], listing: Listing, chosen: tuple[RepositoryFile, ...], quantization: str
) -> None:
    """Raises InvalidModelFile for what is no name, AlreadyHere and OutputFailed where one of it is there."""
    expect_name(model)
    for part in parts:
        target = models_folder() / f"{model}{part}"
        if target.exists():
            for found in installed():
                if (
                    found.path == target
                    and found.origin is not None
                    and is_same(found.origin, listing, chosen, quantization)
                ):
                    raise AlreadyHere(
                        f"{found.origin.name} is here already, as {found.name}; a model that is not was expected; "
                        "nothing needs to be done",
                        name=found.name,
                    )
        expect_absent(target)


def room(kind: str, chosen: tuple[RepositoryFile, ...], quantization: str, left: int, cache: Path) -> tuple[int, int]:
    """Bytes that are needed and free, on the disk of cache and model folder, or on the one with less to spare."""
    made = _made(chosen, quantization) if kind == "checkpoint" else sum(file.bytes for file in chosen)
    free, free_models = free_bytes(cache), free_bytes(models_folder())
    if existing(cache).stat().st_dev == existing(models_folder()).stat().st_dev:
        return left + (made if kind == "checkpoint" else 0), free
    return min((left, free), (made, free_models), key=lambda disk: disk[1] - disk[0])


def _made(chosen: tuple[RepositoryFile, ...], quantization: str) -> int:
    """About how many bytes a conversion writes, rather too many."""
    weights = sum(file.bytes for file in chosen if file.path.endswith(_WEIGHTS))
    bits = _BITS.get(quantization, 32.0 if quantization == "f32" else 16.0)
    return int(weights * bits / _SOURCE_BITS) + (32 << 20)


def is_same(origin: Origin, listing: Listing, chosen: tuple[RepositoryFile, ...], quantization: str) -> bool:
    """A model of that origin is what these files give."""
    files = tuple(file.path for file in chosen)
    return (origin.repository, origin.revision, origin.files, origin.quantization) == (
        listing.repository,
        listing.revision,
        files,
        quantization,
    )


def _warnings(listing: Listing) -> tuple[str, ...]:
    found = []
    if listing.left_out:
        found.append(f"{listing.left_out} files of {listing.repository} were left out: their names are not safe")
    if listing.offline:
        found.append("HF_HUB_OFFLINE is set: this is what the cache holds, and the licence is not known")
    elif not listing.licence.name:
        found.append(f"the card of {listing.repository} names no licence; read {listing.licence.link} before use")
    return tuple(found)

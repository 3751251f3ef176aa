"""Which files of a repository make a model: those of one quantization, or those that the converter reads. Pure.

Files are known by name and size only.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase

from assistant.errors import HubFailed
from assistant.figures import size
from assistant.hub.cache import RepositoryFile
from assistant.hub.listing import Listing
from assistant.hub.quantizations import normal, part_of, quantization_of, stem, unquantized

USUAL = "q4_k_m"
_NO_MODEL = re.compile(r"mmproj|imatrix|(^|[-_.])(vocab|tokenizer)([-_.]|$)", re.IGNORECASE)
"""GGUF files beside models: projectors of pictures, measurements, vocabularies alone."""
CONFIG = "config.json"
"""What says which family a checkpoint is of."""
_SMALL = (
    CONFIG,
    "generation_config.json",
    "tokenizer.json",
    "tokenizer.model",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "merges.txt",
    "vocab.txt",
    "chat_template.jinja",
    "chat_template.json",
)
"""What `convert` reads beside weights. Code (.py) is never run, so it is not fetched."""
_WEIGHTS = (
    ("model.safetensors", "model.safetensors.index.json"),
    ("pytorch_model.bin", "pytorch_model.bin.index.json"),
)
"""In the order in which the converter prefers them."""
_OTHER_TORCH = ("*.bin", "*.pt", "*.pth")
_NO_WEIGHTS = ("training_args.bin", "optimizer.*", "scheduler.*", "scaler.*", "rng_state*", "consolidated.*")
_SHOWN = 12
_NAMELESS = {"", "model", "ggml", "ggml-model", "ggml_model", "gguf"}
"""What files are called that do not say which model they are; old converters wrote all of theirs so."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One model that a repository holds as GGUF."""

    quantization: str
    """Empty where no name says it."""
    stem: str
    files: tuple[RepositoryFile, ...]

    @property
    def bytes(self) -> int:
        """Of all parts."""
        return sum(file.bytes for file in self.files)

    @property
    def words(self) -> str:
        """Name and size, for people."""
        return f"{self.quantization or self.stem} ({size(self.bytes)})"


def offers(listing: Listing) -> tuple[Offer, ...]:
    """All whole GGUF models, the smallest first."""
    groups: dict[tuple[str, str, int], list[RepositoryFile]] = {}
    for file in listing.files:
        if file.path.lower().endswith(".gguf") and not _NO_MODEL.search(stem(file.path)):
            folder = file.path.rpartition("/")[0]
            groups.setdefault((folder, stem(file.path), part_of(file.path)[1]), []).append(file)
    found = []
    for (_, name, count), files in groups.items():
        files.sort(key=lambda file: part_of(file.path))
        if [part_of(file.path)[0] for file in files] == list(range(1, count + 1)):
            found.append(Offer(quantization_of(files[0].path) or "", name, tuple(files)))
    return tuple(sorted(found, key=lambda offer: (offer.bytes, offer.stem)))


def wanted(listing: Listing, found: Sequence[Offer], quantization: str | None) -> tuple[Offer | None, str]:
    """The offer that is meant, and why; None: there is no such quantization. Raises HubFailed where several are."""
    if quantization is None:
        usual = [offer for offer in found if offer.quantization == USUAL]
        if usual:
            return _one(listing, found, usual, USUAL), f"{USUAL} is the usual one"
        if len(found) == 1:
            return found[0], "it is the only one"
        raise HubFailed(
            f"{listing.repository} has no {USUAL}; one of its {len(found)} was expected to be named: {_listed(found)}; "
            f"name it as {listing.repository}:{found[0].quantization or found[0].stem}",
            there=named(found),
        )
    asked = normal(quantization)
    for name in (asked, f"ud-{asked}"):
        same = [offer for offer in found if offer.quantization == name]
        if same:
            return _one(listing, found, same, name), "it was asked for"
    same = [offer for offer in found if offer.stem.casefold() == quantization.casefold()]
    return (_one(listing, found, same, quantization), "it was asked for") if same else (None, "")


def refuse(listing: Listing, found: Sequence[Offer], quantization: str) -> HubFailed:
    """There is no such quantization here; names like it are offered."""
    names = [offer.quantization for offer in found if offer.quantization]
    near = get_close_matches(normal(quantization), names, n=3, cutoff=0.5)
    hint = " (HF_HUB_OFFLINE=1)" if listing.offline else ""  # the hub itself may have more
    hint += f"; like it: {', '.join(dict.fromkeys(near))}" if near else ""
    return HubFailed(
        f"{listing.repository} has no {quantization!r}{hint}; it offers {_listed(found)}; name one of them",
        there=named(found),
    )


def named(found: Sequence[Offer]) -> tuple[tuple[str, int], ...]:
    """Name and bytes of each, as it can be asked for: its file's name where the quantization says too little."""
    count = Counter(offer.quantization for offer in found)
    return tuple(
        (offer.quantization if offer.quantization and count[offer.quantization] == 1 else offer.stem, offer.bytes)
        for offer in found
    )


def model_name(repository: str, offer: Offer) -> str:
    """What the model will be called: as its file, or as its repository where the file's name says too little."""
    if unquantized(offer.stem).lower() not in _NAMELESS:
        return offer.stem
    name = re.sub(r"[-_.]gguf$", "", repository.rpartition("/")[2], flags=re.IGNORECASE)
    return "-".join(part for part in (name, offer.quantization) if part)


def _one(listing: Listing, found: Sequence[Offer], same: Sequence[Offer], name: str) -> Offer:
    if len(same) > 1:
        raise HubFailed(
            f"{listing.repository} has {len(same)} models in {name}: "
            f"{', '.join(offer.stem for offer in same[:_SHOWN])}; one was expected to be named; name its file, as "
            f"{listing.repository}:{same[0].stem}",
            there=named(found),
        )
    twins = [file.path for file in same[0].files if file.path in listing.twins]
    if twins:
        raise HubFailed(
            f"{listing.repository} has files whose names differ by case only, as {twins[0]}; names of their own were "
            "expected; fetch the one you mean by hand and import it"
        )
    return same[0]


def _listed(found: Sequence[Offer]) -> str:
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return ", ".join(offer.words for offer in found[:_SHOWN]) + more


def is_checkpoint(listing: Listing) -> bool:
    """There are weights that a converter could read."""
    return listing.file("config.json") is not None and (weights_index(listing) is not None or bool(_single(listing)))


def weights_index(listing: Listing) -> RepositoryFile | None:
    """The file that names the shards of the weights, where the preferred ones are in shards."""
    for single, index in _WEIGHTS:
        found = listing.file(index)
        if found is not None:
            return found
        if listing.file(single) is not None:
            return None
    return None


def checkpoint_files(listing: Listing, shards: Iterable[str] | None) -> tuple[RepositoryFile, ...]:
    """What `convert` reads, small files first. `shards`: those that the index names; None: there is none.

    Raises HubFailed where a shard is not in the repository.
    """
    small = [file for name in _SMALL if (file := listing.file(name)) is not None]
    index = weights_index(listing)
    if index is None or shards is None:
        return (*small, *_single(listing))
    names = sorted(set(shards))
    weights = [(name, listing.file(name)) for name in names]
    missing = [name for name, file in weights if file is None]
    if missing or not weights:
        raise HubFailed(
            f"{index.path} of {listing.repository} names {missing[0] if missing else 'no file'}, which is not there; "
            "all shards were expected; the repository is not complete, try another revision"
        )
    return (*small, index, *(file for _, file in weights if file is not None))


def _single(listing: Listing) -> tuple[RepositoryFile, ...]:
    """The weights in one file; none where it cannot be told which of several they are."""
    for single, _ in _WEIGHTS:
        found = listing.file(single)
        if found is not None:
            return (found,)
    torch = [
        file
        for file in listing.files
        if "/" not in file.path
        and any(fnmatchcase(file.path, pattern) for pattern in _OTHER_TORCH)
        and not any(fnmatchcase(file.path, pattern) for pattern in _NO_WEIGHTS)
    ]
    return (torch[0],) if len(torch) == 1 else ()


def shards_of(index: object) -> tuple[str, ...] | None:
    """File names of an index; None: it is none."""
    names = index.get("weight_map") if isinstance(index, Mapping) else None
    if not isinstance(names, Mapping) or not all(isinstance(name, str) for name in names.values()):
        return None
    return tuple(dict.fromkeys(str(name) for name in names.values()))

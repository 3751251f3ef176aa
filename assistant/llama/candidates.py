"""Which settings are worth weighing for a model, each with its exact sizes: the ways to keep what is read, the contexts
below the one that is wanted, and on machines with GPUs how many layers go there."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import llama_cpp

from assistant.engine import EngineSettings
from assistant.gguf.header import Header
from assistant.llama.sizes import DryModel, dry_model
from assistant.plan.machine import HOST, Free
from assistant.plan.plan import PREFERRED, STEP, Candidate, Need
from assistant.plan.setting import Setting, Sizes
from assistant.plan.speeds import BATCHES

_LEAST_CONTEXT = 512
"""Whatever needs more memory than this context does not fit at all."""
_NEIGHBOURS = 3
"""So many layers fewer are tried where an estimate was too high."""

Way = tuple[str, str, bool, int]
"""Types of keys and values, flash attention, batch."""
Shape = tuple[int, bool]
"""Sequences, and whether they are apart."""
_ALONE = (1, False)


class Candidates:
    """Dry models of one file, by their GPU layers, made when they are first needed; leave the `with` to free them."""

    def __init__(self, path: Path, header: Header, settings: EngineSettings) -> None:
        self._path = path
        self._header = header
        self._settings = settings
        self._models: dict[int, DryModel] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
        self._models.clear()

    def model(self, gpu_layers: int = 0) -> DryModel:
        """Raises EngineFailed where llama.cpp refuses the file."""
        if gpu_layers not in self._models:
            self._models[gpu_layers] = self._stack.enter_context(dry_model(self._path, self._header, gpu_layers))
        return self._models[gpu_layers]

    def all_for(
        self, need: Need, free: Free, *, sequences: int = 1, apart: bool = False, gpu_layers: int | None = None
    ) -> list[Candidate]:
        """Those of the wanted context and of half of it; where none of them fits, also of the largest that fits.

        `gpu_layers`: of a model that is loaded already. Raises EngineFailed.
        """
        shape = sequences, apart
        found: list[Candidate] = []
        context, too_large = need.context, 0
        while True:
            here = list(self._of(context, shape, free, gpu_layers))
            found += here
            if any(free.holds(candidate.sizes) for candidate in here):
                if too_large:
                    best = self._largest(context, too_large, shape, free, gpu_layers)
                    found += list(self._of(best, shape, free, gpu_layers)) if best != context else []
                if context < need.context:
                    return found
                too_large = 0
            else:
                too_large = context
            context = context // 2 // STEP * STEP
            if context < _LEAST_CONTEXT:
                return found

    def of(self, context: int, free: Free) -> list[Candidate]:
        """Those of one context, whether they fit or not. Raises EngineFailed."""
        return list(self._of(context, _ALONE, free, None))

    def largest(self, most: int, free: Free, gpu_layers: int | None = None) -> int:
        """The largest context up to `most` in which anything fits; 0: none. Raises EngineFailed."""
        context, too_large = most, 0
        while not self._fits(context, free, gpu_layers=gpu_layers):
            context, too_large = context // 2 // STEP * STEP, context
            if context < _LEAST_CONTEXT:
                return 0
        return self._largest(context, too_large, _ALONE, free, gpu_layers) if too_large else context

    def _largest(self, fits: int, too_large: int, shape: Shape, free: Free, gpu_layers: int | None) -> int:
        """The largest context in which anything fits, between one that does and one that does not."""
        while too_large - fits > STEP:
            middle = (fits + too_large) // 2 // STEP * STEP
            if self._fits(middle, free, shape=shape, gpu_layers=gpu_layers):
                fits = middle
            else:
                too_large = middle
        return fits

    def _fits(self, context: int, free: Free, *, shape: Shape = _ALONE, gpu_layers: int | None) -> bool:
        found = self._of(context, shape, free, gpu_layers)
        return any(free.holds(candidate.sizes) for candidate in found)

    def _of(self, context: int, shape: Shape, free: Free, gpu_layers: int | None) -> Iterator[Candidate]:
        for way in self._ways():
            for layers in self._layers(way, context, shape, free, gpu_layers):
                setting = _setting(way, context, layers, shape)
                sizes = self.model(layers).sizes(setting)
                if sizes is not None:
                    yield Candidate(setting, sizes)

    def _ways(self) -> Iterator[Way]:
        if self._settings.kv is None:
            wanted: Sequence[tuple[str, str, bool]] = PREFERRED
        else:
            k, v = self._settings.kv
            wanted = [(k, v, flash) for flash in (False, True) if flash or v == "f16"]
        for k, v, flash in wanted:
            for batch in BATCHES[:1] if flash else BATCHES:
                yield k, v, flash, batch

    def _layers(self, way: Way, context: int, shape: Shape, free: Free, gpu_layers: int | None) -> Sequence[int]:
        """How many layers to offload: as asked, or all, or as many as fit; and none, where that is another choice."""
        fixed = self._settings.gpu_layers if gpu_layers is None else gpu_layers
        if not llama_cpp.llama_supports_gpu_offload() or set(free.usable) <= {HOST}:
            return (0,)
        most = (self._header.layers or 0) + 1
        if fixed is not None:
            return (min(fixed, most),)
        sizes = self.model(most).sizes(_setting(way, context, most, shape))
        if sizes is None:
            return ()
        if free.holds(sizes):
            return most, 0
        guess = layers_that_fit(sizes, most, free)
        for layers in range(guess, max(0, guess - _NEIGHBOURS), -1):
            sizes = self.model(layers).sizes(_setting(way, context, layers, shape))
            if sizes is not None and free.holds(sizes):
                return layers, 0
        return (0,)


def _setting(way: Way, context: int, gpu_layers: int, shape: Shape) -> Setting:
    k, v, flash, batch = way
    return Setting(context, k, v, flash, gpu_layers, batch, *shape)


def layers_that_fit(sizes: Sizes, layers: int, free: Free) -> int:
    """How many layers of those that take so much together fit the GPUs, buffers apart."""
    devices = sizes.devices - {HOST}
    each = sum(sizes.weights.get(name, 0) + sizes.kv.get(name, 0) for name in devices) / max(1, layers)
    room = sum(free.usable.get(name, 0) - sizes.compute.get(name, 0) for name in devices)
    return min(layers - 1, max(0, int(room / each))) if each else 0

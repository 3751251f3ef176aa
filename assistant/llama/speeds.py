"""How fast this machine reads and writes with a model's layers, measured on its skeleton in seconds, not minutes.

For each way to keep keys and values: a batch read into an empty memory and one read at a depth, then single tokens at
both. The depth costs nothing: what was read once is copied to fill the memory. What comes of it is seconds a token and
layer, as a line over the depth; between short windows and full attention a layer counts with the mean of those taken.

`python -P -m assistant.llama.speeds`: a request as one line of JSON on stdin ({path, threads, gpu, known}), the answer
on stdout; it ends when stdin does, so that nobody's death leaves it behind. On a processor its own time counts, shared
by the threads, and not the clock: another program that is busy for one way and idle for the next would decide between
them. What is left to threads that wait for each other, a correction learns from real readings.
"""

import ctypes
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import llama_cpp

from assistant.errors import EngineFailed
from assistant.gguf.file import read_header
from assistant.gguf.header import Header
from assistant.llama.context import context_parameters
from assistant.llama.log import llama_log
from assistant.llama.skeleton import TOKENS, layers_of, write_skeleton
from assistant.paths import folder
from assistant.plan.asking import serve
from assistant.plan.plan import PREFERRED, PREFERRED_ON_GPU
from assistant.plan.setting import Setting
from assistant.plan.speeds import BATCHES, Pace, Paces, Speeds, Way
from assistant.plan.stored import speeds_in, speeds_out

_DEPTH = 8192
_SHORT = 128
"""Tokens of a timed batch with flash attention on a processor, which works in small tiles."""
_WARM = 16
_BATCH_SECONDS = 0.5
"""A timed batch is made shorter where it would take longer."""
_BUDGET_SECONDS = 20.0
"""Ways that have not been measured by then are not; the likeliest come first."""
_SEQUENCES = 2
_TRIES = 3
_FILL_SECONDS = 3.0
_STRIDE = 37
"""Prime to the number of tokens: neighbours differ."""


def measure(path: Path, header: Header, *, threads: int, gpu: bool, known: Speeds | None = None) -> Speeds:
    """Speeds of the model at `path`, its layers on the GPUs or on the processor, beside those known already.

    Raises EngineFailed.
    """
    layers = layers_of(header)
    depth = min(_DEPTH, header.context or _DEPTH)
    until = perf_counter() + _BUDGET_SECONDS
    ways: dict[Way, Paces] = dict(known.ways) if known else {}
    complete = True
    with tempfile.TemporaryDirectory(prefix="skeleton-", dir=folder("cache")) as place:
        target = Path(place) / "skeleton.gguf"
        write_skeleton(path, header, target, layers)
        with _loaded(target, gpu=gpu) as model:
            for way in _ways(gpu=gpu):
                if way in ways:
                    continue
                if complete := perf_counter() < until:
                    paces = _paces(model, way, threads, depth=depth, layers=len(layers))
                    ways |= {way: paces} if paces else {}
    if not ways:
        raise EngineFailed(f"llama.cpp makes no context of a skeleton of {path.name}; its speeds are not known")
    return Speeds(ways, header.layers or 1, _output_seconds(header, next(iter(ways.values()))), complete=complete)


def _ways(*, gpu: bool) -> Iterator[Way]:
    for k, v, flash in PREFERRED_ON_GPU if gpu else PREFERRED:
        for batch in BATCHES[:1] if flash else BATCHES:
            yield Way(k, v, flash, batch, gpu)


def _output_seconds(header: Header, paces: Paces) -> float:
    """Choosing a token reads the output matrix as a layer's weights are read: the bytes are what takes the time."""
    sizes = {tensor.name: tensor.size for tensor in header.tensors}
    output = sizes.get("output.weight", sizes.get("token_embd.weight", 0))
    layer = sum(size for name, size in sizes.items() if name.startswith("blk.")) / max(1, header.layers or 1)
    return paces.write.base * output / layer if layer else 0.0


@contextmanager
def _loaded(path: Path, *, gpu: bool) -> Iterator[int]:
    parameters = llama_cpp.llama_model_default_params()
    parameters.n_gpu_layers = -1 if gpu else 0
    log = llama_log()
    with log.listening():
        model = llama_cpp.llama_model_load_from_file(os.fsencode(path), parameters)
    if not model:
        raise EngineFailed(
            f"llama.cpp does not load a skeleton of the model ({log.reason()}); its speeds are not known"
        )
    try:
        yield model
    finally:
        llama_cpp.llama_model_free(model)


def _paces(model: int, way: Way, threads: int, *, depth: int, layers: int) -> Paces | None:
    """Of one layer; None where llama.cpp refuses the way for this model."""
    room = depth + 2 * max(BATCHES)
    parameters = context_parameters(Setting(room, way.k, way.v, way.flash, 0, way.batch, _SEQUENCES))
    parameters.n_threads = parameters.n_threads_batch = threads
    parameters.n_outputs_max = way.batch  # all of them are asked for: a last layer is cut short otherwise
    with llama_log().listening():
        pointer = llama_cpp.llama_init_from_model(model, parameters)
    if not pointer:
        return None
    try:
        window: int = llama_cpp.llama_model_n_swa(model)
        stateful = llama_cpp.llama_model_is_recurrent(model) or llama_cpp.llama_model_is_hybrid(model)
        return _Stopwatch(pointer, way, threads, window, not (window or stateful)).paces(depth, layers)
    finally:
        llama_cpp.llama_free(pointer)


@dataclass(slots=True)
class _Stopwatch:
    """Times batches in one context, whose sequence 0 grows; the other one is for copies."""

    pointer: int
    way: Way
    threads: int
    window: int
    """Of the layers with a sliding window, in tokens; 0: there are none."""
    plain: bool
    """No sliding window, no recurrent state."""

    def paces(self, depth: int, layers: int) -> Paces | None:
        """None where llama.cpp fails at a batch."""
        self._read(_WARM)  # pays for the memory that is touched first
        probe = self._timed(_WARM)
        if probe is None:
            return None
        most = self.way.batch if self.way.gpu or not self.way.flash else _SHORT
        count = max(_WARM, min(most, depth // 2, int(_BATCH_SECONDS * _WARM / max(probe, 1e-6))))
        llama_cpp.llama_memory_clear(self._memory, False)
        # Within the window all layers slow down, beyond it few: a line from before to behind it would rise for ever.
        begin = self._read_on(count, min(self.window, depth // 2))
        shallow, first_word = self._timed(count), self._timed(1)
        deep_from = self._deepen(count, depth)
        deep, later_word = self._timed(count), self._timed(1)
        if shallow is None or first_word is None or deep is None or later_word is None:
            return None
        return Paces(
            _line(begin + count / 2, shallow / count / layers, deep_from + count / 2, deep / count / layers),
            _line(begin + count, first_word / layers, deep_from + count, later_word / layers),
        )

    @property
    def _memory(self) -> int:
        memory: int = llama_cpp.llama_get_memory(self.pointer)
        return memory

    @property
    def _position(self) -> int:
        return int(llama_cpp.llama_memory_seq_pos_max(self._memory, 0)) + 1

    def _timed(self, count: int) -> float | None:
        """The least seconds of a few tries to read so many tokens; they are in memory then. None: llama.cpp fails."""
        best = None
        start = self._position
        for attempt in range(_TRIES):
            if attempt:
                llama_cpp.llama_memory_seq_rm(self._memory, 0, start, -1)  # refused by some kinds: then they go deeper
            began = self._now()
            if not self._read(count):
                return None
            seconds = self._now() - began
            best = seconds if best is None else min(best, seconds)
            if best * (attempt + 2) > _BATCH_SECONDS:
                break
        return best

    def _now(self) -> float:
        return perf_counter() if self.way.gpu else process_time() / self.threads

    def _deepen(self, count: int, depth: int) -> int:
        """Fill the memory up to `depth` tokens with copies of the `count` in it; gives how deep it then is.

        What stands at one position several times is computed with all the same. A memory that is not plain takes no
        copies: it is filled by reading, as far as the time goes.
        """
        size = llama_cpp.llama_state_seq_get_size(self.pointer, 0)
        state = (ctypes.c_uint8 * size)()
        filled = self._position
        if self.plain and llama_cpp.llama_state_seq_get_data(self.pointer, state, size, 0) == size:
            with llama_log().listening():
                while filled + count < depth and llama_cpp.llama_state_seq_set_data(self.pointer, state, size, 1):
                    llama_cpp.llama_memory_seq_cp(self._memory, 1, 0, -1, -1)
                    llama_cpp.llama_memory_seq_rm(self._memory, 1, -1, -1)
                    filled += count + 1
        return filled + self._read_on(count, depth - filled - count)

    def _read_on(self, count: int, most: int) -> int:
        """Read batches of `count`, at most `most` tokens in all and as far as the time goes; gives how many."""
        began, done = self._now(), 0
        while done + count <= most and self._now() - began < _FILL_SECONDS and self._read(count):
            done += count
        return done

    def _read(self, count: int) -> bool:
        """Read tokens after what is in memory, logits for all of them."""
        start = self._position
        batch = llama_cpp.llama_batch_init(count, 0, 1)
        try:
            batch.n_tokens = count
            for index in range(count):
                batch.token[index], batch.pos[index] = (start + index) * _STRIDE % TOKENS, start + index
                batch.n_seq_id[index], batch.seq_id[index][0] = 1, 0
                batch.logits[index] = True
            with llama_log().listening():
                return bool(llama_cpp.llama_decode(self.pointer, batch) == 0)
        finally:
            llama_cpp.llama_batch_free(batch)


def _line(first: float, at_first: float, second: float, at_second: float) -> Pace:
    """Through two measured points; a measurement that falls with the depth is noise."""
    slope = max(0.0, (at_second - at_first) / max(1.0, second - first))
    return Pace(max(0.0, at_first - slope * first), slope)


def main() -> None:
    """One request from stdin, one answer on stdout."""
    serve(lambda wanted: speeds_out(_measured(wanted)))


def _measured(wanted: Mapping[str, Any]) -> Speeds:
    path = Path(wanted["path"])
    known = speeds_in(wanted["known"])
    return measure(path, read_header(path), threads=wanted["threads"], gpu=wanted["gpu"], known=known)


if __name__ == "__main__":
    main()

"""A finished file in llama.cpp: that it opens with its weights, and what it computes.

Weights are mapped, not copied (`use_extra_bufts` would repack them into memory of the process's own), so opening takes
no memory and little time. Keys and values are kept in float32 and flash attention is off: its sums are half precision.
"""

import os
from collections.abc import Collection, Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import llama_cpp
import numpy as np

from convert.errors import VerificationFailed
from convert.gguf.llama import captured_log
from convert.weights.stored import Array

_BATCH = 256
_LOGITS_BYTES = 64 * 2**20
"""Memory for the logits of one batch, where all of its positions are wanted."""


class OpenModel:
    """A loaded model; made by `opened`."""

    def __init__(self, pointer: Any, path: Path) -> None:
        self._pointer, self._path = pointer, path
        self._vocab = llama_cpp.llama_model_get_vocab(pointer)
        self.vocabulary: int = llama_cpp.llama_vocab_n_tokens(self._vocab)
        self.context: int = llama_cpp.llama_model_n_ctx_train(pointer)
        self.width: int = llama_cpp.llama_model_n_embd(pointer)

    def logits(
        self, tokens: Sequence[int], wanted: Collection[int] | None = None
    ) -> Generator[tuple[int, Array], None, None]:
        """(position, float32 logits after it, [vocabulary]) for the wanted positions (None: all), in ascending order.

        An array is good until the next one. Raises VerificationFailed where llama.cpp fails.
        """
        every = wanted is None
        batch = max(1, min(_BATCH, _LOGITS_BYTES // (4 * self.vocabulary))) if every else _BATCH
        with self._context(len(tokens), batch, embeddings=False) as pointer:
            for start in range(0, len(tokens), batch):
                part = tokens[start : start + batch]
                places = [i for i in range(len(part)) if wanted is None or start + i in wanted]
                self._decode(pointer, part, start, places)
                for place in places:
                    row = llama_cpp.llama_get_logits_ith(pointer, place)
                    yield start + place, np.ctypeslib.as_array(row, shape=(self.vocabulary,))

    def hidden(self, tokens: Sequence[int]) -> Array:
        """What an encoder makes of the tokens, float32 [tokens, width]. Raises VerificationFailed."""
        with self._context(len(tokens), len(tokens), embeddings=True) as pointer:
            self._decode(pointer, tokens, 0, list(range(len(tokens))))
            rows = [llama_cpp.llama_get_embeddings_ith(pointer, place) for place in range(len(tokens))]
            return np.stack([np.ctypeslib.as_array(row, shape=(self.width,)).copy() for row in rows])

    @contextmanager
    def _context(self, size: int, batch: int, *, embeddings: bool) -> Iterator[Any]:
        parameters = llama_cpp.llama_context_default_params()
        parameters.n_ctx = size
        parameters.n_batch = parameters.n_ubatch = batch
        parameters.n_threads = parameters.n_threads_batch = os.cpu_count() or 1
        parameters.type_k = parameters.type_v = llama_cpp.GGML_TYPE_F32
        parameters.flash_attn_type = llama_cpp.LLAMA_FLASH_ATTN_TYPE_DISABLED
        parameters.swa_full = True
        parameters.no_perf = True
        parameters.embeddings = embeddings
        if embeddings:
            parameters.pooling_type = llama_cpp.LLAMA_POOLING_TYPE_NONE
        with captured_log() as log:
            pointer = llama_cpp.llama_init_from_model(self._pointer, parameters)
        if not pointer:
            raise self._failed(f"makes no context of {size:,} tokens", "".join(log))
        try:
            yield pointer
        finally:
            llama_cpp.llama_free(pointer)

    def _decode(self, pointer: Any, tokens: Sequence[int], start: int, wanted: Sequence[int]) -> None:
        chosen = set(wanted)
        batch = llama_cpp.llama_batch_init(len(tokens), 0, 1)
        try:
            batch.n_tokens = len(tokens)
            for index, token in enumerate(tokens):
                batch.token[index] = token
                batch.pos[index] = start + index
                batch.n_seq_id[index] = 1
                batch.seq_id[index][0] = 0
                batch.logits[index] = index in chosen
            with captured_log() as log:
                status = llama_cpp.llama_decode(pointer, batch)
        finally:
            llama_cpp.llama_batch_free(batch)
        if status:
            raise self._failed(f"cannot compute at token {start:,} (status {status})", "".join(log))

    def _failed(self, what: str, log: str) -> VerificationFailed:
        words = " ".join(log.split())[-300:]
        return VerificationFailed(f"llama.cpp {what} with {self._path.name}: {words or 'it does not say why'}")


@contextmanager
def opened(path: Path, *, every_value: bool = False) -> Iterator[OpenModel]:
    """The file with its weights in llama.cpp, on the processor. `every_value`: llama.cpp looks at each block's numbers.

    Raises VerificationFailed with llama.cpp's own words where it refuses the file.
    """
    parameters = llama_cpp.llama_model_default_params()
    parameters.n_gpu_layers = 0
    parameters.load_mode = llama_cpp.LLAMA_LOAD_MODE_MMAP
    parameters.use_extra_bufts = False
    parameters.check_tensors = every_value
    with captured_log() as log:
        pointer = llama_cpp.llama_model_load_from_file(str(path).encode(), parameters)
    if not pointer:
        words = " ".join("".join(log).split())[-300:]
        raise VerificationFailed(
            f"llama.cpp does not open {path.name}: {words or 'it does not say why'}; a file it can load was expected; "
            "convert the model again, and report it if that does not help"
        )
    try:
        yield OpenModel(pointer, path)
    finally:
        llama_cpp.llama_model_free(pointer)

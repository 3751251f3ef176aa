"""llama.cpp through its low-level functions: the independent witness of the proofs.

Loading, tokenizing, logits and quantizing. Nothing here uses `assistant`, and `convert` only by its public names.
"""

import ctypes
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import llama_cpp
import numpy as np
from numpy.typing import NDArray

QUANTIZATIONS = ("f32", "f16", "bf16", "q8_0", "q4_0", "q4_k_s", "q4_k_m", "q5_k_m", "q6_k")
"""Every quantization `convert` offers."""

FILE_TYPES = {name: f"LLAMA_FTYPE_MOSTLY_{name.upper()}" for name in QUANTIZATIONS} | {"f32": "LLAMA_FTYPE_ALL_F32"}

BATCH = 512

Floats = NDArray[np.float32]


def converted_file(source: Path, target: Path, quantization: str, *, force: bool = False, **choices: Any) -> Path:
    """Convert to the end through the public function, and return the file it reports."""
    from convert import Choices, Converted, convert

    last = None
    for event in convert(source, target, quantization=quantization, choices=Choices(force=force, **choices)):
        last = event
    assert isinstance(last, Converted), "a conversion ends with what it made"
    assert last.report.output == target
    return target


def requantized(source: Path, target: Path, quantization: str) -> Path:
    """What llama.cpp's own quantizer makes of an f32 or bf16 file."""
    _start()
    parameters = llama_cpp.llama_model_quantize_default_params()
    parameters.nthread = 2
    parameters.ftype = getattr(llama_cpp, FILE_TYPES[quantization])
    status = llama_cpp.llama_model_quantize(str(source).encode(), str(target).encode(), ctypes.byref(parameters))
    assert status == 0, f"llama_model_quantize refused {source.name}"
    return target


def _keep_quiet(level: int, text: bytes, data: ctypes.c_void_p) -> None:
    """Errors show as failed assertions; llama.cpp's log would only bury them."""


_QUIET = llama_cpp.llama_log_callback(_keep_quiet)


@cache
def _start_once() -> None:
    llama_cpp.llama_backend_init()


def _start() -> None:
    _start_once()
    llama_cpp.llama_log_set(_QUIET, ctypes.c_void_p(0))


class LlamaModel:
    """A loaded model; made by `llama_model`."""

    def __init__(self, pointer: int) -> None:
        self._pointer = pointer
        self._vocabulary = llama_cpp.llama_model_get_vocab(pointer)
        self.vocabulary_size: int = llama_cpp.llama_vocab_n_tokens(self._vocabulary)
        self.trained_context: int = llama_cpp.llama_model_n_ctx_train(pointer)

    def tokens(self, text: str, *, parse_special: bool, add_special: bool = False) -> list[int]:
        """Token ids of a text; `parse_special`: what spells a control token becomes one."""
        data = text.encode()
        room = len(data) + 8
        ids = (llama_cpp.llama_token * room)()
        count = llama_cpp.llama_tokenize(self._vocabulary, data, len(data), ids, room, add_special, parse_special)
        assert count >= 0, "more tokens than bytes"
        return list(ids[:count])

    def piece(self, token: int) -> bytes:
        """The bytes a token stands for, control tokens spelled out."""
        buffer = ctypes.create_string_buffer(512)
        count = llama_cpp.llama_token_to_piece(self._vocabulary, token, buffer, len(buffer), 0, True)
        assert count >= 0, "a token of more than 512 bytes"
        return buffer.raw[:count]

    def is_control(self, token: int) -> bool:
        return bool(llama_cpp.llama_vocab_is_control(self._vocabulary, token))

    def ends_generation(self, token: int) -> bool:
        return bool(llama_cpp.llama_vocab_is_eog(self._vocabulary, token))

    def logits(self, tokens: Sequence[int], positions: Sequence[int], *, context: int | None = None) -> Floats:
        """Logits after the tokens at `positions`, [positions, vocabulary]; keys and values are kept in f32."""
        wanted = set(positions)
        rows: dict[int, Floats] = {}
        with self._context(context or len(tokens)) as pointer:
            for start in range(0, len(tokens), BATCH):
                part = tokens[start : start + BATCH]
                places = {start + index: index for index in range(len(part)) if start + index in wanted}
                self._decode(pointer, part, start, set(places.values()))
                for position, index in places.items():
                    rows[position] = self._row(pointer, index)
        return np.stack([rows[position] for position in positions])

    def greedy(self, tokens: Sequence[int], count: int) -> list[int]:
        """The next `count` tokens, always the likeliest one, end-of-text tokens included."""
        written: list[int] = []
        with self._context(len(tokens) + count) as pointer:
            part, start = list(tokens), 0
            while len(written) < count:
                self._decode(pointer, part, start, {len(part) - 1})
                written.append(int(self._row(pointer, len(part) - 1).argmax()))
                part, start = [written[-1]], start + len(part)
        return written

    def embeddings(self, tokens: Sequence[int], *, pooled: bool) -> Floats:
        """What an encoder makes of a text: a state for each token, [tokens, hidden], or, pooled, one vector."""
        hidden = llama_cpp.llama_model_n_embd(self._pointer)
        with self._context(len(tokens), embeddings=True, pooling_type=-1 if pooled else 0) as pointer:
            self._decode(pointer, tokens, 0, set(range(len(tokens))), encode=True)
            if pooled:
                rows = [llama_cpp.llama_get_embeddings_seq(pointer, 0)]
            else:
                rows = [llama_cpp.llama_get_embeddings_ith(pointer, index) for index in range(len(tokens))]
            found = np.stack([np.ctypeslib.as_array(row, shape=(hidden,)).copy() for row in rows])
        return found[0] if pooled else found

    @contextmanager
    def _context(self, size: int, *, embeddings: bool = False, pooling_type: int = -1) -> Iterator[int]:
        parameters = llama_cpp.llama_context_default_params()
        parameters.n_ctx = size
        parameters.n_batch = parameters.n_ubatch = BATCH
        parameters.n_threads = parameters.n_threads_batch = 2
        parameters.type_k = parameters.type_v = 0  # GGML_TYPE_F32
        parameters.flash_attn_type = 0  # off: its accumulators are half precision
        parameters.no_perf = True
        parameters.embeddings, parameters.pooling_type = embeddings, pooling_type
        pointer = llama_cpp.llama_init_from_model(self._pointer, parameters)
        assert pointer, "llama.cpp made no context"
        try:
            yield pointer
        finally:
            llama_cpp.llama_free(pointer)

    def _decode(
        self, pointer: int, tokens: Sequence[int], start: int, wanted: set[int], *, encode: bool = False
    ) -> None:
        batch = llama_cpp.llama_batch_init(len(tokens), 0, 1)
        try:
            batch.n_tokens = len(tokens)
            for index, token in enumerate(tokens):
                batch.token[index] = token
                batch.pos[index] = start + index
                batch.n_seq_id[index] = 1
                batch.seq_id[index][0] = 0
                batch.logits[index] = index in wanted
            status = (llama_cpp.llama_encode if encode else llama_cpp.llama_decode)(pointer, batch)
        finally:
            llama_cpp.llama_batch_free(batch)
        assert status == 0, f"llama_decode returned {status}"

    def _row(self, pointer: int, index: int) -> Floats:
        row = llama_cpp.llama_get_logits_ith(pointer, index)
        return np.ctypeslib.as_array(row, shape=(self.vocabulary_size,)).copy()


@contextmanager
def llama_model(path: Path, *, vocabulary_only: bool = False) -> Iterator[LlamaModel]:
    """The file in llama.cpp, freed at the end."""
    _start()
    parameters = llama_cpp.llama_model_default_params()
    parameters.vocab_only = vocabulary_only
    parameters.n_gpu_layers = 0
    pointer = llama_cpp.llama_model_load_from_file(str(path).encode(), parameters)
    assert pointer, f"llama.cpp refused {path.name}"
    try:
        yield LlamaModel(pointer)
    finally:
        llama_cpp.llama_model_free(pointer)

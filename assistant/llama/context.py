"""llama.cpp's context and what it holds: the tokens in memory, cut back to what a new prompt shares with them.

The list of tokens here and llama.cpp's memory are equal after every call; where they cannot be made equal, both are
emptied. Memories that cannot be cut at any token (a sliding window keeps the last tokens only, a recurrent state is of
its last token) are cut at checkpoints: small copies of just that part of the memory.
"""

import ctypes
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import llama_cpp

from assistant.errors import EngineFailed
from assistant.llama.log import llama_log
from assistant.llama.model import LlamaModel
from assistant.llama.threads import Threads
from assistant.plan.setting import Setting

BATCH = 512
"""Tokens read at once: progress is told, and a stop is heard, that often."""
KV_TYPES = {"f16": llama_cpp.GGML_TYPE_F16, "q8_0": llama_cpp.GGML_TYPE_Q8_0, "q4_0": llama_cpp.GGML_TYPE_Q4_0}
_OUTPUTS = 32
"""Tokens of a batch whose logits there is room for. One would do, and llama.cpp's own number is the whole batch, for
hundreds of MiB; but with 1 or 8 the starter model read a fifth slower behind 2,000 tokens, and with 32 as fast as with
all."""
_ABORTED = 2  # llama_decode's word for it
_MOST_CHECKPOINTS = 16
_MOST_CHECKPOINT_BYTES = 512 << 20
"""All of them together; a model whose window is larger goes without, and reads anew what others find."""
_PARTIAL = llama_cpp.LLAMA_STATE_SEQ_FLAGS_PARTIAL_ONLY


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The part of the memory that cannot be cut, as it was after the first `length` tokens."""

    length: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The memory of a context, and the tokens it stands for."""

    tokens: tuple[int, ...]
    data: bytes
    checkpoints: tuple[Checkpoint, ...]

    @property
    def size(self) -> int:
        """In bytes."""
        return len(self.data) + sum(len(checkpoint.data) for checkpoint in self.checkpoints)


@dataclass(frozen=True, slots=True)
class Piece:
    """Tokens to read into one sequence, beginning at a position; `last`: logits are wanted of the last of them."""

    sequence: int
    position: int
    tokens: Sequence[int]
    last: bool


class LlamaContext:
    """A context of one model. `interrupted` is asked between and, on the processor, inside batches.

    Sequence 0 is what `tokens` stands for; the others come and go within `assistant.llama.many`.
    """

    def __init__(
        self,
        model: LlamaModel,
        setting: Setting,
        *,
        threads: int,
        interrupted: Callable[[], bool],
        may_use_fewer: bool = False,
    ) -> None:
        """`may_use_fewer`: write with less than all threads where that is faster. Raises EngineFailed where llama.cpp
        cannot make it.
        """
        self._log = log = llama_log()
        self._interrupted = interrupted
        self._window = model.window
        self._abort = llama_cpp.ggml_abort_callback(lambda _: interrupted())  # llama.cpp keeps the pointer: so do we
        parameters = context_parameters(setting)
        parameters.n_threads = parameters.n_threads_batch = threads
        parameters.abort_callback = self._abort
        log.forget()
        pointer = llama_cpp.llama_init_from_model(model.pointer, parameters)
        if not pointer:
            raise EngineFailed(
                f"llama.cpp cannot make a context of {setting.context:,} tokens ({log.reason()}); enough memory was "
                "expected; use --context with less"
            )
        self._memory = llama_cpp.llama_get_memory(pointer)
        if not self._memory:  # encoders and diffusion models: their logits are no next words
            llama_cpp.llama_free(pointer)
            raise EngineFailed(
                "the model keeps nothing of what it reads and cannot write; a language model was expected, "
                "not one for embeddings; choose another"
            )
        self._asks_inside = True
        self._threads = Threads(pointer, threads, setting, may_use_fewer=may_use_fewer)
        self.pointer: int = pointer
        self.setting = setting
        self.plain = model.plain_memory
        """The memory can be cut at any token."""
        self.tokens: list[int] = []
        """What is in memory."""
        self.checkpoints: list[Checkpoint] = []
        """In the order of their lengths; all of `tokens`."""

    @property
    def size(self) -> int:
        """In tokens; llama.cpp may round its own figure up, beyond what the model was trained for."""
        return self.setting.context

    def free(self) -> None:
        llama_cpp.llama_free(self.pointer)

    def cut(self, length: int) -> int:
        """Forget what comes after the first `length` tokens, or after fewer where the memory cannot be cut there.

        Gives the number of tokens kept.
        """
        if length < len(self.tokens):
            self._settle(length)
        return len(self.tokens)

    def decode(self, tokens: Sequence[int]) -> bool:
        """Add a batch of a prompt to memory, logits for its last token; False if interrupted. Raises EngineFailed."""
        self._threads.read()
        return self._decode(tokens)

    def write(self, token: int) -> bool:
        """The same with one token of an answer."""
        with self._threads.writing(1):
            return self._decode([token])

    def _decode(self, tokens: Sequence[int]) -> bool:
        ids = (llama_cpp.llama_token * len(tokens))(*tokens)
        self._ask_inside(len(tokens) > 1)
        status = llama_cpp.llama_decode(self.pointer, llama_cpp.llama_batch_get_one(ids, len(tokens)))
        if status == 0:
            self.tokens += tokens
            return not self._interrupted()
        self._settle(len(self.tokens))
        if status == _ABORTED:
            return False
        raise self._failure(len(tokens), status)

    def take_checkpoint(self) -> None:
        """Remember this place, where the memory could not be cut back to it otherwise."""
        if self.plain or not self.tokens or any(point.length == len(self.tokens) for point in self.checkpoints):
            return
        size = llama_cpp.llama_state_seq_get_size_ext(self.pointer, 0, _PARTIAL)
        while self.checkpoints and (
            len(self.checkpoints) >= _MOST_CHECKPOINTS
            or size + sum(len(point.data) for point in self.checkpoints) > _MOST_CHECKPOINT_BYTES
        ):
            del self.checkpoints[0]
        if size <= _MOST_CHECKPOINT_BYTES and (point := self._checkpoint()) is not None:
            self.checkpoints.append(point)

    def state_size(self) -> int:
        """Bytes that `snapshot` and `save` take for what is in memory."""
        return int(llama_cpp.llama_state_seq_get_size(self.pointer, 0)) if self.tokens else 0

    def snapshot(self) -> Snapshot | None:
        """A copy of what is in memory; None where there is nothing, or llama.cpp cannot copy it."""
        size = self.state_size()
        data = (ctypes.c_uint8 * size)()
        if not size or llama_cpp.llama_state_seq_get_data(self.pointer, data, size, 0) != size:
            return None
        return Snapshot(tuple(self.tokens), bytes(data), tuple(self.checkpoints))

    def restore(self, snapshot: Snapshot) -> bool:
        """Take over what a context of the same model and KV types had read; False: refused, and memory is empty."""
        self._clear()
        data = (ctypes.c_uint8 * len(snapshot.data)).from_buffer_copy(snapshot.data)
        done = llama_cpp.llama_state_seq_set_data(self.pointer, data, len(snapshot.data), 0)
        return self._took(bool(done), snapshot.tokens, snapshot.checkpoints)

    def save(self, path: Path) -> bool:
        """Write what is in memory to a file; False where the disk or llama.cpp refuses."""
        ids = (llama_cpp.llama_token * len(self.tokens))(*self.tokens)
        return bool(llama_cpp.llama_state_seq_save_file(self.pointer, os.fsencode(path), 0, ids, len(self.tokens)))

    def load(self, path: Path, tokens: Sequence[int], checkpoints: Sequence[Checkpoint]) -> bool:
        """Take over what `save` wrote; False where it is not of these very tokens, and memory is empty then."""
        self._clear()
        found = (llama_cpp.llama_token * len(tokens))()
        count = ctypes.c_size_t()
        done = llama_cpp.llama_state_seq_load_file(
            self.pointer, os.fsencode(path), 0, found, len(tokens), ctypes.byref(count)
        )
        same = bool(done) and count.value == len(tokens) and list(found) == list(tokens)
        return self._took(same, tokens, checkpoints)

    def decode_pieces(self, pieces: Sequence[Piece]) -> bool:
        """Read several sequences at once, at most `BATCH` tokens in all; the logits wanted lie in the pieces' order.

        `tokens` does not know of it: whoever calls cuts sequence 0 back in the end. False if interrupted; then some of
        it may be in memory. Raises EngineFailed.
        """
        count = sum(len(piece.tokens) for piece in pieces)
        batch = llama_cpp.llama_batch_init(count, 0, 1)
        try:
            at = 0
            for piece in pieces:
                for offset, token in enumerate(piece.tokens):
                    batch.token[at], batch.pos[at] = token, piece.position + offset
                    batch.n_seq_id[at], batch.seq_id[at][0] = 1, piece.sequence
                    batch.logits[at] = piece.last and offset == len(piece.tokens) - 1
                    at += 1
            batch.n_tokens = count
            self._ask_inside(count > len(pieces))
            if count > len(pieces):
                self._threads.read()
                status = llama_cpp.llama_decode(self.pointer, batch)
            else:
                with self._threads.writing(count):
                    status = llama_cpp.llama_decode(self.pointer, batch)
        finally:
            llama_cpp.llama_batch_free(batch)
        if status not in {0, _ABORTED}:
            raise self._failure(count, status)
        return status == 0 and not self._interrupted()

    def share(self) -> None:
        """Make sequence 0 fit to be copied: of a sliding window, only what later tokens look at is left.

        llama.cpp lays new tokens over those that have left the window, but not while two sequences hold them.
        Raises EngineFailed.
        """
        if self._window and self.tokens:
            point = self._checkpoint()
            if point is None or not self._return(point):
                self._clear()
                raise self._failure(0, 0)

    def copy_sequence(self, to: int) -> None:
        """Let another sequence hold all that sequence 0 holds. Call `share` before the first copy."""
        llama_cpp.llama_memory_seq_cp(self._memory, 0, to, -1, -1)

    def drop_sequence(self, sequence: int) -> None:
        llama_cpp.llama_memory_seq_rm(self._memory, sequence, -1, -1)

    def realign(self) -> None:
        """Make the memory that of `tokens` again, after other sequences have used it."""
        self._settle(len(self.tokens))

    def _ask_inside(self, wanted: bool) -> None:
        """Let llama.cpp ask whether to break off at every step of a batch. For a single token it is not worth a call
        of Python at each of hundreds of steps: a few percent of the writing."""
        if wanted != self._asks_inside:
            callback = self._abort if wanted else llama_cpp.ggml_abort_callback()
            llama_cpp.llama_set_abort_callback(self.pointer, callback, None)
            self._asks_inside = wanted

    def _failure(self, count: int, status: int) -> EngineFailed:
        return EngineFailed(
            f"llama.cpp failed at a batch of {count} tokens (status {status}, {self._log.reason()}); try again, "
            "with a smaller --context if it stays"
        )

    def _took(self, done: bool, tokens: Sequence[int], checkpoints: Sequence[Checkpoint]) -> bool:
        if not done or llama_cpp.llama_memory_seq_pos_max(self._memory, 0) != len(tokens) - 1:
            self._clear()
            return False
        self.tokens, self.checkpoints = list(tokens), list(checkpoints)
        return True

    def _settle(self, length: int) -> None:
        """Cut memory at `length`, else at the last checkpoint before it, else empty it; then the lists follow."""
        if length <= 0 or not (self._reaches_back(length) and self._cut_memory(length)):
            length = next(
                (
                    point.length
                    for point in reversed(self.checkpoints)
                    if point.length <= length and self._return(point)
                ),
                0,
            )
            if length == 0:
                llama_cpp.llama_memory_clear(self._memory, True)
        del self.tokens[length:]
        self.checkpoints = [point for point in self.checkpoints if point.length <= length]

    def _reaches_back(self, length: int) -> bool:
        """Whether a sliding window still holds what the token after the first `length` looks at.

        llama.cpp removes later tokens without a word even where earlier ones are gone, and computes nonsense then.
        """
        if not self._window:
            return True
        first = int(llama_cpp.llama_memory_seq_pos_min(self._memory, 0))
        return 0 <= first <= max(0, length - self._window)

    def _cut_memory(self, length: int) -> bool:
        removed = llama_cpp.llama_memory_seq_rm(self._memory, 0, length, -1)
        return bool(removed) and llama_cpp.llama_memory_seq_pos_max(self._memory, 0) == length - 1

    def _checkpoint(self) -> Checkpoint | None:
        """This place; None where llama.cpp refuses."""
        size = llama_cpp.llama_state_seq_get_size_ext(self.pointer, 0, _PARTIAL)
        data = (ctypes.c_uint8 * size)()
        if llama_cpp.llama_state_seq_get_data_ext(self.pointer, data, size, 0, _PARTIAL) != size:
            return None
        return Checkpoint(len(self.tokens), bytes(data))

    def _return(self, point: Checkpoint) -> bool:
        data = (ctypes.c_uint8 * len(point.data)).from_buffer_copy(point.data)
        done = llama_cpp.llama_state_seq_set_data_ext(self.pointer, data, len(point.data), 0, _PARTIAL)
        return bool(done) and self._cut_memory(point.length)

    def _clear(self) -> None:
        llama_cpp.llama_memory_clear(self._memory, True)
        self.tokens, self.checkpoints = [], []


def context_parameters(setting: Setting) -> llama_cpp.llama_context_params:
    """llama.cpp's parameters of a setting, but for the threads: the same for a plan, a measurement and the engine."""
    parameters = llama_cpp.llama_context_default_params()
    parameters.n_ctx = setting.context
    parameters.n_batch = min(BATCH, setting.context)
    parameters.n_ubatch = min(setting.batch, parameters.n_batch)
    parameters.n_seq_max, parameters.n_outputs_max = setting.sequences, max(setting.sequences, _OUTPUTS)
    parameters.kv_unified = not setting.apart
    parameters.type_k, parameters.type_v = KV_TYPES[setting.k], KV_TYPES[setting.v]
    parameters.flash_attn_type = (
        llama_cpp.LLAMA_FLASH_ATTN_TYPE_ENABLED if setting.flash else llama_cpp.LLAMA_FLASH_ATTN_TYPE_DISABLED
    )
    parameters.swa_full = False
    parameters.no_perf = True
    return parameters

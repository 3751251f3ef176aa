"""llama.cpp's context and what it holds: the tokens in memory, cut back to what a new prompt shares with them.

The list of tokens here and llama.cpp's memory are equal after every call; where they cannot be made equal, both are
emptied.
"""

import ctypes
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import llama_cpp

from assistant.errors import EngineFailed
from assistant.llama.log import llama_log
from assistant.llama.model import LlamaModel

BATCH = 512
"""Tokens read at once: progress is told, and a stop is heard, that often."""
_ABORTED = 2  # llama_decode's word for it


@dataclass(frozen=True, slots=True)
class Saved:
    """The memory of a context as bytes, and the tokens it stands for; empty where it cannot be copied."""

    tokens: list[int]
    data: "ctypes.Array[ctypes.c_uint8]"


class LlamaContext:
    """A context of `size` tokens of one model. `interrupted` is asked between and, on the processor, inside batches."""

    def __init__(self, model: LlamaModel, size: int, *, threads: int, interrupted: Callable[[], bool]) -> None:
        """Raises EngineFailed where llama.cpp cannot make it."""
        self._log = log = llama_log()
        self._interrupted = interrupted
        self._plain = model.plain_memory
        self._abort = llama_cpp.ggml_abort_callback(lambda _: interrupted())  # llama.cpp keeps the pointer: so do we
        parameters = llama_cpp.llama_context_default_params()
        parameters.n_ctx = size
        parameters.n_batch = parameters.n_ubatch = min(BATCH, size)
        parameters.n_threads = parameters.n_threads_batch = threads
        parameters.abort_callback = self._abort
        parameters.no_perf = True
        log.forget()
        pointer = llama_cpp.llama_init_from_model(model.pointer, parameters)
        if not pointer:
            raise EngineFailed(
                f"llama.cpp cannot make a context of {size:,} tokens ({log.reason()}); enough memory was expected; "
                "use --context with less"
            )
        if not llama_cpp.llama_get_memory(pointer):  # encoders and diffusion models: their logits are no next words
            llama_cpp.llama_free(pointer)
            raise EngineFailed(
                "the model keeps nothing of what it reads and cannot write; a language model was expected, "
                "not one for embeddings; choose another"
            )
        self.pointer: int = pointer
        self.size = size
        """In tokens; llama.cpp may round its own figure up, beyond what the model was trained for."""
        self.tokens: list[int] = []
        """What is in memory."""

    def free(self) -> None:
        llama_cpp.llama_free(self.pointer)

    def keep_common(self, prompt: Sequence[int]) -> int:
        """Cut memory back to what it shares with the prompt; gives the number of tokens kept.

        The prompt's last token is never among them: its logits are needed. Models with a sliding window or a recurrent
        state keep everything or nothing, because their memory cannot be cut at any token.
        """
        same = 0
        for old, new in zip(self.tokens, prompt[:-1], strict=False):
            if old != new:
                break
            same += 1
        if same < len(self.tokens):
            self._cut(same)
        return len(self.tokens)

    def saved(self) -> "Saved":
        """A copy of what is in memory, for another context of the same model."""
        size = llama_cpp.llama_state_seq_get_size(self.pointer, 0) if self._plain and self.tokens else 0
        data = (ctypes.c_uint8 * size)()
        if size and llama_cpp.llama_state_seq_get_data(self.pointer, data, size, 0) != size:
            return Saved([], data)
        return Saved(self.tokens if size else [], data)

    def restore(self, saved: "Saved") -> None:
        """Take over what another context had read; where llama.cpp refuses it, memory stays empty."""
        if saved.tokens and llama_cpp.llama_state_seq_set_data(self.pointer, saved.data, len(saved.data), 0):
            self.tokens = list(saved.tokens)
            self._cut(len(self.tokens))

    def decode(self, tokens: Sequence[int]) -> bool:
        """Add a batch to memory, logits for its last token; False if interrupted. Raises EngineFailed."""
        ids = (llama_cpp.llama_token * len(tokens))(*tokens)
        status = llama_cpp.llama_decode(self.pointer, llama_cpp.llama_batch_get_one(ids, len(tokens)))
        if status == 0:
            self.tokens += tokens
            return not self._interrupted()
        self._cut(len(self.tokens))
        if status == _ABORTED:
            return False
        raise EngineFailed(
            f"llama.cpp failed at a batch of {len(tokens)} tokens (status {status}, {self._log.reason()}); try again, "
            "with a smaller --context if it stays"
        )

    def _cut(self, length: int) -> None:
        memory = llama_cpp.llama_get_memory(self.pointer)
        kept = self._plain and length > 0 and llama_cpp.llama_memory_seq_rm(memory, 0, length, -1)
        if not kept or llama_cpp.llama_memory_seq_pos_max(memory, 0) != length - 1:
            llama_cpp.llama_memory_clear(memory, True)
            length = 0
        del self.tokens[length:]

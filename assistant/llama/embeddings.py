"""Vectors of texts, by a model that was made for them (BERT, XLM-R, and language models with a pooling).

Texts are read as sequences of one batch. A text longer than the model's context is refused, never cut.
"""

from collections.abc import Callable, Sequence
from math import sqrt

import llama_cpp

from assistant.errors import EngineFailed, PromptTooLong
from assistant.gguf.header import Header
from assistant.llama.log import llama_log
from assistant.llama.model import LlamaModel

_SEQUENCES = 32
_BATCH = 512
"""Tokens read at once, where no text is longer: beyond it, texts of several lengths wait for each other."""
_RANK = llama_cpp.LLAMA_POOLING_TYPE_RANK
_NORMALIZED = "luciole.embedding.normalized"
"""Our converter's key: whether the source divides its vectors by their length. Files of others are taken for such."""


class Embedder:
    """A context for embeddings. `longest`: most tokens of a text, with what the model puts around it; `interrupted` is
    asked between batches."""

    def __init__(
        self, model: LlamaModel, header: Header, *, longest: int, threads: int, interrupted: Callable[[], bool]
    ) -> None:
        """Raises EngineFailed for a model that was not made for it."""
        pooling = header.number(f"{header.architecture}.pooling_type")
        if pooling is None or pooling <= 0 or pooling == _RANK:
            raise EngineFailed(
                f"the model ({header.architecture}) gives no vectors of texts; one made for embeddings was expected, "
                "such as BGE; convert or choose one"
            )
        self._model = model
        self._longest = longest
        self._threads = threads
        self._interrupted = interrupted
        self._normalized = header.metadata.get(_NORMALIZED) is not False
        self._pointer: int | None = None
        self._size = 0

    def free(self) -> None:
        if self._pointer is not None:
            llama_cpp.llama_free(self._pointer)
            self._pointer = None

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector a text. Raises PromptTooLong, EngineFailed."""
        ids = [self._model.encode_whole(text) for text in texts]
        for number, tokens in enumerate(ids, start=1):
            if len(tokens) > self._longest:
                raise PromptTooLong(
                    f"text {number} has {len(tokens):,} tokens; at most {self._longest:,} fit this model; split it",
                    tokens=len(tokens),
                    limit=self._longest,
                )
        self._open(max(map(len, ids), default=0))
        vectors: list[list[float]] = [[] for _ in ids]
        group: list[int] = []
        # Texts of like length together; each vector goes to its own place.
        for number in sorted(range(len(ids)), key=lambda number: len(ids[number])):
            if len(group) == _SEQUENCES or sum(len(ids[one]) for one in group) + len(ids[number]) > self._size:
                self._read(group, ids, vectors)
                group = []
            group.append(number)
        self._read(group, ids, vectors)
        return vectors

    def _open(self, longest: int) -> None:
        size = min(max(_BATCH, -(-longest // _BATCH) * _BATCH), max(self._longest, _BATCH))
        if self._pointer is not None and self._size >= size:
            return
        self.free()
        log = llama_log()
        parameters = llama_cpp.llama_context_default_params()
        # Attention in both directions sees a text whole or not at all: one batch holds it.
        parameters.n_ctx = parameters.n_batch = parameters.n_ubatch = size
        parameters.n_seq_max = _SEQUENCES
        parameters.n_threads = parameters.n_threads_batch = self._threads
        parameters.kv_unified = True
        parameters.embeddings = True
        parameters.no_perf = True
        log.forget()
        pointer = llama_cpp.llama_init_from_model(self._model.pointer, parameters)
        if not pointer:
            raise EngineFailed(
                f"llama.cpp cannot make a context of {size:,} tokens ({log.reason()}); enough memory was expected; "
                "close other programs"
            )
        self._pointer, self._size = pointer, size

    def _read(self, group: Sequence[int], ids: Sequence[Sequence[int]], vectors: list[list[float]]) -> None:
        if not group:
            return
        if self._interrupted():
            raise EngineFailed("the vectors were interrupted; all of them were expected; ask for them again")
        batch = llama_cpp.llama_batch_init(sum(len(ids[number]) for number in group), 0, 1)
        try:
            at = 0
            for sequence, number in enumerate(group):
                for position, token in enumerate(ids[number]):
                    batch.token[at], batch.pos[at] = token, position
                    batch.n_seq_id[at], batch.seq_id[at][0] = 1, sequence
                    batch.logits[at] = True
                    at += 1
            batch.n_tokens = at
            memory = llama_cpp.llama_get_memory(self._pointer)
            if memory:
                llama_cpp.llama_memory_clear(memory, True)
            status = llama_cpp.llama_decode(self._pointer, batch)
        finally:
            llama_cpp.llama_batch_free(batch)
        if status != 0:
            raise EngineFailed(
                f"llama.cpp failed at a batch of {at} tokens (status {status}, {llama_log().reason()}); "
                "try again with fewer texts"
            )
        length = llama_cpp.llama_model_n_embd_out(self._model.pointer)
        for sequence, number in enumerate(group):
            found = llama_cpp.llama_get_embeddings_seq(self._pointer, sequence)
            if not found:
                raise EngineFailed(
                    "llama.cpp gives no vector of a text; one was expected of an embedding model; choose another"
                )
            vector = found[:length]
            norm = sqrt(sum(value * value for value in vector)) if self._normalized else 1.0
            vectors[number] = [value / norm for value in vector] if norm else list(vector)

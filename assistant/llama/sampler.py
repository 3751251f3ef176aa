"""llama.cpp's sampler chain for one answer."""

import ctypes
from types import TracebackType

import llama_cpp

from assistant.llama.model import LlamaModel
from assistant.messages import Sampling

_PENALTY_WINDOW = 256
_DRY_BASE, _DRY_FREE, _DRY_WINDOW = 1.75, 2, 4096
"""llama.cpp's own defaults: growth of the penalty a token, length of repeats that cost nothing; and how far back."""
_DRY_BREAKERS = (b'"', b"*")
"""Tokens that end a repeat: quotes and emphasis come back for good reasons."""
_RANDOM_SEED = 0xFFFFFFFF  # LLAMA_DEFAULT_SEED: a new one each time


class Sampler:
    """A context manager; `next` chooses a token from the last logits and remembers it for the penalty."""

    def __init__(self, sampling: Sampling, model: LlamaModel, most: int) -> None:
        chain = llama_cpp.llama_sampler_chain_init(llama_cpp.llama_sampler_chain_default_params())
        window = min(_PENALTY_WINDOW, max(most, 1))
        stages = []
        if sampling.repeat_penalty != 1.0:
            stages.append(
                llama_cpp.llama_sampler_init_penalties(model.vocabulary, window, sampling.repeat_penalty, 0.0, 0.0)
            )
        if sampling.dry_multiplier > 0:
            breakers = (ctypes.c_char_p * len(_DRY_BREAKERS))(*_DRY_BREAKERS)
            stages.append(
                llama_cpp.llama_sampler_init_dry(
                    model.vocab, sampling.dry_multiplier, _DRY_BASE, _DRY_FREE, _DRY_WINDOW, breakers, len(breakers)
                )
            )
        if sampling.temperature <= 0:
            stages.append(llama_cpp.llama_sampler_init_greedy())
        else:
            seed = _RANDOM_SEED if sampling.seed is None else sampling.seed % _RANDOM_SEED
            stages += [
                llama_cpp.llama_sampler_init_top_k(sampling.top_k),
                llama_cpp.llama_sampler_init_top_p(sampling.top_p, 1),
                llama_cpp.llama_sampler_init_min_p(sampling.min_p, 1),
                llama_cpp.llama_sampler_init_temp(sampling.temperature),
                llama_cpp.llama_sampler_init_dist(seed),
            ]
        for stage in stages:
            llama_cpp.llama_sampler_chain_add(chain, stage)
        self._chain = chain

    def __enter__(self) -> "Sampler":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        llama_cpp.llama_sampler_free(self._chain)

    def next(self, context: int) -> int:
        """The next token after the last one decoded in `context`."""
        return int(llama_cpp.llama_sampler_sample(self._chain, context, -1))

"""llama.cpp's sampler chain for one answer.

The order is llama.cpp's own (`common/common.h`, `common_params_sampling.samplers`): bias, penalties, DRY, then top-k,
top-p, min-p, and last the temperature and the draw. Hugging Face divides by the temperature before top-p, so its top-p
keeps fewer tokens at a temperature below 1 than the same figure here.
"""

import ctypes
from collections.abc import Sequence
from types import TracebackType

import llama_cpp

from assistant.llama.model import LlamaModel
from assistant.messages import Sampling

_DRY_BASE, _DRY_FREE, _DRY_WINDOW = 1.75, 2, 4096
"""llama.cpp's own defaults: growth of the penalty a token, length of repeats that cost nothing; and how far back."""
_DRY_BREAKERS = (b'"', b"*")
"""Tokens that end a repeat: quotes and emphasis come back for good reasons."""
_RANDOM_SEED = 0xFFFFFFFF  # LLAMA_DEFAULT_SEED: a new one each time


class Sampler:
    """A context manager; `next` chooses a token and remembers it. Several may be open, one for each sequence.

    Make it before the prompt is read, because it raises InvalidSetting for what does not fit the model.
    """

    def __init__(self, sampling: Sampling, model: LlamaModel, most: int, prompt: Sequence[int] = ()) -> None:
        """`most`: tokens of the longest answer; `prompt`: its tokens, for penalties that count them."""
        chain = llama_cpp.llama_sampler_chain_init(llama_cpp.llama_sampler_chain_default_params())
        stages = []
        if sampling.repeat_penalty != 1.0 or sampling.presence_penalty or sampling.frequency_penalty:
            stages.append(_penalties(sampling, model, most, prompt if sampling.penalize_prompt else ()))
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
            stages += [
                llama_cpp.llama_sampler_init_top_k(sampling.top_k),
                llama_cpp.llama_sampler_init_top_p(sampling.top_p, 1),
                llama_cpp.llama_sampler_init_min_p(sampling.min_p, 1),
                llama_cpp.llama_sampler_init_temp(sampling.temperature),
                llama_cpp.llama_sampler_init_dist(_RANDOM_SEED if sampling.seed is None else sampling.seed),
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

    def next(self, context: int, index: int = -1) -> int:
        """The next token by the logits of the last batch's token `index` in `context`; -1: the last that has some."""
        return int(llama_cpp.llama_sampler_sample(self._chain, context, index))


def _penalties(sampling: Sampling, model: LlamaModel, most: int, prompt: Sequence[int]) -> int:
    everything = len(prompt) + max(most, 1)
    window = everything if sampling.penalty_window < 0 else min(sampling.penalty_window, everything)
    stage = llama_cpp.llama_sampler_init_penalties(
        model.vocabulary, window, sampling.repeat_penalty, sampling.frequency_penalty, sampling.presence_penalty
    )
    for token in prompt[-window:] if window else ():
        llama_cpp.llama_sampler_accept(stage, token)
    return int(stage)

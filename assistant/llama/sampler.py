"""llama.cpp's sampler chain for one answer.

The order is llama.cpp's own (`common/common.h`, `common_params_sampling.samplers`): bias, penalties, DRY, then top-k,
top-p, min-p, and last the temperature and the draw. Hugging Face divides by the temperature before top-p, so its top-p
keeps fewer tokens at a temperature below 1 than the same figure here.

A grammar is asked as llama.cpp's own programs do it (`common/sampling.cpp`, `common_sampler_sample`): first about the
one token that the chain chose, and only where it says no about all of them, before the chain chooses again.
"""

import ctypes
from collections.abc import Iterator, Mapping, Sequence
from math import inf
from time import perf_counter
from types import TracebackType
from typing import Any

import llama_cpp
import numpy as np
from numpy.typing import NDArray

from assistant.errors import InvalidSetting
from assistant.grammar.gbnf import check_grammar
from assistant.grammar.json_schema import grammar_of
from assistant.llama.log import llama_log
from assistant.llama.model import LlamaModel
from assistant.messages import FORBIDDEN, Sampling

_DRY_BASE, _DRY_FREE, _DRY_WINDOW = 1.75, 2, 4096
"""llama.cpp's own defaults: growth of the penalty a token, length of repeats that cost nothing; and how far back."""
_DRY_BREAKERS = (b'"', b"*")
"""Tokens that end a repeat: quotes and emphasis come back for good reasons."""
_RANDOM_SEED = 0xFFFFFFFF  # LLAMA_DEFAULT_SEED: a new one each time
_GRAMMAR_SECONDS = 10.0
"""Longest time a grammar may take for one token. Ambiguous ones may double what they have in hand at each."""
Pointer = Any
"""Of llama.cpp's `llama_sampler`."""
_CANDIDATE = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])
"""`llama_token_data`."""


class Sampler:
    """A context manager; `next` chooses a token and remembers it. Several may be open, one for each sequence.

    Make it before the prompt is read, because it raises InvalidSetting for what does not fit the model.
    """

    def __init__(
        self,
        sampling: Sampling,
        model: LlamaModel,
        most: int,
        prompt: Sequence[int] = (),
        said: Sequence[int] = (),
    ) -> None:
        """`most`: tokens of the longest answer; `prompt`: its tokens, for penalties that count them; `said`: the last
        of them that belong to the answer already, which penalties and the grammar count in any case.
        """
        text = sampling.grammar if sampling.json_schema is None else grammar_of(sampling.json_schema)
        biases = _biases(sampling, model)
        self._grammar = None if text is None else _grammar(text, model)
        self._vocabulary = model.vocabulary
        self._chain = llama_cpp.llama_sampler_chain_init(llama_cpp.llama_sampler_chain_default_params())
        if self._grammar:
            # Their texts fit a grammar like any other, and in the answer they stand for nothing.
            biases |= dict.fromkeys(_unwritten(model), FORBIDDEN)
        before = prompt[: len(prompt) - len(said)]
        for stage in _stages(sampling, model, most + len(said), before, biases):
            llama_cpp.llama_sampler_chain_add(self._chain, stage)
        try:
            self._take(said)
        except InvalidSetting:
            self.__exit__(None, None, None)
            raise

    def __enter__(self) -> "Sampler":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        llama_cpp.llama_sampler_free(self._chain)
        if self._grammar:
            llama_cpp.llama_sampler_free(self._grammar)

    def next(self, context: int, index: int = -1) -> int:
        """The next token by the logits of the last batch's token `index` in `context`; -1: the last that has some.

        Raises InvalidSetting where a grammar leaves no token, or takes too long.
        """
        if not self._grammar:
            return int(llama_cpp.llama_sampler_sample(self._chain, context, index))
        logits = llama_cpp.llama_get_logits_ith(context, index)
        return self.choose(np.ctypeslib.as_array(logits, (self._vocabulary,)))

    def choose(self, logits: NDArray[np.float32]) -> int:
        """The next token by these logits, one for each token of the vocabulary. Raises InvalidSetting."""
        started = perf_counter()
        token = self._chosen(_candidates(logits))
        if self._grammar and not len(self._allowed(np.array([(token, 0.0, 0.0)], _CANDIDATE))):
            allowed = self._allowed(_candidates(logits))
            if not len(allowed):
                raise _nothing_left()
            token = self._chosen(allowed)
        llama_cpp.llama_sampler_accept(self._chain, token)
        if self._grammar:
            llama_cpp.llama_sampler_accept(self._grammar, token)
            if (seconds := perf_counter() - started) > _GRAMMAR_SECONDS:
                raise InvalidSetting(
                    f"the grammar takes {seconds:.0f} s for one token; at most {_GRAMMAR_SECONDS:.0f} were expected; "
                    "make it less ambiguous: no two ways to the same text"
                )
        return token

    def _take(self, said: Sequence[int]) -> None:
        """Words that were written before count as if they had been chosen here. Raises InvalidSetting."""
        for token in said:
            if self._grammar:
                # Asked first: llama.cpp ends the process at a token that its grammar does not expect.
                if not len(self._allowed(np.array([(token, 0.0, 0.0)], _CANDIDATE))):
                    raise InvalidSetting(
                        "the answer so far does not follow the grammar; one that does was expected, to go on with it; "
                        "leave the grammar out, or answer anew"
                    )
                llama_cpp.llama_sampler_accept(self._grammar, token)
            llama_cpp.llama_sampler_accept(self._chain, token)

    def _chosen(self, candidates: NDArray[np.void]) -> int:
        array = _array(candidates)
        llama_cpp.llama_sampler_apply(self._chain, ctypes.byref(array))
        chosen = array.data[array.selected]
        if chosen.logit == -inf:
            raise _nothing_left()
        return int(chosen.id)

    def _allowed(self, candidates: NDArray[np.void]) -> NDArray[np.void]:
        """Those that the grammar lets stand next."""
        llama_cpp.llama_sampler_apply(self._grammar, ctypes.byref(_array(candidates)))
        left: NDArray[np.void] = candidates[np.isfinite(candidates["logit"])]
        return left


def _nothing_left() -> InvalidSetting:
    return InvalidSetting(
        "the grammar, or the biases, leave no token of this model to go on with; a text that it can write was "
        "expected; change them"
    )


def _candidates(logits: NDArray[np.float32]) -> NDArray[np.void]:
    found = np.zeros(len(logits), _CANDIDATE)
    found["id"] = np.arange(len(logits))
    found["logit"] = logits
    return found


def _array(candidates: NDArray[np.void]) -> llama_cpp.llama_token_data_array:
    """What llama.cpp's samplers work on; the candidates must outlive it."""
    data = candidates.ctypes.data_as(ctypes.POINTER(llama_cpp.llama_token_data))
    return llama_cpp.llama_token_data_array(data=data, size=len(candidates), selected=-1, sorted=False)


def _stages(
    sampling: Sampling, model: LlamaModel, most: int, prompt: Sequence[int], biases: Mapping[int, float]
) -> Iterator[Pointer]:
    if biases:
        pairs = (llama_cpp.llama_logit_bias * len(biases))(
            *((token, -inf if bias <= FORBIDDEN else bias) for token, bias in biases.items())
        )
        yield llama_cpp.llama_sampler_init_logit_bias(model.vocabulary, len(biases), pairs)
    if sampling.repeat_penalty != 1.0 or sampling.presence_penalty or sampling.frequency_penalty:
        yield _penalties(sampling, model, most, prompt if sampling.penalize_prompt else ())
    if sampling.dry_multiplier > 0:
        breakers = (ctypes.c_char_p * len(_DRY_BREAKERS))(*_DRY_BREAKERS)
        yield llama_cpp.llama_sampler_init_dry(
            model.vocab, sampling.dry_multiplier, _DRY_BASE, _DRY_FREE, _DRY_WINDOW, breakers, len(breakers)
        )
    if sampling.temperature <= 0:
        yield llama_cpp.llama_sampler_init_greedy()
        return
    yield llama_cpp.llama_sampler_init_top_k(sampling.top_k)
    yield llama_cpp.llama_sampler_init_top_p(sampling.top_p, 1)
    yield llama_cpp.llama_sampler_init_min_p(sampling.min_p, 1)
    yield llama_cpp.llama_sampler_init_temp(sampling.temperature)
    yield llama_cpp.llama_sampler_init_dist(_RANDOM_SEED if sampling.seed is None else sampling.seed)


def _penalties(sampling: Sampling, model: LlamaModel, most: int, prompt: Sequence[int]) -> Pointer:
    everything = len(prompt) + max(most, 1)
    window = everything if sampling.penalty_window < 0 else min(sampling.penalty_window, everything)
    stage = llama_cpp.llama_sampler_init_penalties(
        model.vocabulary, window, sampling.repeat_penalty, sampling.frequency_penalty, sampling.presence_penalty
    )
    for token in prompt[-window:] if window else ():
        llama_cpp.llama_sampler_accept(stage, token)
    return stage


def _biases(sampling: Sampling, model: LlamaModel) -> dict[int, float]:
    """By token id. Raises InvalidSetting for an id or a text that the vocabulary does not have."""
    found: dict[int, float] = {}
    texts = {token: bias for token, bias in sampling.logit_bias if isinstance(token, str)}
    if texts:
        wanted = {spelled.encode(): text for text in texts for spelled in (text, f" {text}")}
        missing = set(texts)
        for candidate in range(model.vocabulary):
            text = wanted.get(model.bytes_of(candidate))
            if text is not None:
                missing.discard(text)
                found[candidate] = texts[text]
        if missing:
            raise InvalidSetting(
                f"logit_bias names {sorted(missing)[0]!r}; a text that is one token of this model was expected; "
                "name its parts, or token ids"
            )
    for token, bias in sampling.logit_bias:
        if isinstance(token, int):
            if token >= model.vocabulary:
                raise InvalidSetting(
                    f"logit_bias names token {token}; this model has {model.vocabulary:,}; name one of them"
                )
            found[token] = bias
    return found


def _grammar(text: str, model: LlamaModel) -> Pointer:
    check_grammar(text)
    log = llama_log()
    log.forget()
    stage = llama_cpp.llama_sampler_init_grammar(model.vocab, text.encode(), b"root")
    if not stage:
        raise InvalidSetting(
            f"llama.cpp refuses the grammar ({log.reason()}); GBNF that it takes was expected; simplify its repetitions"
        )
    return stage


def _unwritten(model: LlamaModel) -> list[int]:
    """Control tokens that do not end an answer."""
    return [
        token
        for token in range(model.vocabulary)
        if llama_cpp.llama_vocab_is_control(model.vocab, token) and not model.ends_answer(token)
    ]

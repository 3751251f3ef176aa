"""The threads of one context: all of them read; as many write as `pace.Pace` finds fastest, where no bit changes."""

import platform
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

import llama_cpp

from assistant.llama.pace import Pace
from assistant.plan.setting import Setting

_STEPS_ARE_SAME = platform.machine().lower() in {"x86_64", "amd64"}
"""Elsewhere llama.cpp multiplies the rows of several tokens in pairs, or singly where a thread's share is odd, which
may round in another way; those of a single token never."""


class Threads:
    """Sets them before each batch of the context that `pointer` stands for."""

    def __init__(self, pointer: int, most: int, setting: Setting, *, may_use_fewer: bool) -> None:
        """`may_use_fewer`: the user has not said how many."""
        self._pointer = pointer
        self._most = self._now = most
        self._adapt = may_use_fewer and setting.same_with_any_threads and not setting.gpu_layers
        self._paces: dict[int, Pace] = {}
        """By the tokens of a step."""

    def read(self) -> None:
        """A batch of a prompt comes next, and behind it another answer."""
        self._use(self._most)
        for pace in self._paces.values():
            pace.answer()

    @contextmanager
    def writing(self, tokens: int) -> Iterator[None]:
        """One step, which writes so many tokens, of a sequence each."""
        if tokens not in self._paces:
            adapts = self._adapt and (tokens == 1 or _STEPS_ARE_SAME)
            self._paces[tokens] = Pace(self._most, least=1 if adapts else self._most)
        pace = self._paces[tokens]
        self._use(pace.threads)
        began = perf_counter()
        yield
        pace.took(perf_counter() - began)

    def _use(self, threads: int) -> None:
        if threads != self._now:
            llama_cpp.llama_set_n_threads(self._pointer, threads, threads)
            self._now = threads

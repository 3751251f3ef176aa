"""Room for what is to be read: a context as large as it needs, made anew when it grows, what was read moved along."""

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass

from assistant.errors import EngineFailed
from assistant.events import Settled
from assistant.llama.context import LlamaContext, Snapshot
from assistant.llama.model import LlamaModel
from assistant.llama.recall import Recall
from assistant.plan.setting import Setting

SMALLEST_CONTEXT = 4096
_STEP = 256


@dataclass(frozen=True, slots=True)
class Choice:
    """A setting, the bytes it takes by the plan, and why it was chosen."""

    setting: Setting
    memory: int
    reason: str


Ladder = Callable[[int, int], Iterable[Choice]]
"""Tokens of context and sequences wanted; gives what to try, the best first."""


class Room:
    """The one context of a model. `ladder` says which settings to try; at most two of them are."""

    def __init__(
        self, model: LlamaModel, ladder: Ladder, recall: Recall, *, threads: int, interrupted: Callable[[], bool]
    ) -> None:
        self._model = model
        self._ladder = ladder
        self._recall = recall
        self._threads = threads
        self._interrupted = interrupted
        self.context: LlamaContext | None = None
        self.choice: Choice | None = None
        """Of the running context."""

    def make(self, tokens: int, *, most: int, sequences: int = 1) -> Generator[Settled, None, LlamaContext]:
        """A context of at least so many tokens (never more than `most`). Raises EngineFailed, PromptTooLong."""
        context = self.context
        need = min(max(tokens, SMALLEST_CONTEXT), most)
        if context is not None and context.size >= need and context.setting.sequences >= sequences:
            return context
        if context is not None:
            # A conversation grows turn by turn: with a quarter to spare it moves seldom.
            need = min(max(need + need // 4, context.size), most)
            sequences = max(sequences, context.setting.sequences)
        choices = iter(self._ladder(min(most, -(-need // _STEP) * _STEP), sequences))
        choice = next(choices)
        before = self._leave(choice)
        failure = ""
        try:
            made = self._open(choice)
        except EngineFailed as error:
            second = next(choices, None)
            if second is None:
                raise
            failure, choice = str(error), second
            made = self._open(choice)
        if before is not None:
            made.restore(before)
        reason = f"{failure}; took the next smaller setting: {choice.reason}" if failure else choice.reason
        yield Settled(
            made.size, choice.setting.kv, choice.setting.gpu_layers, choice.memory, reason, stepped_down=bool(failure)
        )
        return made

    def free(self) -> None:
        if self.context is not None:
            self.context.free()
            self.context = None

    def _leave(self, choice: Choice) -> Snapshot | None:
        """Free the context; what it had read, where the next one can take it."""
        context = self.context
        if context is None:
            return None
        before = None
        old, new = context.setting, choice.setting
        if (old.k, old.v, old.flash) == (new.k, new.v, new.flash):
            before = self._recall.copy(context)
        else:
            self._recall.forget()
        self.free()
        return before

    def _open(self, choice: Choice) -> LlamaContext:
        self.context = LlamaContext(self._model, choice.setting, threads=self._threads, interrupted=self._interrupted)
        self.choice = choice
        return self.context

"""Room for what is to be read: a context as large as it needs, made anew when it grows, what was read moved along."""

from collections.abc import Callable, Generator, Sequence
from functools import partial

from assistant.errors import EngineFailed
from assistant.events import Loading, Settled
from assistant.llama.context import LlamaContext, Snapshot
from assistant.llama.model import LlamaModel
from assistant.llama.planner import Planner
from assistant.llama.recall import Recall
from assistant.plan.machine import HOST
from assistant.plan.plan import STEP, Need, Option, Plan
from assistant.plan.setting import Setting

SMALLEST_CONTEXT = 4096

Load = Callable[[int], Generator[Loading, None, LlamaModel]]
"""Loads the model with so many layers on GPUs. Raises EngineFailed."""


class Room:
    """A model and its one context, by the planner's choice; where that fails, by the next smaller one, once."""

    def __init__(
        self,
        model: LlamaModel,
        load: Load,
        planner: Planner,
        recall: Recall,
        *,
        interrupted: Callable[[], bool],
        announce: Callable[[str], None],
        stepped_down: str = "",
    ) -> None:
        """`announce` is told, before memory is taken, what would take less, in words of the command line: the system
        may end this process for it. `stepped_down`: why the model was not loaded as planned; said with the first
        context.
        """
        self.model = model
        self._stepped_down = stepped_down
        self._load = load
        self._planner = planner
        self._recall = recall
        self._interrupted = interrupted
        self._announce = announce
        self.context: LlamaContext | None = None
        self.option: Option | None = None
        """That of the running context."""

    def make(
        self, prompt: Sequence[int], reading: int, answer: int, *, most: int, sequences: int = 1, apart: bool = False
    ) -> Generator[Loading | Settled, None, LlamaContext]:
        """A context for `reading` tokens, which begin with those of `prompt`, and an answer; of at most `most` in all.

        `apart`: for so much of each sequence, which have nothing in common. Where none can be had, what was there
        before stays.

        Raises EngineFailed where nothing fits, or both tries fail.
        """
        context = self.context
        need = min(reading + answer, most)
        if context is not None and _serves(context.setting, need, sequences, apart=apart):
            return context
        known = self._recall.known(context, prompt, plain=self.model.plain_memory)
        wanted, before, old = max(need, SMALLEST_CONTEXT), None, self.option
        if context is not None:
            # A conversation grows turn by turn: with a quarter to spare it moves seldom.
            wanted = max(need + need // 4, context.setting.room)
            before = self._recall.copy(context)
            self._free_context()
        least, wanted = (min(most, -(-tokens // STEP) * STEP) for tokens in (need, wanted))
        if apart:
            least = wanted = -(-need // STEP) * STEP * sequences
        try:
            plan, best = self._planned(Need(wanted, least, reading, answer, known), sequences, apart=apart)
            if best.memory + self._recall.copies + (before.size if before else 0) > plan.free.usable.get(HOST, 0):
                before = None  # the plan counts copies as free, because they can be given up, as here
                self._recall.forget()
            made, stepped_down = yield from self._open_best(plan, best, least)
        except EngineFailed:
            if context is not None and old is not None:
                self.option = old
                self._restore(self._open(old.setting), before, old.setting)
            raise
        if context is not None:
            self._restore(made, before, context.setting)
        reason = "; ".join(filter(None, (plan.reason, self._stepped_down, stepped_down)))
        stepped_down, self._stepped_down = self._stepped_down + stepped_down, ""
        memory = self.option.memory if self.option is not None else 0
        yield Settled(made.size, made.setting.kv, made.setting.gpu_layers, memory, reason, bool(stepped_down))
        return made

    def longest(self, answer: int, *, most: int) -> int:
        """Tokens of the longest prompt for which `make` would find room now, beside such an answer; of at most `most`
        together. Raises EngineFailed.
        """
        here = min(self.context.setting.room, most) if self.context is not None else 0
        if here < most:
            here = max(here, self._planner.largest_context(most, gpu_layers=self.model.gpu_layers, running=self.option))
        return max(0, here - answer)

    def free(self) -> None:
        """The context and the model."""
        self._free_context()
        self.model.free()

    def _free_context(self) -> None:
        if self.context is not None:
            self.context.free()
            self.context = None

    def _planned(self, need: Need, sequences: int, *, apart: bool) -> tuple[Plan, Option]:
        """With the layers where they are, else with fewer of them on a GPU. Raises EngineFailed where nothing fits."""
        planned = partial(self._planner.plan, need, sequences=sequences, apart=apart, interrupted=self._interrupted)
        layers = self.model.gpu_layers
        plan = planned(gpu_layers=layers)
        if plan.chosen is None and layers:
            plan = planned()
        if plan.chosen is None:
            raise plan.refusal
        return plan, plan.chosen

    def _open_best(self, plan: Plan, best: Option, least: int) -> Generator[Loading, None, tuple[LlamaContext, str]]:
        """The context, and in words that it is the second choice; no words where it is the first."""
        smaller = plan.next_smaller
        self._announce(smaller.words if smaller else "")
        try:
            made = yield from self._move_to(best)
        except EngineFailed as error:
            if smaller is None or smaller.setting.context < least:
                raise
            self._announce("")
            made = yield from self._move_to(smaller)
            return made, f"that failed ({error}), and the next smaller setting was taken: {smaller.words}"
        return made, ""

    def _move_to(self, option: Option) -> Generator[Loading, None, LlamaContext]:
        if option.setting.gpu_layers != self.model.gpu_layers:
            self.model.free()
            self.model = yield from self._load(option.setting.gpu_layers)
        self.option = option
        return self._open(option.setting)

    def _open(self, setting: Setting) -> LlamaContext:
        self.context = LlamaContext(
            self.model,
            setting,
            threads=self._planner.threads,
            interrupted=self._interrupted,
            may_use_fewer=not self._planner.threads_are_fixed,
        )
        return self.context

    def _restore(self, context: LlamaContext, before: Snapshot | None, old: Setting) -> None:
        """What was read moves along where the memory is of the same kind; else all copies are of no use any more."""
        if old.memory_kind != context.setting.memory_kind:
            self._recall.forget()
        elif before is not None:
            context.restore(before)


def _serves(setting: Setting, need: int, sequences: int, *, apart: bool) -> bool:
    """Whether a context of this setting will do. One for sequences that are apart holds no others: what was read moves
    to no memory that is divided in another way.
    """
    return setting.apart == apart and setting.room >= need and setting.sequences >= sequences

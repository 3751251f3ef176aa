"""Several prompts at once: sequences of one batch that share their common beginning.

A processor writes one token for each of four sequences in little more time than for one, because the weights pass
through it once. Each prompt is read into a sequence of its own. Sequence 0 holds the common beginning, unless the
sequences are apart because they have little of one.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from time import perf_counter

from assistant.events import Event, Finished, Reading, Text, Usage
from assistant.llama.context import BATCH, LlamaContext, Piece
from assistant.llama.recall import common
from assistant.llama.writing import Writing

AT_ONCE = 4
"""Sequences beside the one of the common beginning; more wait for their turn."""


def shared(prompts: Sequence[Sequence[int]]) -> int:
    """Tokens that all prompts begin with; at least one of each prompt is left, whose logits are needed."""
    shortest = min(len(prompt) for prompt in prompts)
    return min([shortest - 1, *(common(prompts[0], prompt) for prompt in prompts[1:])])


def tokens_together(prompts: Sequence[Sequence[int]], answer: int, at_once: int) -> int:
    """Tokens of the context for the common beginning and the longest prompts that may be in memory together."""
    start = shared(prompts)
    longest = sorted((len(prompt) - start + answer for prompt in prompts), reverse=True)
    return start + sum(longest[:at_once])


@dataclass(slots=True)
class _Slot:
    """A prompt that is being read or answered."""

    index: int
    sequence: int
    prompt: Sequence[int]
    writing: Writing
    at: int
    """Tokens of this sequence in memory."""
    reused: int
    began: float
    read: float = 0.0
    token: int | None = None
    """The token chosen last, not in memory yet."""
    place: int | None = None
    """Where the logits wanted lie in the batch."""

    def piece(self, room: int) -> Piece:
        """What comes next of it: the chosen token, or up to `room` tokens of the prompt."""
        if self.token is not None:
            return Piece(self.sequence, self.at, [self.token], last=True)
        tokens = self.prompt[self.at : self.at + room]
        return Piece(self.sequence, self.at, tokens, last=self.at + len(tokens) == len(self.prompt))


def answer_all(
    context: LlamaContext,
    prompts: Sequence[Sequence[int]],
    write: Callable[[int], Writing],
    *,
    reused: int,
    load_seconds: float,
) -> Generator[tuple[int, Event], None, None]:
    """Each prompt's `Reading* Text* Finished` with its index; `context` holds the common beginning and no more, and
    nothing where its sequences are apart.

    `write` makes the answer to a prompt by its index. `reused`: tokens of the first prompt that were in memory from
    before. Ends without `Finished` where it is interrupted. Raises EngineFailed.
    """
    waiting = list(enumerate(prompts))
    apart = context.setting.apart
    first = 0 if apart else 1
    free = list(range(first, context.setting.sequences))
    slots: list[_Slot] = []
    start = len(context.tokens)
    if not apart:
        context.share()
    try:
        while waiting or slots:
            while waiting and free:
                index, prompt = waiting.pop(0)
                slot = _Slot(
                    index, free.pop(0), prompt, write(index), start, start if index else reused, perf_counter()
                )
                if not apart:
                    context.copy_sequence(slot.sequence)
                slots.append(slot)
                yield index, Reading(start, len(prompt), slot.reused)
            if not _decode(context, slots):
                return
            for slot in list(slots):
                yield from ((slot.index, event) for event in _advance(context, slot, load_seconds))
                if slot.writing.reason is not None:
                    slots.remove(slot)
                    slot.writing.close()  # its sampler holds an array as long as the vocabulary
                    context.drop_sequence(slot.sequence)
                    free = sorted([*free, slot.sequence])
    finally:
        for slot in slots:
            slot.writing.close()
        for sequence in range(first, context.setting.sequences):
            context.drop_sequence(sequence)
        context.realign()


def _decode(context: LlamaContext, slots: Sequence[_Slot]) -> bool:
    """One batch: a token for each answer, and as much of the prompts as there is room for."""
    pieces, used = [], 0
    for slot in sorted(slots, key=lambda slot: (slot.token is None, slot.sequence)):  # neighbours are computed together
        slot.place = None
        room = BATCH - used if slot.token is None else 1
        piece = slot.piece(room)
        if not piece.tokens:
            continue
        pieces.append(piece)
        used += len(piece.tokens)
        slot.at += len(piece.tokens)
        slot.token = None
        slot.place = used - 1 if piece.last else None
    return context.decode_pieces(pieces)


def _advance(context: LlamaContext, slot: _Slot, load_seconds: float) -> Generator[Event, None, None]:
    """What there is to say of a slot after a batch."""
    if slot.at <= len(slot.prompt):
        yield Reading(slot.at, len(slot.prompt), slot.reused)
    if slot.place is None:
        return
    if not slot.read:
        slot.read = perf_counter()
    text = slot.writing.step(context.pointer, slot.place)
    if text:
        yield Text(text)
    slot.token = slot.writing.token
    if slot.writing.reason is not None:
        usage = Usage(
            prompt_tokens=len(slot.prompt),
            reused_tokens=slot.reused,
            answer_tokens=slot.writing.written,
            context=context.size,
            load_seconds=load_seconds,
            read_seconds=slot.read - slot.began,
            write_seconds=perf_counter() - slot.read,
        )
        yield Finished(slot.writing.reason, usage)

"""What the model is shown of a conversation, how many tokens that takes, and what is left out when they are too many.

The whole prompt is counted by the engine, once for each prompt; single turns, once for each text, only to choose which
of them go. While the last answer's own figures say that the next question fits, nothing but that question is counted.
"""

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from typing import Literal

from assistant.conversation.tree import Tree
from assistant.conversation.turns import Forgot, Turn
from assistant.conversation.window import Window, leave_out, room_for_prompt
from assistant.engine import Engine
from assistant.errors import PromptTooLong
from assistant.events import Event, Finished, Text
from assistant.messages import Message, Plain, Sampling
from assistant.wording import RECAP, RECAP_REQUEST, language_of

_LONGEST_SUMMARY = 400
_TEMPLATE = 64
"""More than any template puts around one question, in tokens."""
_KEPT_COUNTS = 8

Asked = Plain | tuple[Message, ...]
"""A prompt as it is made here: equal content is an equal prompt."""
Frame = Callable[[tuple[Message, ...]], Asked]
"""What the messages of a prompt become before the model gets them: a document put before the first question, or what a
character is played by. The same for the same messages, and no messages for none."""

Made = tuple[str, Forgot] | Literal["interrupted"] | None
"""Where a mark belongs, and the mark; None: there is room as it is."""


class Memory:
    """Prompts and their sizes for one engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.frame: Frame | None = None
        self._texts: dict[str, int] = {}
        self._prompts: dict[Asked, int] = {}

    def messages(self, instruction: str | None, tree: Tree) -> tuple[Message, ...]:
        """Those for the next answer, without a frame: instruction, and the turns of the path that the model sees."""
        return _messages(instruction, tree.path, _mark(tree))

    def prompt(self, instruction: str | None, tree: Tree) -> Asked:
        """The same in their frame: what the engine gets."""
        return self._prompt(instruction, tree.path, _mark(tree))

    def window(self, instruction: str | None, tree: Tree) -> Window:
        """Exact figures for that prompt; loads the model if need be. Raises what `Engine.count` raises."""
        for _ in self._engine.load():
            pass
        prompt, mark = self.prompt(instruction, tree), _mark(tree)
        used = self._count(prompt) if prompt else 0
        limit = self._limit()
        return Window(limit, used, max(limit - used, 0), mark.turns, mark.tokens, bool(mark.summary))

    def make_room(
        self, instruction: str | None, tree: Tree, sampling: Sampling, *, summarize: bool
    ) -> Generator[Event, None, Made]:
        """Which turns to leave out before the question at the end of the path is answered, or its answer goes on. The
        model is loaded.

        Yields what the engine says while it reads for a summary. Raises what `Engine.count` raises.
        """
        path, mark = tree.path, _mark(tree)
        last = 1 if path[-1].role == "user" else 2  # turns that always stay: the question, and its answer so far
        room = room_for_prompt(self._limit(), sampling.max_tokens)
        used = self._quick(path)
        if used is None or used > room:
            used = self._count(self._prompt(instruction, path, mark))
        if mark.turns and used + mark.tokens <= room * 3 // 4:
            return path[-last].id, Forgot(0, 0)  # a larger context than before: the model sees everything again
        if used <= room or len(path) - mark.turns <= last:
            return None

        reserved = min(_LONGEST_SUMMARY, self._limit() // 8) if summarize else 0
        plain = Forgot(mark.turns, mark.tokens)
        before = self._count(self._prompt(instruction, path, plain))
        least = self._count(self._prompt(instruction, path, Forgot(len(path) - last, 0)))
        fixed = max(least - sum(self._text(turn.content) for turn in path[-last:]), 0)
        costs = [*self._costs(path[mark.turns : len(path) - last], before - least), least - fixed]
        exchanges = max(leave_out(costs, room - reserved - fixed), 1)
        while True:
            left = Forgot(mark.turns + 2 * exchanges, 0)
            after = self._count(self._prompt(instruction, path, left))
            if after + reserved <= room or exchanges == len(costs) - 1:
                break
            exchanges += 1
        summary = ""
        if summarize and after + reserved <= room:
            written = yield from self._summary(self._prompt(instruction, path[: left.turns], mark), reserved)
            if written is None:
                return "interrupted"
            summary = written
        deepest = tree.mark_on_path
        # The first turn that stays carries the mark, so that its branches share it; a mark further on would hide it.
        carrier = path[left.turns] if deepest is None or deepest[0] < left.turns else path[-last]
        # What a frame puts around the turns that stay may grow where others went.
        gone = max(before - after, sum(self._text(turn.content) for turn in path[mark.turns : left.turns]))
        return carrier.id, Forgot(left.turns, mark.tokens + gone, summary)

    def _summary(self, messages: Asked, longest: int) -> Generator[Event, None, str | None]:
        """The model's summary; empty where there is no room to ask for one, or no way; None: interrupted."""
        if isinstance(messages, Plain):  # nobody is asked for anything there
            return ""
        chinese = language_of(messages[-2].content) == "zh"
        request = Message("user", RECAP_REQUEST["zh" if chinese else "en"])
        sampling = Sampling(temperature=0.0, repeat_penalty=1.1, max_tokens=longest)
        pieces: list[str] = []
        try:
            with closing(self._engine.stream([*messages, request], sampling)) as events:
                for event in events:
                    match event:
                        case Text(piece):
                            pieces.append(piece)
                        case Finished():
                            return "".join(pieces).strip()
                        case _:
                            yield event
        except PromptTooLong:
            return ""
        return None

    def _quick(self, path: Sequence[Turn]) -> int | None:
        """The size of the prompt by the figures of the answer before it; None where they say nothing of this model, or
        a frame may put in more than it did there.
        """
        if self.frame is not None:
            return None
        info, answer = self._engine.info, path[-2] if len(path) > 1 else None
        if info is None or answer is None or answer.usage is None or answer.model != info.name:
            return None
        return answer.usage.prompt_tokens + answer.usage.answer_tokens + self._text(path[-1].content) + _TEMPLATE

    def _costs(self, turns: Sequence[Turn], total: int) -> list[int]:
        """Tokens of each exchange, of `total` that all of them take with what the template puts around them."""
        sizes = [self._text(turn.content) for turn in turns]
        around = max(total - sum(sizes), 0) // len(turns)
        sizes = [size + around for size in sizes]
        return [sum(sizes[start : start + 2]) for start in range(0, len(sizes), 2)]

    def _prompt(self, instruction: str | None, path: Sequence[Turn], mark: Forgot) -> Asked:
        messages = _messages(instruction, path, mark)
        return messages if self.frame is None else self.frame(messages)

    def _text(self, text: str) -> int:
        if text not in self._texts:
            self._texts[text] = self._engine.count(text)
        return self._texts[text]

    def _count(self, prompt: Asked) -> int:
        if prompt not in self._prompts:
            while len(self._prompts) >= _KEPT_COUNTS:
                self._prompts.pop(next(iter(self._prompts)))
            self._prompts[prompt] = self._engine.count(prompt)
        return self._prompts[prompt]

    def _limit(self) -> int:
        info = self._engine.info
        return info.context if info is not None else 0


def _mark(tree: Tree) -> Forgot:
    """What holds at the end of the path."""
    found = tree.mark_on_path
    return found[1] if found is not None else Forgot(0, 0)


def _messages(instruction: str | None, path: Sequence[Turn], mark: Forgot) -> tuple[Message, ...]:
    messages = [Message(turn.role, turn.content) for turn in path[mark.turns :]]
    if mark.summary and messages:
        question = messages[0].content
        form = RECAP["zh" if language_of(mark.summary) == "zh" else "en"]
        messages[0] = Message("user", form.format(summary=mark.summary, question=question))
    if instruction is not None:
        messages.insert(0, Message("system", instruction))
    return tuple(messages)

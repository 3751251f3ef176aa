"""An engine that plays a script: for tests of everything above the engine, for demos and for screenshots.

It enters by the same door as the real ones and keeps their promises: order of events, stopping by closing, errors as
exceptions. Tokens are words; a text's vector says which words it has.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from hashlib import sha256
from math import sqrt
from time import sleep

from assistant.engine import ModelInfo
from assistant.errors import AssistantError, PromptTooLong
from assistant.events import Event, Finished, Loading, Reading, Text, Usage
from assistant.messages import Message, Plain, Prompt, Sampling

FAKE_INFO = ModelInfo(
    name="fake",
    path="fake.gguf",
    architecture="llama",
    parameters=134_515_008,
    quantization="Q4_K_M",
    context=8192,
    trained_context=8192,
    gpu_layers=0,
    layers=30,
)

Played = str | Sequence[Event | AssistantError]
"""An answer (streamed word by word with a reading before it), or the events themselves; an error in it is raised."""
Script = Played | Callable[[Sequence[Message]], Played]
"""What is played, or what makes it of the messages; a plain text is a message of the user's there."""

_AT_ONCE = 4
"""Prompts that are answered in turns; more wait until one of them is done."""
_DIMENSIONS = 32


class FakeEngine:
    """Plays one script for each prompt, in order, and the last one again when they run out. An answer that goes on is
    played from where its words end, as far as the script begins with them.

    `received` holds the messages of each prompt, none for a plain text; `prompts` all prompts as they came; `delay` is
    slept before each event, in seconds. Several prompts at once are answered in turns, an event each, four at a time.
    """

    def __init__(
        self, scripts: Sequence[Script] = ("Hello.",), *, info: ModelInfo = FAKE_INFO, delay: float = 0.0
    ) -> None:
        self._scripts = list(scripts)
        self._info = info
        self._delay = delay
        self._loaded = False
        self.received: list[tuple[Message, ...]] = []
        self.prompts: list[Plain | tuple[Message, ...]] = []
        self.closed = False
        self._interrupted = False

    @property
    def info(self) -> ModelInfo | None:
        return self._info if self._loaded else None

    def load(self) -> Generator[Loading, None, None]:
        if not self._loaded:
            for step in range(5):
                sleep(self._delay)
                yield Loading(step / 4)
            self._loaded = True

    def count(self, content: str | Prompt) -> int:
        if isinstance(content, str):
            return len(content.split())
        if isinstance(content, Plain):
            return len(content.whole.split())
        return sum(len(message.content.split()) for message in content)

    def count_each(self, texts: Sequence[str]) -> list[int]:
        return [self.count(text) for text in texts]

    def longest_prompt(self, answer: int) -> int:
        return max(0, self._info.context - answer)

    def stream(self, prompt: Prompt, sampling: Sampling) -> Generator[Event, None, None]:
        script = self._next_script(prompt)
        self._interrupted = False
        yield from self.load()
        yield from self._play(script, prompt, sampling)

    def stream_many(self, prompts: Sequence[Prompt], sampling: Sampling) -> Generator[tuple[int, Event], None, None]:
        scripts = [self._next_script(prompt) for prompt in prompts]
        self._interrupted = False
        if prompts:
            for loading in self.load():
                yield 0, loading
        for prompt in prompts:
            self._expect_room(prompt)
        waiting = list(enumerate(zip(scripts, prompts, strict=True)))
        playing: dict[int, Iterator[Event]] = {}
        while waiting or playing:
            while waiting and len(playing) < _AT_ONCE:
                index, (script, prompt) = waiting.pop(0)
                playing[index] = self._play(script, prompt, sampling)
            for index, events in list(playing.items()):
                event = next(events, None)
                if event is None:
                    del playing[index]
                else:
                    yield index, event

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        return [_vector(text) for text in texts]

    def _next_script(self, prompt: Prompt) -> Script:
        script = self._scripts[min(len(self.received), len(self._scripts) - 1)]
        self.receive(prompt)
        return script

    def receive(self, prompt: Prompt) -> None:
        """Remember that this one came."""
        self.received.append(() if isinstance(prompt, Plain) else tuple(prompt))
        self.prompts.append(prompt if isinstance(prompt, Plain) else tuple(prompt))

    def _expect_room(self, prompt: Prompt) -> int:
        tokens = self.count(prompt)
        if tokens > self._info.context:
            raise PromptTooLong(
                f"the prompt has {tokens} tokens; the context holds {self._info.context}; shorten it",
                tokens=tokens,
                limit=self._info.context,
            )
        return tokens

    def _play(self, script: Script, prompt: Prompt, sampling: Sampling) -> Iterator[Event]:
        tokens = self._expect_room(prompt)
        if callable(script):
            script = script((Message("user", prompt.whole),) if isinstance(prompt, Plain) else prompt)
        if isinstance(script, str):
            script = script.removeprefix(_said(prompt))
        for event in self._answer(script, tokens, sampling) if isinstance(script, str) else script:
            if self._delay:
                sleep(self._delay)
            if self._interrupted:
                return
            if isinstance(event, AssistantError):
                raise event
            yield event

    def _answer(self, text: str, tokens: int, sampling: Sampling) -> Iterator[Event]:
        yield Reading(0, tokens)
        yield Reading(tokens, tokens)
        first, *others = text.split(" ")
        words = [word for word in (first, *(" " + other for other in others)) if word]
        kept = words[: sampling.max_tokens]
        for word in kept:
            yield Text(word)
        usage = Usage(
            prompt_tokens=tokens,
            answer_tokens=len(kept),
            context=self._info.context,
            read_seconds=0.5,
            write_seconds=1.0,
        )
        yield Finished("stop" if len(kept) == len(words) else "length", usage)

    def interrupt(self) -> None:
        self._interrupted = True

    def close(self) -> None:
        self.closed = True


def _said(prompt: Prompt) -> str:
    """Words of the answer that is to go on; empty for a new one."""
    if isinstance(prompt, Plain):
        return prompt.begun
    return prompt[-1].content if prompt and prompt[-1].role == "assistant" else ""


def _vector(text: str) -> list[float]:
    """Of unit length (but for no words), the same each time, nearer the more words two texts share."""
    vector = [0.0] * _DIMENSIONS
    for word in text.lower().split():
        vector[sha256(word.encode("utf-8", errors="replace")).digest()[0] % _DIMENSIONS] += 1.0
    length = sqrt(sum(value * value for value in vector))
    return [value / length for value in vector] if length else vector

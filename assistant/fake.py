"""An engine that plays a script: for tests of everything above the engine, for demos and for screenshots.

It enters by the same door as the real ones and keeps their promises: order of events, stopping by closing, errors as
exceptions. Tokens are words.
"""

from collections.abc import Generator, Iterator, Sequence
from time import sleep

from assistant.engine import ModelInfo
from assistant.errors import AssistantError, PromptTooLong
from assistant.events import Event, Finished, Loading, Reading, Text, Usage
from assistant.messages import Message, Sampling

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

Script = str | Sequence[Event | AssistantError]
"""An answer (streamed word by word with a reading before it), or the events themselves; an error in it is raised."""


class FakeEngine:
    """Plays one script per call of `stream`, in order, and the last one again when they run out.

    `received` holds the messages of each call; `delay` is slept before each event, in seconds.
    """

    def __init__(
        self, scripts: Sequence[Script] = ("Hello.",), *, info: ModelInfo = FAKE_INFO, delay: float = 0.0
    ) -> None:
        self._scripts = list(scripts)
        self._info = info
        self._delay = delay
        self._loaded = False
        self.received: list[tuple[Message, ...]] = []
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

    def count(self, content: str | Sequence[Message]) -> int:
        if isinstance(content, str):
            return len(content.split())
        return sum(len(message.content.split()) for message in content)

    def stream(self, messages: Sequence[Message], sampling: Sampling) -> Generator[Event, None, None]:
        script = self._scripts[min(len(self.received), len(self._scripts) - 1)]
        self.received.append(tuple(messages))
        self._interrupted = False
        yield from self.load()
        tokens = self.count(messages)
        if tokens > self._info.context:
            raise PromptTooLong(
                f"the prompt has {tokens} tokens; the context holds {self._info.context}; shorten it",
                tokens=tokens,
                limit=self._info.context,
            )
        for event in self._answer(script, tokens, sampling) if isinstance(script, str) else script:
            sleep(self._delay)
            if self._interrupted:
                return
            if isinstance(event, AssistantError):
                raise event
            yield event

    def _answer(self, text: str, tokens: int, sampling: Sampling) -> Iterator[Event]:
        yield Reading(0, tokens)
        yield Reading(tokens, tokens)
        words = text.split(" ")
        kept = words[: sampling.max_tokens]
        for index, word in enumerate(kept):
            yield Text(word if index == 0 else " " + word)
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

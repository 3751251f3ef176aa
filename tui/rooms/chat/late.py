"""The engine of a conversation that may be looked at before there is one: whatever the holder has when it is needed."""

from collections.abc import Generator, Sequence

from assistant import Event, Loading, ModelInfo, Prompt, Sampling
from tui.holder import EngineHolder


class LateEngine:
    """Everything but `info` is for the worker thread, and raises what opening the engine raises."""

    def __init__(self, holder: EngineHolder) -> None:
        self._holder = holder

    @property
    def info(self) -> ModelInfo | None:
        return self._holder.info

    def load(self) -> Generator[Loading, None, None]:
        return self._holder.ready().load()

    def count(self, content: str | Prompt) -> int:
        return self._holder.ready().count(content)

    def count_each(self, texts: Sequence[str]) -> list[int]:
        return self._holder.ready().count_each(texts)

    def longest_prompt(self, answer: int) -> int:
        return self._holder.ready().longest_prompt(answer)

    def stream(self, prompt: Prompt, sampling: Sampling) -> Generator[Event, None, None]:
        return self._holder.ready().stream(prompt, sampling)

    def stream_many(self, prompts: Sequence[Prompt], sampling: Sampling) -> Generator[tuple[int, Event], None, None]:
        return self._holder.ready().stream_many(prompts, sampling)

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        return self._holder.ready().embed(texts)

    def interrupt(self) -> None:
        self._holder.interrupt()

    def close(self) -> None:
        """The holder closes it."""

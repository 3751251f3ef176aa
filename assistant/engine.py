"""The engine protocol: a model that turns prompts into events. What runs it, and where, the implementation decides.

Implementations: `LlamaEngine` (`llama/engine.py`: llama.cpp in this process), `EngineProcess` (`process/engine.py`: the
same in a child process; the one users get) and `FakeEngine` (scripted; for tests, demos and screenshots).
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Protocol

from assistant.events import Event, Loading
from assistant.messages import Prompt, Sampling

KvTypes = tuple[str, str]
"""Types in which the keys and the values of what was read are kept: `f16`, `q8_0` or `q4_0` each."""


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What is known of a loaded model."""

    name: str
    path: str
    architecture: str
    parameters: int
    quantization: str
    context: int
    """Longest context that may be used, in tokens: the trained length, or less where the user said so."""
    trained_context: int
    gpu_layers: int
    """Layers that were offloaded; 0 where llama.cpp was built without GPU support."""
    layers: int
    proof: str = ""
    """`proven`, `partly proven` or `unproven`; empty: nobody has looked."""
    kv: str = ""
    """Types of keys and values in memory, as `q8_0/f16`; empty before anything was read."""
    memory: int = 0
    """Bytes that the running setting takes by the plan: weights, keys and values, buffers; 0 before there is one."""


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """How a model is loaded. None: decided by the engine, and said in `ModelInfo`."""

    context: int | None = None
    """Upper limit of the context in tokens; None: the trained length."""
    gpu_layers: int | None = None
    """Layers to offload; None: all that fit."""
    threads: int | None = None
    kv: KvTypes | None = None
    """None: the fastest that fits."""
    saved_readings: bool = True
    """Whether the memory of long prompts is kept on disk, and taken from there."""


class Engine(Protocol):
    """One model, one user. Calls must not overlap: close what `stream` returned before the next call.

    Stopping is closing the iterator, while loading and reading too:
    `with contextlib.closing(engine.stream(...)) as events: ...`, which is why the iterators are generators.
    """

    @property
    def info(self) -> ModelInfo | None:
        """The model's facts; None until it has been loaded once."""

    def load(self) -> Generator[Loading, None, None]:
        """Bring the model into memory, if it is not there yet. The last event has `fraction` 1.

        Raises InvalidModelFile, EngineFailed.
        """

    def count(self, content: str | Prompt) -> int:
        """Tokens of a bare text, or of the whole prompt that `stream` would make of this.

        Loads the model if need be. Raises what `load` raises, and TemplateFailed.
        """

    def count_each(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each bare text, in their order; for many texts much sooner than asking for one after the other.

        Loads the model if need be. Raises what `load` raises.
        """

    def longest_prompt(self, answer: int) -> int:
        """Tokens of the longest prompt, template included, that fits beside an answer of so many tokens; 0: none does.

        Bounded by the context, and by the memory that is free at this moment: a little later it may be more or less,
        and `stream` refuses with EngineFailed what does not fit then. Loads the model if need be. Raises what `load`
        raises.
        """

    def stream(self, prompt: Prompt, sampling: Sampling) -> Generator[Event, None, None]:
        """Answer the last message; where it is the assistant's, go on with it: only what comes after its words is told.
        A plain text is gone on with in the same way.

        Raises PromptTooLong, TemplateFailed, InvalidModelFile, EngineFailed.
        """

    def stream_many(self, prompts: Sequence[Prompt], sampling: Sampling) -> Generator[tuple[int, Event], None, None]:
        """Answer several prompts together, sooner than one after the other; what they begin with alike is read once.

        Each event comes with the number of its prompt, from 0, and each prompt has its own `Reading* Text* Finished`;
        loading and making room count to prompt 0. Closing stops all. Nothing comes of no prompts. Raises what `stream`
        raises; one prompt that is too long refuses all before any is read.
        """

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector a text, in their order; of unit length where the model's file says so. Loads the model if need be.

        Raises PromptTooLong for a text longer than the model's context, EngineFailed for a model that was not made for
        it, and what `load` raises.
        """

    def interrupt(self) -> None:
        """End the running iterator soon and without `Finished`, in the middle of a batch where the device allows it.

        From any thread: for those who cannot close the iterator because another thread is waiting in it. Nothing
        happens where none is running.
        """

    def close(self) -> None:
        """Free the model. Never waits for an answer in progress; may be called twice and from any thread."""

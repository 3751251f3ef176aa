"""The engine on llama.cpp in this process: reads prompts in batches, writes token by token, keeps what it has read.

The context is as large as the prompt and its answer need (at least 4,096 tokens), grows with them, and never passes the
limit. A prompt that begins like what is in memory is read only from where it differs.
"""

import os
from codecs import getincrementaldecoder
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event as Flag
from threading import Lock
from time import perf_counter

import psutil

from assistant.engine import EngineSettings, ModelInfo
from assistant.errors import EngineFailed, PromptTooLong, TemplateFailed
from assistant.events import Event, Finished, FinishReason, Loading, Reading, Text, Usage
from assistant.gguf.file import Header, read_header
from assistant.llama.context import BATCH, LlamaContext
from assistant.llama.model import LlamaModel, load_model
from assistant.llama.sampler import Sampler
from assistant.llama.stop_texts import StopTexts
from assistant.messages import Message, Sampling
from assistant.prompt.render import render
from assistant.proof import read_standing

_SMALLEST_CONTEXT = 4096
_SMALLEST_ANSWER = 64
"""Room that must be left for an answer; less is no answer."""
_LEAST_CONTEXT = 128


@dataclass(frozen=True, slots=True)
class _Loaded:
    model: LlamaModel
    info: ModelInfo
    template: str | None


class LlamaEngine:
    """Implements `engine.Engine`. `interrupt` and `close` may be called from another thread."""

    def __init__(self, path: Path, settings: EngineSettings | None = None, *, name: str | None = None) -> None:
        self._path = path
        self._settings = settings or EngineSettings()
        self._name = name or path.stem
        self._loaded: _Loaded | None = None
        self._context: LlamaContext | None = None
        self._interrupted = Flag()
        self._closed = False
        self._calling = Lock()
        """Held by the running call."""

    @property
    def info(self) -> ModelInfo | None:
        return self._loaded.info if self._loaded else None

    def load(self) -> Generator[Loading, None, None]:
        with self._call():
            yield from self._load()

    def count(self, content: str | Sequence[Message]) -> int:
        with self._call():
            loaded = self._load_now()
            return len(loaded.model.encode_text(content) if isinstance(content, str) else self._prompt(loaded, content))

    def stream(self, messages: Sequence[Message], sampling: Sampling) -> Generator[Event, None, None]:
        with self._call():
            yield from self._answer(messages, sampling)

    def interrupt(self) -> None:
        """End the running stream without `Finished`, within a batch where the device allows it. From any thread."""
        self._interrupted.set()

    def close(self) -> None:
        """Free the model, or have the running call free it at its end, which comes as after `interrupt`."""
        self._closed = True
        self._interrupted.set()
        if self._calling.acquire(blocking=False):
            try:
                self._free()
            finally:
                self._calling.release()

    @contextmanager
    def _call(self) -> Iterator[None]:
        """One at a time. Raises EngineFailed where the engine is closed."""
        if not self._calling.acquire(blocking=False):
            raise RuntimeError("two calls of one engine overlap: close what stream() returned before the next call")
        self._interrupted.clear()
        try:
            if self._closed:
                raise EngineFailed("the engine is closed; an open one was expected; start Luciole again")
            yield
        finally:
            self._calling.release()
            if self._closed:
                self.close()

    def _free(self) -> None:
        if self._context is not None:
            self._context.free()
            self._context = None
        if self._loaded is not None:
            self._loaded.model.free()
            self._loaded = None

    def _answer(self, messages: Sequence[Message], sampling: Sampling) -> Generator[Event, None, None]:
        started = perf_counter()
        loaded = yield from self._load()
        ready = perf_counter()
        prompt = self._prompt(loaded, messages)
        context = self._room(loaded, len(prompt), sampling.max_tokens)
        reused = context.keep_common(prompt)
        yield Reading(reused, len(prompt), reused)
        while len(context.tokens) < len(prompt):
            if not context.decode(prompt[len(context.tokens) : len(context.tokens) + BATCH]):
                return
            yield Reading(len(context.tokens), len(prompt), reused)
        read = perf_counter()
        written, reason = yield from self._write(loaded.model, context, sampling)
        usage = Usage(
            prompt_tokens=len(prompt),
            reused_tokens=reused,
            answer_tokens=written,
            context=context.size,
            load_seconds=ready - started,
            read_seconds=read - ready,
            write_seconds=perf_counter() - read,
        )
        if reason is not None:
            yield Finished(reason, usage)

    def _write(
        self, model: LlamaModel, context: LlamaContext, sampling: Sampling
    ) -> Generator[Text, None, tuple[int, FinishReason | None]]:
        """The answer; its tokens and why it ended (None: interrupted)."""
        most = min(sampling.max_tokens, context.size - len(context.tokens))
        decoder = getincrementaldecoder("utf-8")("replace")
        stops = StopTexts(sampling.stop)
        written = 0
        reason: FinishReason = "length"
        with Sampler(sampling, model, most) as sampler:
            while written < most:
                token = sampler.next(context.pointer)
                if model.ends_answer(token):
                    reason = "stop"
                    break
                written += 1
                text = stops.feed(decoder.decode(model.bytes_of(token)))
                if text:
                    yield Text(text)
                if stops.reached:
                    return written, "stop"
                if written < most and not context.decode([token]):
                    return written, None
        rest = stops.feed(decoder.decode(b"", final=True)) + stops.rest()
        if rest:
            yield Text(rest)
        return written, reason

    def _load_now(self) -> _Loaded:
        loading = self._load()
        while True:
            try:
                next(loading)
            except StopIteration as end:
                loaded: _Loaded = end.value
                return loaded

    def _load(self) -> Generator[Loading, None, _Loaded]:
        if self._loaded is not None:
            return self._loaded
        if self._settings.threads is not None and self._settings.threads < 1:
            raise EngineFailed(f"{self._settings.threads} threads were asked for; at least 1; leave --threads out")
        header = read_header(self._path)
        model = yield from load_model(self._path, self._settings)
        try:
            self._loaded = _Loaded(model, self._describe(model, header), header.chat_template)
        except EngineFailed:
            model.free()
            raise
        yield Loading(1.0)
        return self._loaded

    def _describe(self, model: LlamaModel, header: Header) -> ModelInfo:
        if not model.can_answer:
            raise EngineFailed(
                f"{self._path.name} ({header.architecture}) does not write text; a language model was expected; "
                "choose another"
            )
        limit = model.trained_context if self._settings.context is None else self._settings.context
        if limit < _LEAST_CONTEXT:
            raise EngineFailed(
                f"the context of {self._path.name} would be {limit:,} tokens; at least {_LEAST_CONTEXT}, for a "
                "question and its answer; ask for more with --context, or use another model"
            )
        if limit > model.trained_context:
            raise EngineFailed(
                f"a context of {limit:,} tokens was asked for; {self._path.name} was trained for "
                f"{model.trained_context:,}; ask for at most that"
            )
        return ModelInfo(
            name=self._name,
            path=str(self._path),
            architecture=header.architecture,
            parameters=header.parameters,
            quantization=header.quantization,
            context=limit,
            trained_context=model.trained_context,
            gpu_layers=model.gpu_layers,
            layers=model.layers,
            proof=read_standing(self._path).verdict,
        )

    def _prompt(self, loaded: _Loaded, messages: Sequence[Message]) -> list[int]:
        if loaded.template is None:
            raise TemplateFailed(
                f"{self._path.name} carries no chat template; an instruction-tuned model was expected, since a base "
                "model cannot chat; use another model"
            )
        model = loaded.model
        prompt = model.encode(render(loaded.template, messages, bos=model.bos, eos=model.eos))
        if not prompt:
            raise TemplateFailed(
                f"the chat template of {self._path.name} makes an empty prompt; the messages were expected in it; "
                "use another model"
            )
        return prompt

    def _room(self, loaded: _Loaded, prompt: int, answer: int) -> LlamaContext:
        """A context that holds prompt and answer, or as much of the answer as the limit leaves.

        Raises PromptTooLong, EngineFailed.
        """
        limit = loaded.info.context
        longest = limit - min(answer, _SMALLEST_ANSWER)
        if prompt > longest:
            raise PromptTooLong(
                f"the prompt has {prompt:,} tokens; at most {longest:,} fit the context of {limit:,} beside an answer; "
                "shorten it, or use a model with a longer context",
                tokens=prompt,
                limit=longest,
            )
        need = max(prompt + answer, _SMALLEST_CONTEXT)
        saved = None
        if self._context is not None and self._context.size < min(limit, need):
            # A conversation grows turn by turn: with a quarter to spare it moves seldom, and what was read moves along.
            need += need // 4
            saved = self._context.saved()
            self._context.free()
            self._context = None
        if self._context is None:
            self._context = LlamaContext(
                loaded.model,
                min(limit, -(-need // 256) * 256),
                threads=self._settings.threads or _cores(),
                interrupted=self._interrupted.is_set,
            )
            if saved is not None:
                self._context.restore(saved)
        return self._context


def _cores() -> int:
    """Cores this process may use. Two threads on one core wait for each other: hyper-threads are not counted."""
    physical = psutil.cpu_count(logical=False) or 1
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else physical
    return max(1, min(physical, allowed))

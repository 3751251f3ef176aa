"""The engine on llama.cpp in this process: reads prompts in batches, writes token by token, keeps what it has read.

The context is as large as the prompt and its answer need, grows with them, and never passes the limit. A prompt that
begins like something read before is read only from where it differs.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event as Flag
from threading import Lock
from time import perf_counter
from typing import cast

import llama_cpp
import psutil

from assistant.engine import EngineSettings, ModelInfo
from assistant.errors import EngineFailed
from assistant.events import Event, Finished, Loading, Reading, Settled, Text, Usage
from assistant.gguf.file import read_header
from assistant.gguf.header import Header
from assistant.library.used import note_use
from assistant.llama.context import BATCH, LlamaContext
from assistant.llama.embeddings import Embedder
from assistant.llama.generators import numbered, result
from assistant.llama.many import AT_ONCE, answer_all, shared, tokens_together
from assistant.llama.model import LlamaModel, load_model
from assistant.llama.planner import Planner, cores
from assistant.llama.prompts import describe, expect_room, prompt_ids
from assistant.llama.recall import Recall, common
from assistant.llama.room import Room
from assistant.llama.writing import Writing
from assistant.messages import Plain, Prompt, Sampling
from assistant.plan.setting import MemoryKind
from assistant.proof import content_mark
from assistant.readings import SavedReadings, kind_of

_WORTH_LEARNING = 512
"""Tokens; a shorter reading tells little of speed."""
_LEAST_HALVED = 2
_BRANCHES = (256, 128, 64, 32)
"""Tokens before the end of a prompt: as long as a question and what the template puts behind it."""
_NO_TOKEN = -1
_WORTH_SHARING = 4
"""Several prompts share their beginning in memory where it is this part of the longest, answer included."""
_SHARE_FOR_COPIES = 0.25
"""Of the free memory, what copies of other conversations may take."""


@dataclass(frozen=True, slots=True)
class _Loaded:
    info: ModelInfo
    header: Header
    planner: Planner
    room: Room

    @property
    def model(self) -> LlamaModel:
        return self.room.model


class LlamaEngine:
    """Implements `engine.Engine`. `interrupt` and `close` may be called from another thread."""

    def __init__(self, path: Path, settings: EngineSettings | None = None, *, name: str | None = None) -> None:
        self._path = path
        self._settings = settings or EngineSettings()
        self._name = name or path.stem
        self._loaded: _Loaded | None = None
        self._embedder: Embedder | None = None
        self._threads = self._settings.threads or cores()
        self._recall = Recall(self._saved_readings, _room_for_copies)
        self._mark: str | None = None
        """Of the file's content; found when it is first needed."""
        self._interrupted = Flag()
        self._closed = False
        self.announce: Callable[[str], None] = lambda _: None
        """Told before memory is taken what would take less, in words of the command line; empty where nothing would."""
        self.ticks = 0
        """Grows while llama.cpp computes: a sign of life, from any thread."""
        self._calling = Lock()
        """Held by the running call."""

    @property
    def info(self) -> ModelInfo | None:
        return self._loaded.info if self._loaded else None

    def load(self) -> Generator[Loading, None, None]:
        with self._call():
            yield from self._load()

    def count(self, content: str | Prompt) -> int:
        with self._call():
            loaded = result(self._load())
            if isinstance(content, str):
                return len(loaded.model.encode_text(content))
            return len(self._prompt(loaded, content))

    def count_each(self, texts: Sequence[str]) -> list[int]:
        with self._call():
            model = result(self._load()).model
            counts: list[int] = []
            for text in texts:
                if self._asked():
                    raise EngineFailed("the counting was interrupted; a count of each text was expected; ask again")
                counts.append(len(model.encode_text(text)))
            return counts

    def longest_prompt(self, answer: int) -> int:
        with self._call():
            loaded = result(self._load())
            return loaded.room.longest(answer, most=loaded.info.context)

    def stream(self, prompt: Prompt, sampling: Sampling) -> Generator[Event, None, None]:
        with self._call():
            yield from self._answer(prompt, sampling)

    def stream_many(self, prompts: Sequence[Prompt], sampling: Sampling) -> Generator[tuple[int, Event], None, None]:
        with self._call():
            if prompts:
                yield from self._answer_many(prompts, sampling)

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        with self._call():
            loaded = result(self._load())
            if self._embedder is None:
                self._embedder = Embedder(
                    loaded.model,
                    loaded.header,
                    longest=loaded.info.context,
                    threads=self._threads,
                    interrupted=self._asked,
                )
            return self._embedder.embed(texts)

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

    def _asked(self) -> bool:
        """Whether to break off, as llama.cpp asks it again and again."""
        self.ticks += 1
        return self._interrupted.is_set()

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
        self._recall.forget()
        if self._embedder is not None:
            self._embedder.free()
            self._embedder = None
        if self._loaded is not None:
            self._loaded.room.free()
            self._loaded = None

    def _answer(self, asked: Prompt, sampling: Sampling) -> Generator[Event, None, None]:
        started = perf_counter()
        loaded = yield from self._load()
        ready = perf_counter()
        prompt = self._prompt(loaded, asked)
        expect_room(prompt, sampling, loaded.info.context)
        context = yield from self._make_room(loaded, prompt, len(prompt), sampling.max_tokens, most=loaded.info.context)
        most, said = _most(sampling, context, prompt), self._said(loaded, asked, prompt)
        with Writing(loaded.model, sampling, most=most, prompt=prompt, said=said) as writing:
            reused = self._recall.begin(context, prompt)
            yield Reading(reused, len(prompt), reused)
            # The last token alone: the same prompt again is read but for that one, and has the same logits to the bit.
            last = len(prompt) - 1
            if not (yield from self._read(loaded, context, prompt[:last], total=len(prompt), reused=reused)):
                return
            if not context.decode(prompt[last:]):
                return
            yield Reading(len(prompt), len(prompt), reused)
            read = perf_counter()
            while writing.reason is None:
                if text := writing.step(context.pointer):
                    yield Text(text)
                if writing.reason is None and not context.write(writing.token):
                    return
            usage = Usage(
                prompt_tokens=len(prompt),
                reused_tokens=reused,
                answer_tokens=writing.written,
                context=context.size,
                load_seconds=ready - started,
                read_seconds=read - ready,
                write_seconds=perf_counter() - read,
            )
            yield Finished(writing.reason, usage)

    def _answer_many(self, prompts: Sequence[Prompt], sampling: Sampling) -> Generator[tuple[int, Event], None, None]:
        started = perf_counter()
        loaded = yield from numbered(0, self._load())
        load_seconds = perf_counter() - started
        ids = [self._prompt(loaded, asked) for asked in prompts]
        for prompt in ids:
            expect_room(prompt, sampling, loaded.info.context)
        limit, beginning = loaded.info.context, ids[0][: shared(ids)]
        longest = max(map(len, ids))
        if apart := len(ids) > 1 and len(beginning) * _WORTH_SHARING < longest + sampling.max_tokens:
            beginning = []
        if loaded.room.context is not None and apart:
            self._recall.begin(loaded.room.context, [_NO_TOKEN])
        at_once = min(len(ids), AT_ONCE)
        while at_once > 1 and tokens_together(ids, sampling.max_tokens, at_once) > limit:
            at_once -= 1
        while True:
            if apart:
                reading, answers, sequences = longest, sampling.max_tokens, at_once
            else:
                answers, sequences = at_once * sampling.max_tokens, at_once + 1
                reading = tokens_together(ids, sampling.max_tokens, at_once) - answers
            making = self._make_room(loaded, beginning, reading, answers, most=limit, sequences=sequences, apart=apart)
            try:
                context = yield from numbered(0, making)
                break
            except EngineFailed:
                if at_once == 1 or self._loaded is None:
                    raise
                at_once -= 1  # what does not fit together takes turns

        def write(index: int) -> Writing:
            prompt = ids[index]
            most, said = _most(sampling, context, prompt), self._said(loaded, prompts[index], prompt)
            return Writing(loaded.model, sampling, most=most, prompt=prompt, said=said)

        if apart:
            yield from answer_all(context, ids, write, reused=0, load_seconds=load_seconds)
            return
        reused = self._recall.begin(context, [*beginning, _NO_TOKEN])
        yield 0, Reading(reused, len(ids[0]), reused)
        if not (yield from numbered(0, self._read(loaded, context, beginning, total=len(ids[0]), reused=reused))):
            return
        yield from answer_all(context, ids, write, reused=reused, load_seconds=load_seconds)

    def _read(
        self, loaded: _Loaded, context: LlamaContext, tokens: Sequence[int], *, total: int, reused: int
    ) -> Generator[Reading, None, bool]:
        """Read on until memory holds these tokens, with which it begins; False: interrupted."""
        began = perf_counter()
        first = len(context.tokens)
        # Where half, a quarter, an eighth is left: behind an edit no more is read than twice what follows it.
        mark = len(tokens) // 2
        while len(context.tokens) < len(tokens):
            at = len(context.tokens)
            left = len(tokens) - at
            if left <= max(mark, 2 * BATCH):
                context.take_checkpoint()
                mark = min(mark, left) // 2
            if not context.decode(tokens[at : at + self._batch(context, left)]):
                return False
            yield Reading(len(context.tokens), total, reused)
        context.take_checkpoint()
        read, seconds = len(tokens) - first, perf_counter() - began
        self._recall.has_read(context, read, seconds)
        option = loaded.room.option
        if option is not None and read >= _WORTH_LEARNING and not self._recall.copies and self._embedder is None:
            loaded.planner.learn(option, read=read, depth=len(tokens), seconds=seconds)
        return True

    @staticmethod
    def _batch(context: LlamaContext, left: int) -> int:
        """Tokens to read next. Near the end of a prompt that memory cannot be cut back to, batches end in smaller and
        smaller steps, each with a checkpoint: there another question about the same document will branch off.
        """
        if context.plain or left > _BRANCHES[0] + BATCH:
            return BATCH
        return next((left - end for end in _BRANCHES if left - BATCH <= end < left), BATCH)

    def _saved_readings(self, kind: MemoryKind) -> SavedReadings | None:
        """Those of this very model, with memory of this kind, made by this llama.cpp."""
        if not self._settings.saved_readings:
            return None
        if self._mark is None:
            self._mark = content_mark(self._path)
        return SavedReadings(kind_of(model=self._mark, memory=kind, llama=llama_cpp.__version__))

    def _load(self) -> Generator[Loading, None, _Loaded]:
        if self._loaded is not None:
            return self._loaded
        if self._settings.threads is not None and self._settings.threads < 1:
            raise EngineFailed(f"{self._settings.threads} threads were asked for; at least 1; leave --threads out")
        header = read_header(self._path)
        planner = Planner(self._path, header, self._settings, threads=self._threads)
        layers, stepped_down = planner.gpu_layers(), ""
        try:
            model = yield from self._load_model(layers)
        except EngineFailed as error:
            if layers < _LEAST_HALVED or self._settings.gpu_layers is not None:
                raise
            stepped_down = f"{layers} layers on the GPU failed ({error}), so half of them were taken"
            model = yield from self._load_model(layers // 2)
        try:
            info = describe(model, header, self._path, self._name, self._settings.context)
        except EngineFailed:
            model.free()
            raise
        space = Room(
            model,
            self._load_model,
            planner,
            self._recall,
            interrupted=self._asked,
            announce=self.announce,
            stepped_down=stepped_down,
        )
        self._loaded = _Loaded(info, header, planner, space)
        note_use(self._path)
        yield Loading(1.0)
        return self._loaded

    def _load_model(self, layers: int) -> Generator[Loading, None, LlamaModel]:
        return load_model(self._path, layers)

    def _make_room(
        self,
        loaded: _Loaded,
        prompt: Sequence[int],
        reading: int,
        answer: int,
        *,
        most: int,
        sequences: int = 1,
        apart: bool = False,
    ) -> Generator[Loading | Settled, None, LlamaContext]:
        try:
            making = loaded.room.make(prompt, reading, answer, most=most, sequences=sequences, apart=apart)
            return (yield from self._noted(loaded, making))
        finally:
            if not loaded.model.pointer:  # it was to move between devices, and is nowhere now
                self._free()

    def _noted(
        self, loaded: _Loaded, making: Generator[Loading | Settled, None, LlamaContext]
    ) -> Generator[Loading | Settled, None, LlamaContext]:
        """Pass it on; what was settled stands in the info before it is said, because whoever hears it looks there."""
        with closing(making):
            while True:
                try:
                    event = next(making)
                except StopIteration as made:
                    return cast("LlamaContext", made.value)
                if isinstance(event, Settled):
                    info = replace(loaded.info, gpu_layers=event.gpu_layers, kv=event.kv, memory=event.memory)
                    self._loaded = replace(loaded, info=info)
                yield event

    def _prompt(self, loaded: _Loaded, prompt: Prompt) -> list[int]:
        return prompt_ids(loaded.model, loaded.header, prompt, self._path.name)

    def _said(self, loaded: _Loaded, asked: Prompt, prompt: Sequence[int]) -> Sequence[int]:
        """The end of the prompt that is the answer's own words, where one goes on."""
        if isinstance(asked, Plain):
            before: Prompt | None = Plain(asked.text) if asked.begun else None
        else:
            before = asked[:-1] if asked[-1].role == "assistant" else None
        return prompt[common(self._prompt(loaded, before), prompt) :] if before else ()


def _most(sampling: Sampling, context: LlamaContext, prompt: Sequence[int]) -> int:
    """Tokens the answer may have."""
    return min(sampling.max_tokens, context.setting.room - len(prompt))


def _room_for_copies() -> int:
    """Bytes."""
    return int(psutil.virtual_memory().available * _SHARE_FOR_COPIES)

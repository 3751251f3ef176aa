"""What summaries of long documents cost: opened again, after an edit, in parts; the work around the model; memory.

A document is opened when the first word of its summary comes; the model is in memory already.
"""

import sys
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from rich.table import Table

from assistant.checks.checker import Checker
from assistant.documents.document import Document, Places
from assistant.documents.pieces import split
from assistant.engine import Engine, EngineSettings
from assistant.events import Text
from assistant.fake import FakeEngine
from assistant.gguf.file import read_header
from assistant.messages import Message, Sampling
from assistant.summary.kept import Kept, KeptPieces
from assistant.summary.parts import PIECES
from assistant.summary.summarize import summarize
from assistant.summary.values import Request, Summary
from bench.child import run
from bench.table import table_of
from bench.texts import paragraphs, text_of
from bench.watched import endless, opened

GOAL_TOKENS = 28_000
"""The goals are those of a document of 30,000 tokens; a shorter one is read too soon, and has too few parts."""
GOAL_SECONDS = 1.0
GOAL_GROWTH = 16.0
"""Bytes of memory for each byte that a text is longer: itself, its lines and pieces, and the index for the check."""
MEGABYTE = 1_000_000
_LONGEST = 30_000
_ROOM = 800
"""Tokens for the instruction and the summary."""
_ANSWER = 100
_SUMMARY = 3000
"""Characters of a text that is checked."""
_EDITED_AT = 0.95
"""In the last tenth of the document."""
_MEMORY_SIZES = (1, 4)
"""Millions of characters."""
_LEAST_PIECE = 256
_ANSWER_SHARE = 6
"""The summary of a piece has this part of its tokens."""
_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Pair:
    """The same work in two ways, in seconds; the second is to be `goal` times sooner done."""

    what: str
    tokens: int
    first: float
    second: float
    goal: float
    of: int = 0
    """Tokens of the whole document, where `tokens` are only some of it."""

    @property
    def ratio(self) -> float:
        return self.first / self.second

    @property
    def is_held_against_it(self) -> bool:
        return max(self.of, self.tokens) >= GOAL_TOKENS


@dataclass(frozen=True, slots=True)
class Around:
    """Seconds that a text of a megabyte takes beside the model; `counting` is the tokenizer's part."""

    splitting: float
    counting: float
    mapping: float
    checking: float

    @property
    def seconds(self) -> float:
        """Without the tokenizer's."""
        return self.splitting + self.mapping + self.checking


@dataclass(frozen=True, slots=True)
class Documents:
    """`memory`: peaks in MiB of a process that summarizes texts of `_MEMORY_SIZES` with a scripted model."""

    model: str
    pairs: tuple[Pair, ...]
    around: Around
    memory: tuple[float, ...]

    @property
    def growth(self) -> float:
        """Bytes of memory for each byte more of text."""
        (small, large), (least, most) = self.memory, _MEMORY_SIZES
        return (large - small) * 2**20 / ((most - least) * MEGABYTE)


def measure(name: str, model: Path, *, tokens: int | None = None) -> Documents:
    """With a document of so many tokens; what is opened whole has no more than the model's context takes."""
    length = tokens or _LONGEST
    with opened(model, EngineSettings()) as engine:
        around = _around(engine)
    pairs = (*_whole(model, length), *_edited_parts(model, length), *_batches(model, length))
    return Documents(name, pairs, around, tuple(map(_peak, _MEMORY_SIZES)))


def _whole(model: Path, length: int) -> Generator[Pair, None, None]:
    """Opened, opened again by another engine, opened with an edit near its end."""
    length = min(length, (read_header(model).context or 2 * _ROOM) - _ROOM)
    request = Request(strategy="whole", max_tokens=_ANSWER)
    with opened(model, EngineSettings()) as engine:
        document = _document(length, engine, seed=1)
        first = _seconds(document, engine, request, to_first_word=True)
    with opened(model, EngineSettings()) as engine:
        second = _seconds(document, engine, request, to_first_word=True)
        edited = _seconds(_edited(document), engine, request, to_first_word=True)
    yield Pair("opened again", length, first, second, 50.0)
    yield Pair("opened after an edit at its end", length, first, edited, 5.0)


def _edited_parts(model: Path, length: int) -> Generator[Pair, None, None]:
    request = Request(strategy="parts", max_tokens=_ANSWER)
    with TemporaryDirectory(prefix="luciole-bench-") as folder, opened(model, EngineSettings()) as engine:
        kept = KeptPieces(Path(folder))
        document = _document(length, engine, seed=2)
        fresh = _seconds(document, engine, request, kept=kept)
        edited = _seconds(_edited(document), engine, request, kept=kept)
    yield Pair("in parts, one paragraph edited", length, fresh, edited, 5.0)


def _batches(model: Path, length: int) -> Generator[Pair, None, None]:
    """Pieces as the parts are, each answered with as many tokens as a piece's summary may have; both ways in turns."""
    size = min(PIECES[0], max(_LEAST_PIECE, length // 8))
    sampling = endless(model, size // _ANSWER_SHARE)
    alone = together = 0.0
    with opened(model, EngineSettings(saved_readings=False)) as engine:
        document = _document(9 * size, engine, seed=3)
        pieces = split(document, size, engine.count_each)[: 2 * _AT_ONCE]
        prompts = [
            [Message("user", f"{document.text[piece.start : piece.end]}\n\nSummarize this.")] for piece in pieces
        ]
        _answered(engine, prompts[:_AT_ONCE], replace(sampling, max_tokens=2))  # makes the context that both use
        for at, turns in ((0, "alone together"), (_AT_ONCE, "together alone")):
            some = prompts[at : at + _AT_ONCE]
            for turn in turns.split():
                if turn == "alone":
                    alone += sum(_answered(engine, [prompt], sampling) for prompt in some)
                else:
                    together += _answered(engine, some, sampling)
    read = sum(piece.tokens for piece in pieces)
    yield Pair("four parts at once, not one by one", read, alone, together, 1.4, of=length)


def _answered(engine: Engine, prompts: Sequence[Sequence[Message]], sampling: Sampling) -> float:
    """Seconds."""
    began = perf_counter()
    with closing(engine.stream_many(prompts, sampling)) as events:
        for _ in events:
            pass
    return perf_counter() - began


def _seconds(
    document: Document,
    engine: Engine,
    request: Request,
    kept: Kept | None = None,
    *,
    to_first_word: bool = False,
) -> float:
    """Of a summary."""
    began = perf_counter()
    with closing(summarize(document, engine, request=request, kept=kept)) as events:
        for event in events:
            if isinstance(event, Summary) or (to_first_word and isinstance(event, Text)):
                return perf_counter() - began
    raise RuntimeError("the summary ended without a word")


def _around(engine: Engine) -> Around:
    """What is done about a text beside reading it with the model."""
    text = paragraphs(text_of(MEGABYTE, len))
    document, counting = Document("text", text, "utf-8"), 0.0

    def counts(texts: Sequence[str]) -> list[int]:
        nonlocal counting
        began = perf_counter()
        found = engine.count_each(texts)
        counting += perf_counter() - began
        return found

    began = perf_counter()
    pieces = split(document, PIECES[0], counts)
    split_at = perf_counter()
    places = Places(document)
    for piece in pieces:
        places.of(piece.start, piece.end)
    mapped_at = perf_counter()
    Checker(document).check(text[:_SUMMARY])
    return Around(split_at - began - counting, counting, mapped_at - split_at, perf_counter() - mapped_at)


def _document(tokens: int, engine: Engine, *, seed: int) -> Document:
    return Document("text", paragraphs(text_of(tokens, engine.count, seed=seed)), "utf-8")


def _edited(document: Document) -> Document:
    """One paragraph in the last tenth says something else."""
    text = document.text
    at = text.find("\n\n", int(len(text) * _EDITED_AT))
    at = (at if at >= 0 else text.rindex("\n\n")) + 2  # a short text's last paragraph is longer than that
    return replace(document, text=f"{text[:at]}Nothing of this was ever proven. {text[at:]}")


def _peak(millions: int) -> float:
    """MiB that a process takes for the summary of a text, the interpreter and all it has loaded among them."""
    with TemporaryDirectory(prefix="luciole-bench-") as folder:
        command = [sys.executable, "-m", "bench.documents", str(millions * MEGABYTE)]
        return run(command, cwd=Path(folder)).peak_private_mib


def summarize_with_a_script(characters: int) -> None:
    """A text of that length in parts, by a scripted model: memory is that of everything but the model."""

    engine = FakeEngine(["Paragraph 7 of the report says that lamp 9 was lit."])
    document = Document("text", paragraphs(text_of(characters, len)), "utf-8")
    for _ in summarize(document, engine, request=Request(strategy="parts")):
        engine.received.clear()  # a real one keeps no prompts


def table(results: Sequence[Documents]) -> Table:
    """The pairs, then the work around the model, then memory."""
    rows: list[tuple[str, ...]] = []
    for result in results:
        rows += [
            (
                f"{result.model}: {pair.what}",
                f"{pair.tokens:,}",
                f"{pair.first:.2f}",
                f"{pair.second:.2f}",
                f"{pair.ratio:.1f}",
                f"{pair.goal:g}" if pair.is_held_against_it else "",
            )
            for pair in result.pairs
        ]
        around = result.around
        rows += [
            ("1 MB split, mapped and checked, s", "", "", f"{around.seconds:.2f}", "", f"{GOAL_SECONDS:g}"),
            ("   and its tokens counted, s", "", "", f"{around.counting:.2f}", "", ""),
            ("peak memory of 1 MB and of 4 MB, MiB", "", *(f"{peak:.0f}" for peak in result.memory), "", ""),
            ("   bytes for each byte of text", "", "", f"{result.growth:.1f}", "", f"{GOAL_GROWTH:g}"),
        ]
    return table_of("documents (seconds)", ("", "tokens", "first", "second", "times", "goal"), rows)


def missed(results: Sequence[Documents]) -> list[str]:
    """The goals that were not reached."""
    found = []
    for result in results:
        found += [
            f"{result.model}, {pair.what}: {pair.ratio:.1f} times sooner; {pair.goal:g} was the goal"
            for pair in result.pairs
            if pair.is_held_against_it and pair.ratio < pair.goal
        ]
        if result.around.seconds > GOAL_SECONDS:
            found.append(
                f"1 MB is split, mapped and checked in {result.around.seconds:.2f} s; {GOAL_SECONDS:g} was the goal"
            )
        if result.growth > GOAL_GROWTH:
            found.append(f"each byte of a text takes {result.growth:.1f} of memory; {GOAL_GROWTH:g} was the goal")
    return found


if __name__ == "__main__":
    summarize_with_a_script(int(sys.argv[1]))

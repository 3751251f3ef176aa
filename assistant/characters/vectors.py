"""Vectors of a character's dialogues, kept in a file and made anew for those that changed.

The file lies beside the character (for those that ship with the program in the cache folder) and holds a vector for
each text under the text's hash, and which model made them. What is not in it is made; a file of another model, or one
that cannot be read, is made anew. It is replaced in one step, also when the making is interrupted: what was made stays.
"""

import os
import zipfile
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from assistant.characters.values import Character
from assistant.documents.document import Document
from assistant.documents.pieces import split
from assistant.engine import Engine
from assistant.events import Reading
from assistant.paths import folder as kind_folder
from assistant.proof import content_mark
from assistant.ranking import nearest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FILE = "dialogues.vectors.npz"
Opens = Callable[[], Engine]
"""Opens a model that makes vectors of texts."""
State = Literal["none", "whole", "in part", "of another model", "damaged"]

_MARKS = 16
"""Tokens that such a model may put around a text."""
_AT_ONCE = 16
"""Texts that become vectors before progress is told."""
_HASH = 16
_LONGEST_TOKEN = 16
"""Characters; a text of longer ones on average is none."""
_LARGEST = 1 << 30
"""Bytes of a file that is read."""
_UNREADABLE = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, NotImplementedError)
"""What numpy raises for files that it did not write, or that somebody cut or changed."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What a file holds: vectors by the hashes of their texts, and the name of the model that made them."""

    state: State
    model: str = ""
    rows: "dict[bytes, NDArray[np.float32]] | None" = None


def index_file(character: Character) -> Path:
    """Where the vectors lie, whether there are any or not."""
    if character.shipped:
        return kind_folder("cache") / "characters" / character.id / FILE
    return character.folder / FILE


def read_index(path: Path) -> Kept:
    """What the file holds; nothing here fails."""
    import numpy as np  # noqa: PLC0415

    if not path.exists():
        return Kept("none")
    try:
        if path.stat().st_size > _LARGEST:
            return Kept("damaged")
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            model, hashes, vectors = str(file["model"]), file["hashes"], file["vectors"]
        right = hashes.dtype == np.uint8 and vectors.dtype == np.float32 and hashes.ndim == vectors.ndim == 2
        if not right or hashes.shape != (len(vectors), _HASH) or not np.isfinite(vectors).all():
            return Kept("damaged")
    except _UNREADABLE:
        return Kept("damaged")
    rows = {found.tobytes(): vector for found, vector in zip(hashes, vectors, strict=True)}
    return Kept("whole", model, rows)


def hash_of(text: str) -> bytes:
    """What the vector of a text is found by."""
    return sha256(text.encode(errors="surrogatepass")).digest()[:_HASH]


def state_of(path: Path, texts: Sequence[str]) -> tuple[State, int, str]:
    """How far the file holds vectors of these texts: in words, how many, and of which model."""
    kept = read_index(path)
    found = sum(hash_of(text) in (kept.rows or {}) for text in texts)
    state: State = "in part" if kept.state == "whole" and found < len(texts) else kept.state
    return state, found, kept.model.partition("\n")[0]


class Vectors:
    """The vectors of these texts. `opens` is called once, by `prepare`; the model stays open until `close`.

    `notes`: what the user should know of the making.
    """

    def __init__(self, path: Path, texts: Sequence[str], opens: Opens) -> None:
        self.notes: list[str] = []
        self._path = path
        self._texts = tuple(texts)
        self._opens = opens
        self._engine: Engine | None = None
        self._room = 0
        self._rows: NDArray[np.float32] | None = None
        self._asked: tuple[str, tuple[int, ...]] = ("", ())

    def prepare(self) -> Generator[Reading, None, None]:
        """Have a vector of each text, with progress in tokens. Raises what opening and using the model raises."""
        import numpy as np  # noqa: PLC0415

        if self._engine is not None and self._rows is not None:
            return
        engine = self._open()
        model = _name(engine)
        kept = read_index(self._path)
        rows = dict(kept.rows or {}) if kept.model == model else {}
        if kept.state == "damaged":
            self.notes.append(f"{self._path.name} was damaged, and is made anew")
        wanted = {hash_of(text): text for text in self._texts}
        missing = [(key, text) for key, text in wanted.items() if key not in rows]
        changed = bool(missing) or set(rows) != set(wanted)
        try:
            if missing:
                texts, tokens = self._cut(engine, [text for _, text in missing])
                done, total = 0, sum(tokens)
                for at in range(0, len(texts), _AT_ONCE):
                    yield Reading(done, total)
                    made = engine.embed(texts[at : at + _AT_ONCE])
                    for (key, _), vector in zip(missing[at : at + _AT_ONCE], made, strict=True):
                        rows[key] = np.asarray(vector, dtype=np.float32)
                    done += sum(tokens[at : at + _AT_ONCE])
                yield Reading(total, total)
        finally:
            rows = {key: row for key, row in rows.items() if key in wanted}
            if changed:
                self._write(model, rows)
        self._rows = np.stack([rows[hash_of(text)] for text in self._texts]) if self._texts else None

    def ranked(self, text: str) -> tuple[int, ...]:
        """Numbers of the texts, the most like this one first. Only once prepared; raises what the model raises."""
        if self._rows is not None and (self._asked[0] != text or not self._asked[1]):
            engine, asked = self._open(), text
            while "\n" in asked and engine.count(asked) > self._room:  # what was said last matters most
                asked = asked.partition("\n")[2]
            self._asked = (text, nearest(engine.embed(self._cut(engine, [asked])[0])[0], self._rows))
        return self._asked[1]

    def close(self) -> None:
        """Free the model; may be called twice."""
        if self._engine is not None:
            self._engine.close()
            self._engine = None

    def _open(self) -> Engine:
        if self._engine is None:
            self._engine = self._opens()
        for _ in self._engine.load():
            pass
        self._room = max((self._engine.info.context if self._engine.info else 0) - _MARKS, 1)
        return self._engine

    def _cut(self, engine: Engine, texts: Sequence[str]) -> tuple[list[str], list[int]]:
        """Of each text as much of its beginning as the model reads at once, and the tokens of that."""
        found = [text[: self._room * _LONGEST_TOKEN] for text in texts]
        tokens = engine.count_each(found)
        for number, (text, count) in enumerate(zip(found, tokens, strict=True)):
            if count > self._room:
                first = split(Document("", text, ""), self._room, engine.count_each)[0]
                found[number], tokens[number] = text[: first.end], first.tokens
        return found, tokens

    def _write(self, model: str, rows: "dict[bytes, NDArray[np.float32]]") -> None:
        """Replace the file; where that cannot be, the vectors are made again the next time, and that is said."""
        import numpy as np  # noqa: PLC0415

        if not rows:
            return
        fresh = self._path.with_name(f"{self._path.name}.{os.getpid()}.partial")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with fresh.open("wb") as file:
                np.savez(
                    file,
                    model=np.array(model),
                    hashes=np.frombuffer(b"".join(rows), dtype=np.uint8).reshape(len(rows), _HASH),
                    vectors=np.stack(list(rows.values())),
                )
            fresh.replace(self._path)
        except OSError as error:
            with suppress(OSError):
                fresh.unlink(missing_ok=True)
            self.notes.append(f"{self._path} cannot be written ({error.strerror}); it is made anew the next time")


def _name(engine: Engine) -> str:
    """Which model it is: its name, and a mark of its file's content."""
    info = engine.info
    if info is None:
        return ""
    try:
        return f"{info.name}\n{content_mark(Path(info.path))}"
    except OSError:  # a scripted engine has no file
        return f"{info.name}\n"

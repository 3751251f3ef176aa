"""Files of dialogues to a `Corpus`: what is read, in which encoding, what was left out and why. Changes no file."""

import os
import stat
from collections import Counter
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

from assistant.characters.lines import without_controls
from assistant.characters.shapes import Found, in_json_lines, in_table, in_text
from assistant.characters.values import Corpus, CorpusFile, Dialogue, LeftOut, speakers_of
from assistant.documents.encoding import decode
from assistant.documents.limits import MAX_BYTES
from assistant.errors import InvalidCharacter, InvalidDocument
from assistant.sanitize import one_line

ENDINGS = (".csv", ".jsonl", ".txt")
_SHOWN = 4


def corpus_files(folder: Path, names: Sequence[str] | None = None) -> tuple[Path, ...]:
    """The files of that name, or every corpus of the folder, by name. Raises InvalidCharacter.

    A name that leads out of the folder is refused, and so is a link that does.
    """
    if names is None:
        try:
            found = sorted(path.name for path in folder.iterdir() if path.suffix.lower() in ENDINGS)
        except OSError as error:
            raise InvalidCharacter(
                f"{folder} cannot be read ({error.strerror}); a folder was expected; look at its rights"
            ) from error
        names = [name for name in found if not name.startswith(".")]
    return tuple(_inside(folder, name) for name in names)


def read_corpus(files: Sequence[Path], character: str, user: str) -> Corpus:
    """The dialogues of these files in which `character` speaks. Raises InvalidCharacter, naming the file.

    `user`: who the user of `messages` is. Without files there are no dialogues, and that is no error.
    """
    dialogues: list[Dialogue] = []
    read: list[CorpusFile] = []
    left_out: list[LeftOut] = []
    notes: list[str] = []
    for path in files:
        found, file, noted = _read(path, character, user)
        before = len(dialogues)
        for one in found:
            if isinstance(one, Dialogue):
                dialogues.append(one)
            else:
                left_out.append(one)
        if len(dialogues) == before:
            why = next((f" ({one.where}: {one.why})" for one in left_out if one.where.startswith(path.name)), "")
            raise InvalidCharacter(
                f"{path.name} holds no dialogue{why}; lines 'Name：words' were expected; mend or remove it"
            )
        read.append(CorpusFile(path.name, len(dialogues) - before, *file))
        notes += noted
    _expect_character(dialogues, character, files)
    speakers = speakers_of(dialogues)
    if len(speakers) == 1:
        notes.append(f"nobody but {character} speaks in these dialogues: they show how, and not to what")
    return Corpus(tuple(dialogues), tuple(read), tuple(left_out), tuple(notes))


def _read(path: Path, character: str, user: str) -> tuple[Found, tuple[str, bool], list[str]]:
    """What the file holds, its encoding and whether that is a guess, and what is to be known of it."""
    name = one_line(path.name)
    try:
        decoded = decode(_bytes(path), name)
    except InvalidDocument:
        raise InvalidCharacter(f"{name} is no text; dialogues were expected; convert or remove it") from None
    text, controls = without_controls(decoded.text)
    if not text.strip():
        raise InvalidCharacter(f"{name} is empty; dialogues were expected; fill or remove it")
    notes = [f"{name}: {note}" for note in decoded.notes]
    if decoded.guessed:
        notes.append(f"{name} is read as {decoded.encoding}, which is a guess")
    if controls:
        notes.append(f"{name}: {controls:,} control characters are left out")
    match path.suffix.lower():
        case ".csv":
            found = in_table(text, name, character, user)
        case ".jsonl":
            found = in_json_lines(text, name, character, user)
        case _:
            found = in_text(text, name, character, user)
    return found, (decoded.encoding, decoded.guessed), notes


def _bytes(path: Path) -> bytes:
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # opening a pipe would wait for whoever writes
            raise InvalidCharacter(f"{one_line(path.name)} is no file; dialogues were expected; mend or remove it")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InvalidCharacter(
            f"{one_line(path.name)} cannot be read ({error.strerror}); dialogues were expected; look at its rights"
        ) from error
    if len(data) > MAX_BYTES:
        raise InvalidCharacter(
            f"{one_line(path.name)} has more than {MAX_BYTES // 2**20} MiB; dialogues were expected; split it"
        )
    return data


def _inside(folder: Path, name: str) -> Path:
    """The file of that name in the folder. Raises InvalidCharacter where it lies elsewhere."""
    if "\0" in name or name != os.path.basename(name) or "\\" in name or name in {"", ".", ".."}:  # noqa: PTH119
        raise InvalidCharacter(
            f"{one_line(name)[:80]!r} is no file of the character's folder; a name without slashes was expected; "
            "copy the file there"
        )
    path = folder / name
    if path.suffix.lower() not in ENDINGS:
        raise InvalidCharacter(
            f"{one_line(name)[:80]!r} is no file of dialogues; {', '.join(ENDINGS)} were expected; rename or remove it"
        )
    try:
        if path.resolve().parent != folder.resolve():
            raise InvalidCharacter(
                f"{one_line(name)} leads out of the character's folder; a file there was expected; copy it instead"
            )
    except (OSError, RuntimeError):  # a link that leads to itself
        raise InvalidCharacter(f"{one_line(name)} leads nowhere; a file was expected; remove it") from None
    return path


def _expect_character(dialogues: Sequence[Dialogue], character: str, files: Sequence[Path]) -> None:
    """Raises InvalidCharacter where there are dialogues and none is the character's."""
    speakers = speakers_of(dialogues)
    if not speakers or any(name.casefold() == character.casefold() for name in speakers):
        return
    most = Counter(speakers).most_common(_SHOWN)
    shown = ", ".join(f"{one_line(name)} ({count:,})" for name, count in most)
    more = f" and {len(speakers) - _SHOWN:,} more" if len(speakers) > _SHOWN else ""
    near = get_close_matches(character, speakers, n=1, cutoff=0.4)
    raise InvalidCharacter(
        f"nobody called {character} speaks in {', '.join(path.name for path in files)}, but {shown}{more}; lines of "
        f"{character} were expected; {f'is it {near[0]}?' if near else 'mend the name'}"
    )

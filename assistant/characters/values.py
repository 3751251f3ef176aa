"""What a character is made of, as frozen values. Equal words are equal objects; nothing here reads a file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Literal

Language = Literal["en", "zh"]
"""In which the character is described, and in which the prompt around it is worded."""
WantedForm = Literal["auto", "trained", "chat"]
"""How the material is put to a model: in one block of plain text, as Index-1.9B-Character was trained; through the
model's own chat template; or in what the model's file says it takes."""

DIALOGUES = 20
"""Most dialogues in a prompt, and CHARACTERS the length of that prompt (bilibili Index-1.9B, `roleplay/`)."""
CHARACTERS = 4000


@dataclass(frozen=True, slots=True)
class Line:
    """What one speaker says in one go. `colon` is what stands between the two in the corpus, spaces included."""

    speaker: str
    words: str
    colon: str = "："

    @property
    def text(self) -> str:
        """As it stands in the corpus."""
        return f"{self.speaker}{self.colon}{self.words}"


@dataclass(frozen=True, slots=True)
class Dialogue:
    """Lines in their order. `where` they stand, as `dialogues.csv, row 12`: equal dialogues may stand elsewhere."""

    lines: tuple[Line, ...]
    where: str = field(default="", compare=False)

    @property
    def id(self) -> str:
        """Ten hexadecimal digits, the same for the same words wherever they stand."""
        return sha256(self.text.encode(errors="surrogatepass")).hexdigest()[:10]

    @property
    def text(self) -> str:
        """As it stands in the corpus, a line each."""
        return "\n".join(line.text for line in self.lines)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A stretch of a corpus that is no dialogue of this character, and why."""

    where: str
    why: str


@dataclass(frozen=True, slots=True)
class CorpusFile:
    """One file of a corpus. `guessed`: its encoding is a guess."""

    name: str
    dialogues: int
    encoding: str
    guessed: bool = False


@dataclass(frozen=True, slots=True)
class Corpus:
    """All dialogues of a character as they were written, in the order of its files."""

    dialogues: tuple[Dialogue, ...] = ()
    files: tuple[CorpusFile, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()
    """What the user should know of the reading."""

    @property
    def speakers(self) -> Mapping[str, int]:
        """Who speaks, and how many lines; the most talkative first."""
        return speakers_of(self.dialogues)


@dataclass(frozen=True, slots=True)
class PromptSettings:
    """`form`, and how much of the corpus a prompt takes at most: dialogues, and characters of the whole prompt."""

    form: WantedForm = "auto"
    dialogues: int = DIALOGUES
    characters: int = CHARACTERS


@dataclass(frozen=True, slots=True)
class RetrievalSettings:
    """How similar dialogues are found: by their words, and by meaning too where a model for vectors is named."""

    embedding_model: str | None = None


@dataclass(frozen=True, slots=True)
class Character:
    """Who is played, and to whom it speaks."""

    name: str
    folder: Path
    user: str = "user"
    description: str = ""
    greeting: str = ""
    language: Language = "en"
    sampling: Mapping[str, object] = field(default_factory=dict)
    """Fields of `Sampling`, checked; only those that the character sets."""
    prompt: PromptSettings = field(default_factory=PromptSettings)
    retrieval: RetrievalSettings = field(default_factory=RetrievalSettings)
    corpus: Corpus = field(default_factory=Corpus, repr=False)
    shipped: bool = False
    """Part of this program: it can be played and copied, not changed or removed."""

    @property
    def id(self) -> str:
        """The name of its folder: what it is called by in commands, and what conversations remember."""
        return self.folder.name

    @property
    def dialogues(self) -> tuple[Dialogue, ...]:
        return self.corpus.dialogues

    def is_self(self, speaker: str) -> bool:
        """Whether a speaker of the corpus is this character; upper and lower case are one."""
        return speaker.casefold() == self.name.casefold()


def speakers_of(dialogues: Sequence[Dialogue]) -> Mapping[str, int]:
    """Who speaks, and how many lines; the most talkative first."""
    counts: dict[str, int] = {}
    for dialogue in dialogues:
        for line in dialogue.lines:
            counts[line.speaker] = counts.get(line.speaker, 0) + 1
    return dict(sorted(counts.items(), key=lambda item: -item[1]))

"""What the source's tokenizer makes of the probe texts, sorted by how far llama.cpp can be held to it.

It must make the same ids of nearly all. Left out, and said, is what GGUF has no place for: texts that the source
normalizes first (compared in their normal form), and white space beside tokens that swallow it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from convert.errors import UnsupportedTokenizer
from convert.tokenizer.entries import Kind, Vocabulary
from convert.tokenizer.probe_texts import added_texts, ordinary_texts
from convert.tokenizer.source_tokenizer import SourceTokenizer

FRAMED = "Once upon a time"
_ASCII = "".join(map(chr, range(0x21, 0x7F)))
_COMMON = "，。！？：；（）“”、…—　"
"""Punctuation of Chinese texts, which some character maps turn into Latin."""


@dataclass(frozen=True, slots=True)
class ExpectedTokens:
    """Ids by text."""

    ids: Mapping[str, list[int]]
    """Must come out."""
    plain: Mapping[str, tuple[int, list[int]]]
    """Text -> the control token it spells, and the ids where what it spells stays text."""
    doubtful: Mapping[str, list[int]]
    """Should come out, and prompts can do without: what stands next to tokens that swallow white space."""
    framed: list[int]
    """FRAMED with its begin and end tokens."""
    add_bos: bool
    add_eos: bool
    warnings: tuple[str, ...]

    def without(self, letters: frozenset[str], what: str) -> "ExpectedTokens":
        """The texts that hold none of the letters, and a warning that says `what` happens to these."""
        names = ", ".join(f"U+{ord(letter):04X}" for letter in sorted(letters)[:12])
        return replace(
            self,
            ids={text: ids for text, ids in self.ids.items() if not letters.intersection(text)},
            plain={text: ids for text, ids in self.plain.items() if not letters.intersection(text)},
            warnings=(
                *self.warnings,
                f"{len(letters)} {what} otherwise by llama.cpp than by the source ({names}"
                f"{' …' if len(letters) > 12 else ''}); texts with them may become other tokens",
            ),
        )

    @property
    def count(self) -> int:
        """Texts that must agree."""
        return len(self.ids) + len(self.plain) + 1


def expected_tokens(vocabulary: Vocabulary, source: SourceTokenizer) -> ExpectedTokens:
    """Raises UnsupportedTokenizer for a normalization, or tokens around a text, that no GGUF can hold."""
    changed: list[str] = []
    ids: dict[str, list[int]] = {}
    plain: dict[str, tuple[int, list[int]]] = {}
    doubtful: dict[str, list[int]] = {}
    follows = vocabulary.space_first and vocabulary.chats
    encode = source.following if follows else source.ids
    for text in dict.fromkeys((FRAMED, _ASCII, *ordinary_texts(vocabulary))):
        normal = _normal(vocabulary, source, text)
        if normal != text:
            changed.append(text)
        if normal:
            loose = not follows and _is_spaced_otherwise(vocabulary, normal)
            (doubtful if loose else ids)[normal] = encode(normal)
    for number, text in added_texts(vocabulary):
        if _normal(vocabulary, source, text) != text:
            changed.append(text)
            continue
        token = vocabulary.added[number]  # one that is not special occurs in plain content: no leave for that
        loose = token.special and (token.lstrip or token.rstrip) and any(letter.isspace() for letter in text)
        loose = loose or (not follows and _is_spaced_otherwise(vocabulary, text))
        (doubtful if loose else ids)[text] = encode(text)
        if vocabulary.kinds[number] is Kind.CONTROL and not follows:
            plain[text] = (number, source.ids(text, plain=True))
    add_bos, add_eos = _added_around(source, vocabulary)
    framed = source.framed(FRAMED)
    if follows:
        framed = framed[:1] * add_bos + source.following(FRAMED) + framed[-1:] * add_eos
    warnings = _normalization_warnings(source, changed, len(ids)) + _space_warnings(vocabulary, follows)
    return ExpectedTokens(ids, plain, doubtful, framed, add_bos, add_eos, warnings)


def _is_spaced_otherwise(vocabulary: Vocabulary, text: str) -> bool:
    """The source puts its space elsewhere than llama.cpp can."""
    if vocabulary.spares_spaces and text[0] in " ▁":
        return True
    return vocabulary.space_first and any(token.text in text for token in vocabulary.added.values())


def _normal(vocabulary: Vocabulary, source: SourceTokenizer, text: str) -> str:
    """The text as llama.cpp may be given it. Raises UnsupportedTokenizer where no user would write it so."""
    if vocabulary.normalizes or not source.normalization:
        return text
    normal = source.normalized(text)
    if normal != text and (text in (FRAMED, _ASCII) or vocabulary.model == "gpt2") and source.normalization != "NFC":
        raise UnsupportedTokenizer(
            f"{vocabulary.file.name} normalizes texts ({source.normalization}): {text[:20]!r} becomes {normal[:20]!r}; "
            "llama.cpp would not; no file was written because its tokens would differ"
        )
    return normal


def _normalization_warnings(source: SourceTokenizer, changed: list[str], count: int) -> tuple[str, ...]:
    if not changed:
        return ()
    common = "".join(letter for letter in _COMMON if source.normalized(letter) != letter)
    common = f", among their characters {common}" if common else ""
    return (
        f"the source normalizes texts ({source.normalization}) and llama.cpp does not: {len(changed)} of "
        f"{count} texts were compared in their normal form{common}; others may become other tokens",
    )


def _space_warnings(vocabulary: Vocabulary, follows: bool) -> tuple[str, ...]:
    if not vocabulary.space_first:
        return ()
    if follows:
        return (
            "the source puts a space before a text and none behind control tokens; llama.cpp does both or neither: "
            "neither was chosen, which is exact for prompts that begin with a control token",
        )
    return (
        "the source puts a space before a text and none behind control tokens; llama.cpp does both or neither: "
        "both was chosen, which is exact for texts without control tokens that do not begin with a space",
    )


def _added_around(source: SourceTokenizer, vocabulary: Vocabulary) -> tuple[bool, bool]:
    """Whether the source puts its begin and end tokens around a text. Raises UnsupportedTokenizer for anything else."""
    plain, full = source.ids("a"), source.framed("a")
    bos = [vocabulary.special["bos"].id] if "bos" in vocabulary.special else [-1]
    eos = [vocabulary.special["eos"].id] if "eos" in vocabulary.special else [-1]
    for add_bos, add_eos in ((False, False), (True, False), (False, True), (True, True)):
        if full == bos * add_bos + plain + eos * add_eos:
            return add_bos, add_eos
    raise UnsupportedTokenizer(
        f"{vocabulary.file.name} turns 'a' into {full}; only the begin token {bos[0]} and the end token {eos[0]} "
        "around a text can be written"
    )

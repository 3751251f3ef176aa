"""What the small files beside a vocabulary say: tokens added to it, tokens with a role, tokens that end an answer.

Each with the file it was found in. Files that contradict each other are refused; nothing is taken from a default.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from convert.checkpoint import Checkpoint
from convert.errors import InvalidCheckpoint

ROLES = ("bos", "eos", "unk", "pad", "cls", "sep", "mask")

_MAX_TEXT = 1024


@dataclass(frozen=True, slots=True)
class SpecialToken:
    """The id of a token with a role, and where it was found."""

    id: int
    source: str


@dataclass(frozen=True, slots=True)
class AddedToken:
    """A text that is cut out before the model sees the rest."""

    text: str
    special: bool
    """It steers the model; plain content that spells it stays text."""
    lstrip: bool = False
    """White space in front of it is dropped."""
    rstrip: bool = False
    """White space behind it is dropped."""
    normalized: bool = False
    single_word: bool = False


def added_in_json(tokenizer: Mapping[str, Any]) -> dict[int, AddedToken]:
    """`added_tokens` of tokenizer.json, by id. Raises InvalidCheckpoint."""
    try:
        return {_number(item["id"]): _added(item) for item in tokenizer.get("added_tokens") or []}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _unreadable(error) from error


def added_elsewhere(checkpoint: Checkpoint, settings: Mapping[str, Any]) -> dict[int, AddedToken]:
    """What `added_tokens_decoder` of tokenizer_config.json and added_tokens.json add, by id.

    Raises InvalidCheckpoint.
    """
    special = set(special_texts(checkpoint, settings))
    try:
        found = {int(key): _added(item) for key, item in (settings.get("added_tokens_decoder") or {}).items()}
        for text, number in (checkpoint.json("added_tokens.json") or {}).items():
            token = AddedToken(_text(text), text in special)
            if found.setdefault(_number(number), token).text != text:
                raise _contradiction(number, text, "added_tokens.json", found[number].text, "tokenizer_config.json")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _unreadable(error) from error
    return found


def joined(first: Mapping[int, AddedToken], further: Mapping[int, AddedToken]) -> dict[int, AddedToken]:
    """Both; a token is special where either says so. Raises InvalidCheckpoint where the texts differ."""
    both = dict(first)
    for number, token in further.items():
        known = both.setdefault(number, token)
        if known.text != token.text:
            raise _contradiction(number, known.text, "tokenizer.json", token.text, "tokenizer_config.json")
        if token.special and not known.special:
            both[number] = AddedToken(known.text, True, known.lstrip, known.rstrip, known.normalized, known.single_word)
    return both


def special_tokens(
    checkpoint: Checkpoint, settings: Mapping[str, Any], ids: Mapping[str, int]
) -> Iterator[tuple[str, SpecialToken]]:
    """Each role that a file names: by text from tokenizer_config.json or special_tokens_map.json, else by id.

    `ids`: text -> id of the whole vocabulary. Raises InvalidCheckpoint for a text that is no token.
    """
    named = checkpoint.json("special_tokens_map.json") or {}
    for role in ROLES:
        for file, values in (("tokenizer_config.json", settings), ("special_tokens_map.json", named)):
            text = _content(values.get(f"{role}_token"))
            if text is None:
                continue
            if text not in ids and role in {"cls", "sep", "mask"}:
                continue  # transformers would add it to the vocabulary, behind the rows that the model has
            if text not in ids:
                raise InvalidCheckpoint(
                    f"{role}_token {text!r} of {file} is no token of the vocabulary; files of one model were expected; "
                    "download them again"
                )
            yield role, SpecialToken(ids[text], f"{file}: {role}_token")
            break
        else:
            yield from _by_id(checkpoint, role, set(ids.values()))


def _by_id(checkpoint: Checkpoint, role: str, known: set[int]) -> Iterator[tuple[str, SpecialToken]]:
    for file, values in (("generation_config.json", checkpoint.generation), ("config.json", checkpoint.config)):
        number = values.get(f"{role}_token_id")
        number = number[0] if isinstance(number, list) and number else number
        if type(number) is int and number in known:
            yield role, SpecialToken(number, f"{file}: {role}_token_id")
            return


def end_tokens(
    checkpoint: Checkpoint, eos: SpecialToken | None, rows: int, family: Iterable[int] = ()
) -> dict[int, str]:
    """Every id that ends an answer, with where that is said: eos first, then the files', then the family's.

    Raises InvalidCheckpoint where there is none, or one outside the vocabulary.
    """
    ends = {eos.id: eos.source} if eos else {}
    for file, values in (("generation_config.json", checkpoint.generation), ("config.json", checkpoint.config)):
        named = values.get("eos_token_id")
        for number in named if isinstance(named, list) else [named]:
            if number is None:
                continue
            if type(number) is not int or not 0 <= number < rows:
                raise InvalidCheckpoint(f"eos_token_id is {named!r} in {file}; ids below {rows} were expected")
            ends.setdefault(number, f"{file}: eos_token_id")
    for number in family:
        if not 0 <= number < rows:
            raise InvalidCheckpoint(
                f"the vocabulary has {rows} rows; the end token {number} of this family was expected in it; "
                "use the tokenizer files of the model"
            )
        ends.setdefault(number, "the family's prompt format")
    if not ends:
        raise InvalidCheckpoint(
            "no file of the checkpoint names an end token; eos_token in tokenizer_config.json or eos_token_id in "
            "config.json was expected, since answers would never end; add it from the model's card"
        )
    return ends


def special_texts(checkpoint: Checkpoint, settings: Mapping[str, Any]) -> Iterator[str]:
    """Texts that either settings file calls special."""
    for values in (settings, checkpoint.json("special_tokens_map.json") or {}):
        further = values.get("additional_special_tokens")
        further = further if isinstance(further, list) else []
        for value in [*further, *(values.get(f"{role}_token") for role in ROLES)]:
            text = _content(value)
            if text is not None:
                yield text


def _content(value: Any) -> str | None:
    """A token as the settings files spell it: a text, or an object with `content`."""
    text = value.get("content") if isinstance(value, dict) else value
    return text if isinstance(text, str) else None


def _added(item: Any) -> AddedToken:
    flags = ("special", "lstrip", "rstrip", "normalized", "single_word")
    return AddedToken(_text(item["content"]), **{flag: bool(item.get(flag, False)) for flag in flags})


def _text(text: Any) -> str:
    if not isinstance(text, str) or not text or len(text) > _MAX_TEXT:
        raise ValueError(f"{text!r:.60} is no text of a token")
    return text


def _number(number: Any) -> int:
    if type(number) is not int:
        raise ValueError(f"{number!r:.60} is no id")
    return number


def _unreadable(error: Exception) -> InvalidCheckpoint:
    return InvalidCheckpoint(f"the added tokens cannot be read ({error!r}); restore the tokenizer files")


def _contradiction(number: int, text: str, file: str, other: str, other_file: str) -> InvalidCheckpoint:
    return InvalidCheckpoint(
        f"token {number} is {text!r} in {file} and {other!r} in {other_file}; the same was expected; "
        "download both files again"
    )

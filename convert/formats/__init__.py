"""Prompt formats as Jinja templates, one file each, and the signs by which a checkpoint without one shows its own.

The formats are facts of the models they are named after: what stands around each message, as they were trained.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files

from convert.tokenizer.entries import Kind, Vocabulary


@dataclass(frozen=True, slots=True)
class Format:
    """A prompt format: the control texts it is made of, and how to recognise a checkpoint that was trained on it."""

    name: str
    tokens: tuple[str, ...] = ()
    """Texts that must be tokens for the format to mean anything."""
    named: tuple[str, ...] = ()
    """Words of which the model's name must have one for the format to be assumed."""
    instructed: bool = False
    """The name must also say that the model was trained on conversations: a base model has the tokens too."""
    classes: tuple[str, ...] = ()
    """Values of `architectures` that it is confined to."""


_CHAT_WORDS = ("chat", "instruct", "it", "assistant", "character")
_BAICHUAN = ("BaichuanForCausalLM", "BaiChuanForCausalLM")
_BASE_WORDS = frozenset({"base", "pretrain", "pretrained", "pure"})
"""Whole words of a name."""

FORMATS = (
    # the likeliest to be meant first
    Format("index", ("reserved_0", "reserved_1"), ("chat", "character", "32k"), classes=("IndexForCausalLM",)),
    Format("baichuan2", ("<reserved_106>", "<reserved_107>"), instructed=True, classes=_BAICHUAN),
    Format("firefly-v2", named=("firefly-2b6-v2", "firefly-1b4-v2"), classes=("BloomForCausalLM",)),
    Format("firefly", named=("firefly",), classes=("BloomForCausalLM",)),
    Format("ziya", ("<human>", "<bot>")),
    Format("sus", named=("sus-chat",)),
    Format("llama3", ("<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"), instructed=True),
    Format("chatml", ("<|im_start|>", "<|im_end|>"), instructed=True),
    Format("gemma", ("<start_of_turn>", "<end_of_turn>"), instructed=True),
    Format("phi3", ("<|user|>", "<|assistant|>", "<|end|>"), instructed=True),
    Format("llama2", named=("llama-2", "llama2"), instructed=True),
    Format("mistral", named=("mistral", "mixtral"), instructed=True),
    Format("zephyr", named=("zephyr",)),
    Format("vicuna", named=("vicuna",)),
    Format("alpaca", named=("alpaca",)),
)

NAMES = tuple(sorted(known.name for known in FORMATS))


def format_text(name: str) -> str:
    """The Jinja text of a format."""
    return (files("convert.formats") / f"{name}.jinja").read_text(encoding="utf-8").strip()


def missing_tokens(name: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Control texts of the format that are no tokens of their own in this vocabulary."""
    known = next(known for known in FORMATS if known.name == name)
    texts = _marks(vocabulary)
    return tuple(text for text in known.tokens if text not in texts)


def recognise(names: Iterable[str], classes: Iterable[str], vocabulary: Vocabulary) -> tuple[str, str] | None:
    """The format of a checkpoint that carries none, and the signs; None where they are thin.

    `names`: what the model is called. `classes`: `architectures` of config.json. A model that calls itself a base model
    is never dressed in a chat format.
    """
    called = " ".join(names).lower().replace("_", "-")
    if not _BASE_WORDS.isdisjoint(_words(called)):
        return None
    texts = _marks(vocabulary)
    return next(
        ((known.name, _signs(known, called)) for known in FORMATS if _fits(known, called, frozenset(classes), texts)),
        None,
    )


def _marks(vocabulary: Vocabulary) -> frozenset[str]:
    """Texts that become one token wherever a template has them: ordinary pieces of that text do not."""
    kinds = (Kind.CONTROL, Kind.USER_DEFINED)
    return frozenset(text for text, kind in zip(vocabulary.tokens, vocabulary.kinds, strict=True) if kind in kinds)


def _words(called: str) -> frozenset[str]:
    return frozenset(re.split(r"[^a-z0-9]+", called))


def _fits(known: Format, called: str, classes: frozenset[str], texts: frozenset[str]) -> bool:
    return (
        texts.issuperset(known.tokens)
        and (not known.named or any(word in called for word in known.named))
        and (not known.instructed or not _words(called).isdisjoint(_CHAT_WORDS))
        and (not known.classes or not classes.isdisjoint(known.classes))
    )


def _signs(known: Format, called: str) -> str:
    """What it was recognised by, in words."""
    words = [word for word in known.named if word in called]
    words += [word for word in _CHAT_WORDS if known.instructed and word in _words(called)]
    signs = [f"the name's {word!r}" for word in words[:2]]
    if known.tokens:
        signs.append(f"the tokens {' and '.join(known.tokens[:2])}")
    return " and ".join(signs)


MARKS: Mapping[str, str] = {
    # text that only this format's template contains -> its name
    "<|start_header_id|>": "llama3",
    "<|im_start|>": "chatml",
    "<start_of_turn>": "gemma",
    "reserved_0": "index",
    "<human>": "ziya",
    "<reserved_106>": "baichuan2",
    "### Human:": "sus",
    "<<SYS>>": "llama2",
    "[INST]": "mistral",
    "### Instruction:": "alpaca",
}

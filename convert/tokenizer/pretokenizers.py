"""How text is cut before byte-pair merges: what tokenizer.json says, and llama.cpp's names for it (data).

llama.cpp has no general form for these rules, only names with built-in behaviour. A known form gives a first guess; the
behaviour decides (`tokens.py` compares ids), so an unknown form can still be found among the names, and a known one
that behaves otherwise is refused.
"""

from collections.abc import Mapping
from typing import Any

from convert.errors import UnsupportedTokenizer

_LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)

QWEN2 = _LLAMA3.replace("{1,3}", "")
"""Qwen2's, which transformers has in code for checkpoints without tokenizer.json."""

_UPPER, _LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
_TEKKEN = (
    rf"[^\r\n\p{{L}}\p{{N}}]?{_UPPER}*{_LOWER}+|[^\r\n\p{{L}}\p{{N}}]?{_UPPER}+{_LOWER}*"
    r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_ENDINGS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
_O200K = (
    rf"[^\r\n\p{{L}}\p{{N}}]?{_UPPER}*{_LOWER}+{_ENDINGS}|[^\r\n\p{{L}}\p{{N}}]?{_UPPER}+{_LOWER}*{_ENDINGS}"
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)

_FORMS: Mapping[tuple[str, ...], tuple[str, ...]] = {
    # a published form: the names that may fit, some of which differ in what `ignore_merges` is
    ("bytes with gpt2 words",): ("gpt-2",),
    ("digits one by one", "bytes with gpt2 words"): ("smollm",),
    (f"split isolated {_LLAMA3}", "bytes"): ("llama-bpe", "dbrx", "glm4"),
    (f"split isolated {QWEN2}", "bytes"): ("qwen2",),
    (f"split isolated {_O200K}", "bytes"): ("gpt-4o", "granite-embed-multi-97m"),
    (f"split isolated {_TEKKEN}", "bytes"): ("tekken",),
    (r"split isolated  ?[^(\s|[.,!?…。，、।۔،])]+", "bytes"): ("bloom",),
}

NAMES = (
    "gpt-2", "smollm", "llama-bpe", "qwen2", "dbrx", "glm4", "gpt-4o", "tekken", "bloom", "deepseek-llm",
    "deepseek-coder", "deepseek-v3", "falcon", "viking", "chameleon", "bailingmoe", "seed-coder", "qwen35", "youtu",
    "superbpe", "kimi-k2", "afmoe", "jais-2", "exaone-moe", "laguna", "ufakzeka", "spark2_5", "minicpm5", "tiny_aya",
    "granite-embed-multi-97m", "default",
)  # fmt: skip
"""One name for each way of cutting that llama.cpp has. Further names mean the same: mpt, olmo and jais what gpt-2 does;
starcoder, refact, command-r, exaone what smollm does; stablelm2, hunyuan, grok-2 what qwen2 does; and so on."""


def likely_names(pre_tokenizer: Any) -> tuple[str, ...]:
    """llama.cpp's names for the `pre_tokenizer` object of tokenizer.json, where its form is a known one."""
    return _FORMS.get(form(pre_tokenizer), ())


def is_byte_level(tokenizer: Mapping[str, Any]) -> bool:
    """A step of the `pre_tokenizer` turns texts into letters for bytes."""
    return any(step.get("type") == "ByteLevel" for step in _flat(tokenizer.get("pre_tokenizer")))


def form(pre_tokenizer: Any) -> tuple[str, ...]:
    """The steps in words. Raises UnsupportedTokenizer where the text is not cut into bytes at the end."""
    steps = tuple(_step(step) for step in _flat(pre_tokenizer))
    if not steps or not any(step.startswith("bytes") for step in steps):
        raise UnsupportedTokenizer(
            f"the pre-tokenizer of tokenizer.json is {' + '.join(steps) or 'missing'}; a byte-level one was expected"
        )
    return steps


def _flat(pre_tokenizer: Any) -> list[dict[str, Any]]:
    if not isinstance(pre_tokenizer, dict):
        return []
    if pre_tokenizer.get("type") == "Sequence":
        parts = pre_tokenizer.get("pretokenizers")
        return [step for part in (parts if isinstance(parts, list) else []) for step in _flat(part)]
    return [pre_tokenizer]


def _step(step: dict[str, Any]) -> str:
    match step:
        case {"type": "ByteLevel", "add_prefix_space": True}:
            return "bytes after an added space"
        case {"type": "ByteLevel", "use_regex": False}:
            return "bytes"
        case {"type": "ByteLevel"}:
            return "bytes with gpt2 words"
        case {"type": "Digits", "individual_digits": True}:
            return "digits one by one"
        case {"type": "Digits"}:
            return "digits"
        case {"type": "Split", "pattern": {"Regex": pattern}, "behavior": behavior}:
            return f"split {str(behavior).lower()}{' inverted' if step.get('invert') else ''} {pattern}"
        case _:
            return str(step.get("type"))

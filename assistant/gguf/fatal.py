"""What llama.cpp ends its whole process over, where a header that is sound in itself holds it: found before it does.

Only that: what llama.cpp refuses with words of its own (missing keys and tensors, wrong shapes, unknown tokenizers) is
left to it. Sources: the assertions of llama.cpp's `llama_model_base::load_hparams`, `llama_vocab::impl::load`, its SPM
tokenizer (`byte_to_token`), and of ggml's operations on the processor.
"""

from collections.abc import Iterator, Mapping, Sequence

from assistant.gguf.header import TensorInfo, Value

TOKENS = "tokenizer.ggml.tokens"
_MAX_LAYERS = 512
_MAX_EXPERTS = 1024
_MAX_VOCABULARY = 1 << 24
"""Files without tokens only state the size of their vocabulary, and llama.cpp makes room for it unasked."""
_SCALINGS = ("none", "linear", "yarn", "longrope")
_EPSILONS = ("layer_norm_epsilon", "layer_norm_rms_epsilon", "group_norm_epsilon")
_PLAIN = ("norm.weight", ".bias", "rope_freqs.weight", "rope_factors_long.weight", "rope_factors_short.weight")
"""Ends of the names of tensors that, as rows, llama.cpp computes with as they are."""
_FEW_EXPERTS_ARE_NONE = ("hunyuan-vl", "hunyuan-dense")

Fault = tuple[str, str]
"""What was found, and what was expected."""


def faults(metadata: Mapping[str, Value], tensors: Sequence[TensorInfo]) -> Iterator[Fault]:
    """What would end llama.cpp, in the words of a refusal."""
    of = f"{metadata.get('general.architecture')}."
    layers = _number(metadata, f"{of}block_count")
    if layers is not None and not 0 < layers <= _MAX_LAYERS:
        yield f"claims {layers} layers", f"from 1 to {_MAX_LAYERS}"
    ahead = _number(metadata, f"{of}nextn_predict_layers")
    if layers is not None and ahead is not None and ahead > layers:
        yield f"claims {ahead} of {layers} layers for words further on", f"at most {layers}"
    yield from _experts(metadata, of)
    scaling = metadata.get(f"{of}rope.scaling.type", "none")
    if isinstance(scaling, str) and scaling not in _SCALINGS:
        yield f"scales its RoPE by {scaling[:40]!r}", " or ".join(_SCALINGS)
    for name in _EPSILONS:
        value = metadata.get(f"{of}attention.{name}", 0.0)
        if isinstance(value, float) and not value >= 0:  # not a number either
            yield f"gives its norms the epsilon {value}", "0 or more"
    size = _number(metadata, f"{of}vocab_size")
    if size is not None and size > _MAX_VOCABULARY:
        yield f"claims a vocabulary of {size} tokens", f"at most {_MAX_VOCABULARY}"
    for tensor in tensors:
        row = sum(length > 1 for length in tensor.shape) <= 1
        if row and tensor.name.endswith(_PLAIN) and tensor.type_name != "F32":
            yield f"keeps {tensor.name!r} in {tensor.type_name}", "F32"


def token_faults(tokens: Sequence[bytes], tokenizer: Value | None) -> Iterator[Fault]:
    """The same of a vocabulary, its texts as the bytes they are; `tokenizer` is its kind."""
    # llama.cpp's texts end at a zero byte, and empty ones get a name.
    seen = {token.partition(b"\0")[0] or b"[EMPTY_%d]" % index for index, token in enumerate(tokens)}
    if len(seen) < len(tokens):
        yield f"has {len(tokens) - len(seen)} tokens of one text with others", "a text of its own for each"
    if tokenizer == "llama" and tokens:
        lacking = sum(b"<0x%02X>" % byte not in seen and bytes([byte]) not in seen for byte in range(256))
        if lacking:  # the first text with such a byte ends the process
            yield f"lacks {lacking} of the 256 pieces for single bytes", "all of them"


def _experts(metadata: Mapping[str, Value], of: str) -> Iterator[Fault]:
    count = _number(metadata, f"{of}expert_count") or 0
    if count <= 1 and of.removesuffix(".") in _FEW_EXPERTS_ARE_NONE:
        return
    used = metadata.get(f"{of}expert_used_count", 0)
    most = max(
        (number for number in (used if isinstance(used, tuple) else (used,)) if isinstance(number, int)), default=0
    )
    groups = _number(metadata, f"{of}expert_group_count") or 0
    taken = _number(metadata, f"{of}expert_group_used_count") or 0
    if count > _MAX_EXPERTS:
        yield f"claims {count} experts", f"at most {_MAX_EXPERTS}"
    elif most > count or (count and most <= 0):
        yield f"uses {most} of {count} experts", "from 1 to all" if count else "none"
    elif groups > max(count - 1, 0) or (groups > 1 and (count % groups or not 0 < taken < groups)):
        yield f"puts {count} experts into {groups} groups and uses {taken}", "groups of equal size, and fewer in use"


def _number(metadata: Mapping[str, Value], key: str) -> int | None:
    value = metadata.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else None

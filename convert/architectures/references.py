"""What the families that transformers does not carry share in their references: Llama's configuration, NormHead, ALiBi.

The config is read here a second time, on purpose without the reader that the conversion uses.
"""

from collections.abc import Mapping
from typing import Any

_KEYS = (
    "vocab_size",
    "hidden_size",
    "intermediate_size",
    "num_hidden_layers",
    "num_attention_heads",
    "num_key_value_heads",
    "max_position_embeddings",
    "tie_word_embeddings",
    "attention_bias",
)


def llama_config(
    config: Mapping[str, Any], *, base: float = 10000.0, norm_epsilon: float = 1e-6, tied: bool = False
) -> dict[str, Any]:
    """Keyword arguments of transformers' LlamaConfig; the keywords are the family's own defaults."""
    values = {key: config[key] for key in _KEYS if config.get(key) is not None}
    parameters = config.get("rope_parameters") or config.get("rope_scaling") or {}
    rope = {
        "rope_type": parameters.get("rope_type", parameters.get("type", "default")),
        "rope_theta": rope_base(config, base),
        **{key: value for key, value in parameters.items() if key not in {"type", "rope_type", "rope_theta"}},
    }
    return {
        "tie_word_embeddings": tied,
        "rms_norm_eps": config.get("rms_norm_eps") or norm_epsilon,
        **values,
        "rope_parameters": rope,
    }


def rope_base(config: Mapping[str, Any], default: float) -> float:
    """The stated base, and `rope_ratio` times 10000 where that is more: the ratio may be in the base already."""
    parameters = config.get("rope_parameters") or {}
    stated = parameters.get("rope_theta") or config.get("rope_theta") or config.get("rotary_emb_base") or default
    return float(max(stated, 10000.0 * (config.get("rope_ratio") or 0)))


def with_unit_rows(model: Any) -> None:
    """Divide each row of a torch model's output head by its length, as NormHead does before its first use."""
    rows = model.lm_head.weight.data
    rows.div_(rows.norm(dim=-1, keepdim=True).clamp_min(1e-12))


def with_alibi(model: Any, heads: int) -> None:
    """Take RoPE from a torch model of Llama and lower each score by its head's slope times the distance.

    Slopes as in https://arxiv.org/abs/2108.12409: for a power of two heads 2^(-8/heads) and its powers, for others
    those of the next smaller power of two, then every second one of the next greater. For whole texts only.
    """
    power = 2 ** (heads.bit_length() - 1)
    slopes = [2 ** (-8 * (head + 1) / power) for head in range(power)]
    slopes += [2 ** (-4 * (2 * head + 1) / power) for head in range(heads - power)]
    kind = model.lm_head.weight.data

    def unturned(_module: Any, _args: Any, output: Any) -> Any:
        cosines, sines = output
        return cosines * 0 + 1, sines * 0

    def sloped(_module: Any, args: Any, words: dict[str, Any]) -> Any:
        ids = args[0] if args else words["input_ids"]
        places = kind.new_tensor(range(ids.shape[-1]))
        ahead = places[None, :] - places[:, None]
        scores = kind.new_tensor(slopes)[:, None, None] * ahead
        words["attention_mask"] = scores.masked_fill(ahead > 0, float("-inf"))[None]
        return args, words

    model.model.rotary_emb.register_forward_hook(unturned)
    model.model.register_forward_pre_hook(sloped, with_kwargs=True)

"""config.json as a thing that remembers what was asked of it, so that no key that changes the maths goes unread.

`integer`, `number`, `flag` and `value` mark a key as read; `finish` refuses what nobody read but would change the
result. Knows nothing of families: each asks for what it handles.
"""

from collections.abc import Mapping
from typing import Any

from convert.choices import Choices
from convert.errors import InvalidCheckpoint, UnsupportedArchitecture

_REQUIRED = object()
_NO_CHOICES = Choices()

MAX_NUMBER = 1e38
"""Numbers are written as float32; what it cannot hold is a damaged file."""

CHANGES_THE_MATHS: Mapping[str, tuple[Any, ...]] = {
    # key -> the values with which it changes nothing. Taken from the configuration classes of transformers and from
    # the custom code that the families' own repositories ship.
    "alibi": (False,),
    "attention_bias": (False,),
    "attention_multiplier": (),
    "attention_out_bias": (False,),
    "attn_logit_softcapping": (None,),
    "attn_output_bias": (False,),
    "bias": (False,),
    "clip_qkv": (None,),
    "embedding_multiplier": (1, 1.0),
    "embedding_multiplier_scale": (None, 1, 1.0),
    "final_logit_softcapping": (None,),
    "full_attention_interval": (None,),
    "hidden_act": ("silu",),
    "hidden_activation": (None, "silu"),
    "layer_types": (),
    "logit_scale": (None, 1, 1.0),
    "logits_scaling": (1, 1.0),
    "max_window_layers": (),
    "mlp_bias": (False,),
    "moe_intermediate_size": (None,),
    "no_bias": (True,),
    "no_rope_layer_interval": (None, 0),
    "no_rope_layers": (None, []),
    "norm_head": (None, False, 0),
    "num_experts": (None, 0),
    "num_local_experts": (None, 0),
    "parallel_attn": (False,),
    "partial_rotary_factor": (None, 1, 1.0),
    "qk_layernorm": (False,),
    "qk_norm": (None, False),
    "qkv_bias": (False,),
    "query_pre_attn_scalar": (),
    "quantization_config": (None,),
    "residual_multiplier": (1, 1.0),
    "residual_multiplier_scale": (None, 1, 1.0),
    "rope_local_base_freq": (None,),
    "rope_percent": (None, 1, 1.0),
    "rope_pct": (None, 1, 1.0),
    "rope_ratio": (None, 1, 1.0),
    "rotary_emb_base": (None,),
    "rotary_pct": (None, 1, 1.0),
    "scale_depth": (None,),
    "scale_emb": (None, 1, 1.0),
    "sliding_window": (None,),
    "use_bias": (False,),
    "use_cross_attention": (False,),
    "use_mrope": (False,),
    "use_qk_norm": (False,),
    "use_qkv_bias": (False,),
    "use_sliding_window": (False,),
}

KNOWN_HARMLESS = frozenset(
    {
        # training, bookkeeping and generation: nothing here reaches the forward pass of inference
        "_from_model_config",
        "_attn_implementation",
        "_attn_implementation_autoset",
        "_name_or_path",
        "_model_name_or_path",
        "architectures",
        "attention_dropout",
        "auto_map",
        "bos_token_id",
        "dtype",
        "eos_token_id",
        "hidden_dropout",
        "initializer_range",
        "is_decoder",
        "model_type",
        "output_attentions",
        "output_hidden_states",
        "pad_token_id",
        "pretraining_tp",
        "resid_pdrop",
        "return_dict",
        "torch_dtype",
        "transformers_version",
        "unk_token_id",
        "use_cache",
    }
)


class Config:
    """Reads values of one JSON object by key and remembers which keys were asked for."""

    def __init__(self, values: Mapping[str, Any], choices: Choices = _NO_CHOICES, file: str = "config.json") -> None:
        self._values = values
        self.choices = choices
        self._file = file
        self._read: set[str] = set()

    def has(self, key: str) -> bool:
        """The key is there and its value is not null. Marks it as read."""
        return self.value(key) is not None

    def value(self, key: str) -> Any:
        """The raw value; None where the key is absent."""
        self._read.add(key)
        return self._values.get(key)

    def integer(self, key: str, default: Any = _REQUIRED) -> int:
        """A positive integer. Raises InvalidCheckpoint where it is anything else, or absent without a default."""
        value = self._get(key, default, "a positive integer")
        if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**31:
            raise self._wrong(key, value, "a positive integer")
        return value

    def number(self, key: str, default: Any = _REQUIRED) -> float:
        """A positive finite number. Raises InvalidCheckpoint as `integer` does."""
        value = self._get(key, default, "a positive number")
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < MAX_NUMBER:
            raise self._wrong(key, value, "a positive number")
        return float(value)

    def flag(self, key: str, default: Any = _REQUIRED) -> bool:
        """True or false. Raises InvalidCheckpoint as `integer` does."""
        value = self._get(key, default, "true or false")
        if not isinstance(value, bool):
            raise self._wrong(key, value, "true or false")
        return value

    def finish(self) -> tuple[str, ...]:
        """Refuse keys nobody read that would change the maths; give the remaining unread ones, sorted.

        Raises UnsupportedArchitecture naming the key, its value and the values that would be harmless.
        """
        unread = sorted(set(self._values) - self._read)
        for key in unread:
            if key in CHANGES_THE_MATHS and not any(
                type(self._values[key]) is type(harmless) and self._values[key] == harmless
                for harmless in CHANGES_THE_MATHS[key]
            ):
                allowed = " or ".join(repr(value) for value in CHANGES_THE_MATHS[key]) or "the key to be absent"
                raise UnsupportedArchitecture(
                    f"{key} is {self._values[key]!r} in {self._file}, which changes the model's maths; "
                    f"this family is converted with {allowed}; no file was written because it would be wrong"
                )
        return tuple(key for key in unread if key not in KNOWN_HARMLESS and key not in CHANGES_THE_MATHS)

    def _get(self, key: str, default: Any, expected: str) -> Any:
        value = self.value(key)
        if value is None:
            if default is _REQUIRED:
                raise InvalidCheckpoint(
                    f"{key} is missing in {self._file}; {expected} was expected; take it from the model's author"
                )
            return default
        return value

    def _wrong(self, key: str, value: Any, expected: str) -> InvalidCheckpoint:
        return InvalidCheckpoint(f"{key} is {value!r} in {self._file}; {expected} was expected; restore the file")

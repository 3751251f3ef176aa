"""config.json as a thing that remembers what was asked of it, so that no key that changes the maths goes unread.

`integer`, `number`, `flag` and `value` mark a key as read; `finish` refuses what nobody read but would change the
result. Knows nothing of families: each asks for what it handles.
"""

from collections.abc import Callable, Mapping
from typing import Any

from convert.choices import Choices
from convert.errors import InvalidCheckpoint, UnsupportedArchitecture

_REQUIRED = object()
_NO_CHOICES = Choices()


def _nothing(_file: str) -> None:
    """No other files."""


MAX_NUMBER = 1e38
"""Numbers are written as float32; what it cannot hold is a damaged file."""
MIN_NUMBER = 1e-37
"""Below it float32 has nothing but 0, with which llama.cpp takes a factor for absent."""

MAX_LAYERS, MAX_EXPERTS = 512, 1024
"""What llama.cpp has room for (src/llama-hparams.h); more would end the process that loads the file."""

CHANGES_THE_MATHS: Mapping[str, tuple[Any, ...]] = {
    # key -> the values with which it changes nothing. Taken from the configuration classes of transformers and from
    # the custom code that the families' own repositories ship.
    "activation_function": (),
    "add_bias_linear": (False,),
    "add_cross_attention": (False,),
    "add_qkv_bias": (False,),
    "alibi": (False,),
    "apply_residual_connection_post_layernorm": (False,),
    "attention_bias": (False,),
    "attention_multiplier": (),
    "attention_out_bias": (False,),
    "attn_logit_softcapping": (None,),
    "attn_output_bias": (False,),
    "bias": (False,),
    "clip_qkv": (None,),
    "decoder_sparse_step": (1,),
    "embedding_multiplier": (1, 1.0),
    "embedding_multiplier_scale": (None, 1, 1.0),
    "final_logit_softcapping": (None,),
    "full_attention_interval": (None,),
    "hidden_act": ("silu",),
    "hidden_activation": (None, "silu"),
    "interleaved_qkv": (False,),
    "layer_types": (),
    "lm_head_bias": (None, False),
    "logit_scale": (None, 1, 1.0),
    "logits_scaling": (1, 1.0),
    "max_window_layers": (),
    "mlp_bias": (False,),
    "mlp_only_layers": (None, []),
    "moe_intermediate_size": (None,),
    "n_inner": (None,),
    "no_bias": (True,),
    "no_rope_layer_interval": (None, 0),
    "no_rope_layers": (None, []),
    "norm_head": (None, False, 0),
    "norm_topk_prob": (),
    "num_experts": (None, 0),
    "num_local_experts": (None, 0),
    "parallel_attn": (False,),
    "partial_rotary_factor": (None, 1, 1.0),
    "post_layer_norm": (True,),
    "pre_seq_len": (None,),
    "qk_layernorm": (False,),
    "qk_norm": (None, False),
    "qkv_bias": (False,),
    "quantization_bit": (None, 0),
    "quantization_config": (None,),
    "query_pre_attn_scalar": (),
    "residual_multiplier": (1, 1.0),
    "residual_multiplier_scale": (None, 1, 1.0),
    "rmsnorm": (True,),
    "rope_local_base_freq": (None,),
    "rope_pct": (None, 1, 1.0),
    "rope_percent": (None, 1, 1.0),
    "rope_ratio": (None, 1, 1.0),
    "rotary_emb_base": (None,),
    "rotary_pct": (None, 1, 1.0),
    "scale_attn_by_inverse_layer_idx": (False,),
    "scale_attn_weights": (True,),
    "scale_depth": (None,),
    "scale_emb": (None, 1, 1.0),
    "sliding_window": (None,),
    "sliding_window_pattern": (None,),
    "sparse_config": (None,),
    "use_bias": (False,),
    "use_bidirectional_attention": (None, False),
    "use_cross_attention": (False,),
    "use_mrope": (False,),
    "use_parallel_residual": (False,),
    "use_qk_norm": (False,),
    "use_qkv_bias": (False,),
    "use_sliding_window": (False,),
}

KNOWN_HARMLESS = frozenset(
    {
        # training, bookkeeping and generation: nothing here reaches the forward pass of inference
        "_attn_implementation",
        "_attn_implementation_autoset",
        "_from_model_config",
        "_model_name_or_path",
        "_name_or_path",
        "architectures",
        "attention_dropout",
        "attention_probs_dropout_prob",
        "attention_softmax_in_fp32",
        "attn_pdrop",
        "attn_implementation",
        "auto_map",
        "bias_dropout_fusion",
        "bos_token_id",
        "cache_implementation",
        "classifier_dropout",
        "dtype",
        "embd_pdrop",
        "eos_token_id",
        "fp32_residual_connection",
        "gradient_checkpointing",
        "hidden_dropout",
        "hidden_dropout_prob",
        "id2label",
        "initializer_range",
        "is_decoder",
        "label2id",
        "masked_softmax_fusion",
        "model_type",
        "mup_denominator",
        "offset_alibi",
        "output_attentions",
        "output_hidden_states",
        "output_router_logits",
        "pad_token_id",
        "pretraining_tp",
        "reorder_and_upcast_attn",
        "resid_pdrop",
        "return_dict",
        "router_aux_loss_coef",
        "router_jitter_noise",
        "skip_bias_add",
        "skip_bias_add_qkv",
        "slow_but_exact",
        "summary_activation",
        "summary_first_dropout",
        "summary_proj_to_labels",
        "summary_type",
        "summary_use_proj",
        "task_specific_params",
        "torch_dtype",
        "transformers_version",
        "unk_token_id",
        "use_cache",
        "z_loss_weight",
    }
)


class Config:
    """Reads values of one JSON object by key and remembers which keys were asked for."""

    def __init__(
        self,
        values: Mapping[str, Any],
        choices: Choices = _NO_CHOICES,
        file: str = "config.json",
        beside: Callable[[str], str | None] = _nothing,
    ) -> None:
        """`beside` gives the text of another file of the folder, None where there is none."""
        self._values = values
        self.choices = choices
        self.beside = beside
        self._file = file
        self._read: set[str] = set()

    def has(self, key: str) -> bool:
        """The key is there and its value is not null. Marks it as read."""
        return self.value(key) is not None

    def peek(self, key: str) -> Any:
        """The raw value, without taking it as understood."""
        return self._values.get(key)

    def value(self, key: str) -> Any:
        """The raw value; None where the key is absent."""
        self._read.add(key)
        return self._values.get(key)

    def states(self, key: str) -> bool:
        """The key is there, even as null, which some classes tell from an absent one. Marks it as read."""
        self._read.add(key)
        return key in self._values

    def spelled(self, *keys: str) -> str:
        """The first of several spellings of one key that is there; the first of all where none is."""
        return next((key for key in keys if self.has(key)), keys[0])

    def integer(self, key: str, default: Any = _REQUIRED) -> int:
        """A positive integer. Raises InvalidCheckpoint where it is anything else, or absent without a default."""
        value = self._get(key, default, "a positive integer")
        if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**31:
            raise self._wrong(key, value, "a positive integer")
        return value

    def layers(self, *keys: str) -> int:
        """The number of layers, by the first of these spellings. Raises UnsupportedArchitecture for too many."""
        return self._room(keys, MAX_LAYERS, _REQUIRED, "layers")

    def experts(self, *keys: str, default: Any = _REQUIRED) -> int:
        """The number of experts in a layer, as `layers`."""
        return self._room(keys, MAX_EXPERTS, default, "experts")

    def number(self, key: str, default: Any = _REQUIRED) -> float:
        """A positive finite number. Raises InvalidCheckpoint as `integer` does."""
        value = self._get(key, default, "a positive number")
        if isinstance(value, bool) or not isinstance(value, int | float) or not MIN_NUMBER < value < MAX_NUMBER:
            raise self._wrong(key, value, "a positive number")
        return float(value)

    def flag(self, key: str, default: Any = _REQUIRED) -> bool:
        """True or false. Raises InvalidCheckpoint as `integer` does."""
        value = self._get(key, default, "true or false")
        if not isinstance(value, bool):
            raise self._wrong(key, value, "true or false")
        return value

    def only(self, key: str, *allowed: Any, default: Any) -> Any:
        """A value that must be one of `allowed`; `default` where it is absent or null. Raises UnsupportedArchitecture.

        For what the family's graph has in these forms only.
        """
        value = self.value(key)
        value = default if value is None else value
        if not _is_among(value, allowed):
            raise self._changes(key, value, allowed)
        return value

    def finish(self) -> tuple[str, ...]:
        """Refuse keys nobody read that would change the maths; give the remaining unread ones, sorted.

        Raises UnsupportedArchitecture naming the key, its value and the values that would be harmless.
        """
        unread = sorted(set(self._values) - self._read)
        for key in unread:
            harmless = CHANGES_THE_MATHS.get(key)
            if harmless is not None and not _is_among(self._values[key], harmless):
                raise self._changes(key, self._values[key], harmless)
        return tuple(key for key in unread if key not in KNOWN_HARMLESS and key not in CHANGES_THE_MATHS)

    def _room(self, keys: tuple[str, ...], most: int, default: Any, what: str) -> int:
        key = self.spelled(*keys)
        count = self.integer(key, default)
        if count > most:
            raise UnsupportedArchitecture(
                f"{key} is {count} in {self._file}; {most} at most was expected: llama.cpp has no room for more {what}"
            )
        return count

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

    def _changes(self, key: str, value: Any, allowed: tuple[Any, ...]) -> UnsupportedArchitecture:
        known = " or ".join(repr(item) for item in allowed) or "the key to be absent"
        return UnsupportedArchitecture(
            f"{key} is {value!r} in {self._file}, which changes the model's maths; "
            f"this family is converted with {known}; no file was written because it would be wrong"
        )


def _is_among(value: Any, allowed: tuple[Any, ...]) -> bool:
    """Equal to one of them and of its type: 1 is not True."""
    return any(type(value) is type(item) and value == item for item in allowed)

"""ChatGLM2, ChatGLM3 and GLM-4-9B in the layout of their own code: GLM under other names, query, key and value in one
projection, which llama.cpp takes as it is.

`rope_ratio` is a trap: the 32K model of ChatGLM2 divides positions by it, all later ones multiply the RoPE base. Where
it is small enough to be either, or the files speak of ChatGLM2, the conversion asks for an option instead.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from convert.architectures.blocks import untied, with_attention_bias
from convert.architectures.keys import check_square
from convert.architectures.llama import metadata
from convert.config import Config
from convert.errors import UnsupportedArchitecture, UnsupportedRope
from convert.hyperparameters import Hyperparameters
from convert.reference import Reference
from convert.rope import Graph, read_rope
from convert.spec import Architecture, Tensor
from convert.weights.stored import Array

_LAYER = "transformer.encoder.layers.{i}"
_SMALLEST_FACTOR = 10.0
"""ChatGLM3-32K multiplies by 50, the later ones by 500 and more; ChatGLM2-32K divides by a few."""


def whole_name(name: str) -> str:
    """A tensor's name in a model with a head."""
    return name if name.startswith("transformer.") else f"transformer.{name}"


def check_ratio(config: Config) -> None:
    """Raises UnsupportedRope where `rope_ratio` may mean either of two things and no option decides."""
    ratio = config.value("rope_ratio")
    if ratio in (None, 1) or config.choices.rope_base is not None or config.choices.rope_scaling is not None:
        return
    second = "chatglm2" in str(config.value("_name_or_path")).lower()
    if second or (isinstance(ratio, int | float) and ratio < _SMALLEST_FACTOR):
        raise UnsupportedRope(
            f"rope_ratio is {ratio!r} in config.json; ChatGLM2's 32K model divides positions by it and later models "
            f"multiply the RoPE base; choose by options: --rope-scaling linear:{ratio} --rope-base 10000, or "
            f"--rope-base with {ratio} times 10000"
        )


def hyperparameters(config: Config) -> Hyperparameters:
    """In ChatGLM's spelling, with the defaults of its own ChatGLMConfig. Raises UnsupportedArchitecture, and others."""
    if config.has("position_encoding_2d") or config.has("inner_hidden_size"):
        raise UnsupportedArchitecture(
            "config.json is the first ChatGLM's, with positions in two dimensions; ChatGLM2 or later was expected; "
            "llama.cpp has no graph for it"
        )
    config.only("multi_query_attention", True, default=False)
    config.only("rmsnorm", True, default=True)
    check_ratio(config)
    heads = config.integer("num_attention_heads")
    head_dim = config.integer("kv_channels", 128)
    rope = read_rope(
        config,
        head_dim=head_dim,
        default_base=10000.0,
        default_source="ChatGLM's own code",
        context_keys=("seq_length",),
        default_rotated=0.5,
        graph=Graph(partial=True),
        ratio=True,
    )
    hyper = Hyperparameters(
        layers=config.layers("num_layers", "num_hidden_layers"),
        hidden=config.integer("hidden_size"),
        feed_forward=config.integer("ffn_hidden_size"),
        heads=heads,
        kv_heads=config.integer("multi_query_group_num", 1),
        head_dim=head_dim,
        vocabulary=config.integer(config.spelled("padded_vocab_size", "vocab_size")),
        context=rope.context,
        norm_epsilon=config.number("layernorm_epsilon", 1e-5),
        tied=config.flag("tie_word_embeddings", default=False),
        attention_bias=config.flag("add_qkv_bias", default=False),
        mlp_bias=False,
        rope=rope,
    )
    check_square(hyper, "chatglm")
    return hyper


def reference_config(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """GlmConfig's spelling of the same numbers."""
    return {
        "vocab_size": config["padded_vocab_size"],
        "hidden_size": config["hidden_size"],
        "intermediate_size": config["ffn_hidden_size"],
        "num_hidden_layers": config.get("num_layers") or config["num_hidden_layers"],
        "num_attention_heads": config["num_attention_heads"],
        "num_key_value_heads": config["multi_query_group_num"],
        "head_dim": config["kv_channels"],
        "max_position_embeddings": config["seq_length"],
        "rms_norm_eps": config["layernorm_epsilon"],
        "attention_bias": config["add_qkv_bias"],
        "tie_word_embeddings": config.get("tie_word_embeddings", False),
        "pad_token_id": None,
        "rope_parameters": {
            "rope_type": "default",
            "rope_theta": 10000.0 * config.get("rope_ratio", 1),
            "partial_rotary_factor": 0.5,
        },
    }


def reference_weights(name: str, values: Array, config: Mapping[str, Any]) -> Iterable[tuple[str, Array]]:
    """One tensor under GLM's names; the fused projection in its three parts."""
    for old, new in (
        ("transformer.embedding.word_embeddings.", "model.embed_tokens."),
        ("transformer.encoder.final_layernorm.", "model.norm."),
        ("transformer.output_layer.", "lm_head."),
        ("transformer.encoder.", "model."),
        (".self_attention.dense.", ".self_attn.o_proj."),
        (".mlp.dense_h_to_4h.", ".mlp.gate_up_proj."),
        (".mlp.dense_4h_to_h.", ".mlp.down_proj."),
    ):
        name = name.replace(old, new)
    if "rotary_pos_emb" in name:
        return
    if ".query_key_value." not in name:
        yield name, values
        return
    queries = config["num_attention_heads"] * config["kv_channels"]
    keys = queries + config["multi_query_group_num"] * config["kv_channels"]
    for part, rows in (("q", values[:queries]), ("k", values[queries:keys]), ("v", values[keys:])):
        yield name.replace(".self_attention.query_key_value.", f".self_attn.{part}_proj."), rows


_QKV = f"{_LAYER}.self_attention.query_key_value"

CHATGLM = Architecture(
    name="chatglm",
    classes=("ChatGLMModel", "ChatGLMForConditionalGeneration"),
    tensors=(
        Tensor("token_embd.weight", "transformer.embedding.word_embeddings.weight", ("vocabulary", "hidden")),
        Tensor("output_norm.weight", "transformer.encoder.final_layernorm.weight", ("hidden",)),
        Tensor("output.weight", "transformer.output_layer.weight", ("vocabulary", "hidden"), when=untied),
        Tensor("blk.{i}.attn_norm.weight", f"{_LAYER}.input_layernorm.weight", ("hidden",)),
        Tensor("blk.{i}.attn_qkv.weight", f"{_QKV}.weight", ("qkv_width", "hidden")),
        Tensor("blk.{i}.attn_qkv.bias", f"{_QKV}.bias", ("qkv_width",), when=with_attention_bias),
        Tensor("blk.{i}.attn_output.weight", f"{_LAYER}.self_attention.dense.weight", ("hidden", "q_width")),
        Tensor("blk.{i}.ffn_norm.weight", f"{_LAYER}.post_attention_layernorm.weight", ("hidden",)),
        # gate rows first, then up rows, in the checkpoint as in the graph
        Tensor("blk.{i}.ffn_up.weight", f"{_LAYER}.mlp.dense_h_to_4h.weight", ("gate_up_width", "hidden")),
        Tensor("blk.{i}.ffn_down.weight", f"{_LAYER}.mlp.dense_4h_to_h.weight", ("hidden", "feed_forward")),
    ),
    hyperparameters=hyperparameters,
    metadata=metadata,
    ignored=("*.rotary_pos_emb.inv_freq",),
    whole_name=whole_name,
    tied_head="transformer.output_layer.weight",
    embedding="transformer.embedding.word_embeddings.weight",
    reference=Reference("GlmForCausalLM", reference_config, reference_weights),
)

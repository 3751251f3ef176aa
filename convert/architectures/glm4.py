"""GLM-4-0414 and GLM-Z1: GLM with norms before and after each part."""

from convert.architectures.blocks import FUSED_MLP, OUTER, PLAIN_ATTENTION, QKV_BIASES
from convert.architectures.glm import read_glm
from convert.architectures.llama import metadata
from convert.spec import Architecture, Tensor

_NORMS = tuple(
    Tensor(f"blk.{{i}}.{name}.weight", f"model.layers.{{i}}.{source}.weight", ("hidden",))
    for name, source in (
        ("attn_norm", "input_layernorm"),
        ("post_attention_norm", "post_self_attn_layernorm"),
        ("ffn_norm", "post_attention_layernorm"),
        ("post_ffw_norm", "post_mlp_layernorm"),
    )
)

GLM4 = Architecture(
    name="glm4",
    classes=("Glm4ForCausalLM",),
    tensors=(*OUTER, *_NORMS, *PLAIN_ATTENTION, *QKV_BIASES, *FUSED_MLP),
    hyperparameters=read_glm,
    metadata=metadata,
    ignored=("*.rotary_emb.inv_freq",),
    tied_head="lm_head.weight",
    embedding="model.embed_tokens.weight",
)

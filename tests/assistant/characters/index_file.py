"""A tiny random GGUF that says it is an Index-1.9B-Character, made by our converter, and its tokenizer."""

import json
from io import BytesIO
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from sentencepiece import SentencePieceProcessor, SentencePieceTrainer

from assistant.characters.wording import BLOCK
from tests.assistant.characters.support import CSV

_HIDDEN, _INNER, _HEADS = 64, 96, 4


def index_gguf(folder: Path, name: str = "Index-1.9B-Character") -> tuple[Path, SentencePieceProcessor]:
    """The file, and what says which ids its texts have; no dummy prefix, as in the published one."""
    from tests.support import converted_file

    source = folder / name
    source.mkdir()
    data = BytesIO()
    SentencePieceTrainer.train(
        sentence_iterator=iter([*(BLOCK["zh"] + CSV * 4).split("\n"), "A small light to read by."] * 4),
        model_writer=data,
        vocab_size=560,
        model_type="bpe",
        byte_fallback=True,
        add_dummy_prefix=False,
        remove_extra_whitespaces=False,
        normalization_rule_name="identity",
        control_symbols=["reserved_0", "reserved_1"],
        hard_vocab_limit=False,
        num_threads=1,
        minloglevel=2,
    )
    (source / "tokenizer.model").write_bytes(data.getvalue())
    processor = SentencePieceProcessor(model_proto=data.getvalue())
    rows = processor.vocab_size()
    random = np.random.default_rng(0)
    layer = "model.layers.0."
    shapes = {
        "model.embed_tokens.weight": (rows, _HIDDEN),
        "lm_head.weight": (rows, _HIDDEN),
        "model.norm.weight": (_HIDDEN,),
        **{f"{layer}self_attn.{part}_proj.weight": (_HIDDEN, _HIDDEN) for part in "qkvo"},
        **{f"{layer}mlp.{part}_proj.weight": (_INNER, _HIDDEN) for part in ("gate", "up")},
        f"{layer}mlp.down_proj.weight": (_HIDDEN, _INNER),
        **{f"{layer}{part}_layernorm.weight": (_HIDDEN,) for part in ("input", "post_attention")},
    }
    tensors = {key: random.normal(0, 0.1, shape).astype(np.float32) for key, shape in shapes.items()}
    save_file(tensors, source / "model.safetensors")
    config = {
        "architectures": ["IndexForCausalLM"], "model_type": "index", "norm_head": 1, "hidden_act": "silu",
        "hidden_size": _HIDDEN, "intermediate_size": _INNER, "num_attention_heads": _HEADS, "num_hidden_layers": 1,
        "num_key_value_heads": _HEADS, "rms_norm_eps": 1e-6, "rope_ratio": 1.0, "max_position_embeddings": 4096,
        "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0, "tie_word_embeddings": False, "vocab_size": rows,
    }  # fmt: skip
    (source / "config.json").write_text(json.dumps(config))
    settings = {"tokenizer_class": "IndexTokenizer", "add_bos_token": False, "add_eos_token": False}
    (source / "tokenizer_config.json").write_text(json.dumps(settings))
    return converted_file(source, folder / f"{name}.gguf", "f32"), processor

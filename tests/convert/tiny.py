"""Tiny random Llama checkpoints with toy tokenizers: every shape a family may take, made in a second.

transformers makes the weights and later computes with them, so it is the witness of what they mean; the tokenizer is
trained in this process. Nothing here knows how `convert` works.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM

from tests.support import Floats

CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)

LLAMA3_PATTERN = "|".join(
    (
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)",
        r"[^\r\n\p{L}\p{N}]?\p{L}+",
        r"\p{N}{1,3}",
        r" ?[^\s\p{L}\p{N}]+[\r\n]*",
        r"\s*[\r\n]+",
        r"\s+(?!\S)",
        r"\s+",
    )
)
QWEN2_PATTERN = LLAMA3_PATTERN.replace(r"\p{N}{1,3}", r"\p{N}")

SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")

TRAINING = (
    "The firefly gives a small, local light to read by; it's what we've got, isn't it?",
    "萤火虫发出微弱的光，足够照亮一页书。读完以后，请用中文总结以下内容。",
    "def light(count: int) -> list[str]:\n    return [f'{n:03d}' for n in range(count)]\n",
    "1 22 333 4444 55555   spaces   and\t\ttabs\r\n\r\nlines — “quotes” … €100 naïve façade",
)


def pre_tokenizer(kind: str) -> pre_tokenizers.PreTokenizer:
    """A published byte-level pre-tokenizer: `gpt2`, `smollm`, `llama3` or `qwen2`."""
    level = pre_tokenizers.ByteLevel
    match kind:
        case "gpt2":
            return level(add_prefix_space=False, use_regex=True)
        case "smollm":
            digits = pre_tokenizers.Digits(individual_digits=True)
            return pre_tokenizers.Sequence([digits, level(add_prefix_space=False, use_regex=True)])
        case "llama3" | "qwen2":
            pattern = Regex(LLAMA3_PATTERN if kind == "llama3" else QWEN2_PATTERN)
            split = pre_tokenizers.Split(pattern, "isolated")
            return pre_tokenizers.Sequence([split, level(add_prefix_space=False, use_regex=False)])
    raise ValueError(kind)


def toy_tokenizer(kind: str = "gpt2", *, size: int = 411) -> Tokenizer:
    """Byte-level BPE of `size` tokens trained on a few lines: 3 control tokens first, an added plain one at the end."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizer(kind)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size - 1,
        special_tokens=[AddedToken(text, special=True, normalized=False) for text in SPECIAL],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(TRAINING * 3, trainer)
    tokenizer.add_tokens([AddedToken("<note>", special=False, normalized=False)])
    assert tokenizer.get_vocab_size() == size
    return tokenizer


def write_tokenizer(folder: Path, tokenizer: Tokenizer, *, template: str | None = CHATML) -> None:
    """The two tokenizer files, in the spelling most checkpoints on the hub have (template in tokenizer_config.json)."""
    tokenizer.save(str(folder / "tokenizer.json"))
    settings: dict[str, object] = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": SPECIAL[1],
        "eos_token": SPECIAL[2],
        "pad_token": SPECIAL[2],
        "unk_token": SPECIAL[0],
        "model_max_length": 512,
        "clean_up_tokenization_spaces": False,
    }
    if template is not None:
        settings["chat_template"] = template
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=2), encoding="utf-8")


def tiny_checkpoint(
    folder: Path,
    *,
    dtype: torch.dtype = torch.bfloat16,
    tokenizer: Tokenizer | None = None,
    padding: int = 6,
    seed: int = 0,
    spelling: str = "v5",
    shard_size: str = "2GB",
    **overrides: Any,
) -> Path:
    """A random Llama checkpoint in `folder`, as transformers saves it, and its tokenizer.

    Hidden size 256 (one block of a K-quant), 4 heads of 64 over 2 key heads, 2 layers; `overrides` are keys of
    LlamaConfig. `padding`: embedding rows beyond the tokenizer's tokens. `spelling` "v4": config.json gets `rope_theta`
    and `rope_scaling` instead of transformers 5's `rope_parameters`. Every parameter is random, norms and biases too.
    """
    tokenizer = tokenizer or toy_tokenizer()
    settings: dict[str, Any] = {
        "vocab_size": tokenizer.get_vocab_size() + padding,
        "hidden_size": 256,
        "intermediate_size": 512,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 512,
        "rms_norm_eps": 1e-5,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "pad_token_id": 2,
        "tie_word_embeddings": False,
    }
    config = LlamaConfig(**(settings | overrides))
    torch.manual_seed(seed)
    model = LlamaForCausalLM(config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            norm = "norm" in name
            parameter.normal_(mean=1.0 if norm else 0.0, std=0.2 if norm else 0.08)
    folder.mkdir(parents=True, exist_ok=True)
    model.to(dtype).save_pretrained(folder, max_shard_size=shard_size)
    write_tokenizer(folder, tokenizer)
    if spelling == "v4":
        spell_in_v4(folder)
    return folder


def spell_in_v4(folder: Path) -> None:
    """Rewrite config.json as transformers 4 did: `rope_theta` and `rope_scaling` on the top level."""
    path = folder / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    parameters = config.pop("rope_parameters")
    config["rope_theta"] = parameters.pop("rope_theta")
    config["rope_scaling"] = None if parameters["rope_type"] == "default" else parameters
    config["torch_dtype"] = config.pop("dtype")
    config["transformers_version"] = "4.46.0"
    path.write_text(json.dumps(config, indent=2), encoding="utf-8")


def reference_logits(folder: Path, tokens: Sequence[int], positions: Sequence[int]) -> Floats:
    """What transformers computes in float32 with the checkpoint: logits after `positions`, [positions, vocabulary]."""
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    with torch.no_grad():
        hidden = model.model(torch.tensor([list(tokens)]), use_cache=False).last_hidden_state[0]
        logits: Floats = model.lm_head(hidden[list(positions)]).numpy()
    return logits

"""Tiny random GGUF files, one for each kind of memory that llama.cpp knows, and an engine that takes token ids."""

import json
from collections.abc import Sequence
from pathlib import Path

import gguf
import llama_cpp
import numpy as np
from numpy.typing import NDArray

from assistant.engine import EngineSettings
from assistant.events import Finished, Usage
from assistant.llama.engine import LlamaEngine
from assistant.messages import Message, Sampling
from tests.convert.families.support import save, tiny_model
from tests.support import converted_file

VOCABULARY = 400
"""Ids from 3 to here are ordinary tokens."""
WINDOW = 64


def plain(folder: Path) -> Path:
    """Llama with grouped heads of 64, so that keys and values can be quantized."""
    model = tiny_model(
        "LlamaForCausalLM", head_dim=64, num_key_value_heads=2, max_position_embeddings=4096, spread=0.12
    )
    return converted_file(save(model, folder / "plain"), folder / "plain.gguf", "f32")


def sliding(folder: Path) -> Path:
    """Gemma 3: two layers with a window of 64 tokens, one that sees all."""
    model = tiny_model(
        "Gemma3ForCausalLM", norm=0.0, num_hidden_layers=3, num_key_value_heads=2, head_dim=64,
        query_pre_attn_scalar=64, sliding_window=WINDOW, sliding_window_pattern=3, spread=0.12,
        layer_types=["sliding_attention", "sliding_attention", "full_attention"], max_position_embeddings=4096,
    )  # fmt: skip
    return converted_file(save(model, folder / "sliding"), folder / "sliding.gguf", "f32")


def recurrent(folder: Path) -> Path:
    """Mamba: no keys and values at all, one state that each token changes."""
    hidden, inner, state, rank, kernel, layers = 64, 128, 16, 4, 4, 2
    random = np.random.default_rng(0)
    path = folder / "recurrent.gguf"
    writer = gguf.GGUFWriter(path, "mamba")
    writer.add_context_length(4096)
    writer.add_embedding_length(hidden)
    writer.add_feed_forward_length(0)
    writer.add_head_count(0)
    writer.add_block_count(layers)
    writer.add_ssm_conv_kernel(kernel)
    writer.add_ssm_inner_size(inner)
    writer.add_ssm_state_size(state)
    writer.add_ssm_time_step_rank(rank)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_tokenizer_model("llama")
    single = [f"<0x{byte:02X}>" for byte in range(256)]
    rest = [f"t{number}" for number in range(VOCABULARY - 3 - len(single))]
    writer.add_token_list(["<unk>", "<s>", "</s>", *single, *rest])
    writer.add_token_scores([0.0] * VOCABULARY)
    writer.add_token_types([2, 3, 3, *[6] * len(single), *[1] * len(rest)])
    writer.add_eos_token_id(2)

    def add(name: str, *shape: int, mean: float = 0.0, spread: float = 0.1) -> None:
        writer.add_tensor(name, random.normal(mean, spread, shape).astype(np.float32))

    add("token_embd.weight", VOCABULARY, hidden)
    add("output_norm.weight", hidden, mean=1.0)
    for layer in range(layers):
        block = f"blk.{layer}."
        add(f"{block}attn_norm.weight", hidden, mean=1.0)
        add(f"{block}ssm_in.weight", 2 * inner, hidden)
        add(f"{block}ssm_conv1d.weight", inner, kernel, spread=0.3)
        add(f"{block}ssm_conv1d.bias", inner)
        add(f"{block}ssm_x.weight", rank + 2 * state, inner)
        add(f"{block}ssm_dt.weight", inner, rank)
        add(f"{block}ssm_dt.bias", inner, mean=-2.0)
        add(f"{block}ssm_a", inner, state, mean=-0.1, spread=0.02)  # forgets slowly
        add(f"{block}ssm_d", inner, mean=1.0)
        add(f"{block}ssm_out.weight", hidden, inner)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


class TokenEngine(LlamaEngine):
    """Its prompts are lists of token ids as JSON, whatever the model's template says."""

    def _prompt(self, loaded: object, messages: Sequence[Message]) -> list[int]:
        found = json.loads(messages[0].content)
        assert isinstance(found, list)
        return found

    def context_pointer(self) -> int:
        """Of the running context."""
        assert self._loaded
        assert self._loaded.room.context
        return self._loaded.room.context.pointer


def token_engine(path: Path, *, kv: tuple[str, str] | None = None, saved_readings: bool = False) -> TokenEngine:
    return TokenEngine(path, EngineSettings(threads=1, kv=kv, saved_readings=saved_readings))


def prompt(*parts: Sequence[int]) -> list[Message]:
    """Token ids as a prompt of a `TokenEngine`."""
    return [Message("user", json.dumps([int(token) for part in parts for token in part]))]


def words(seed: int, count: int) -> list[int]:
    """Random ordinary tokens."""
    return [int(token) for token in np.random.default_rng(seed).integers(3, VOCABULARY, count)]


def read(engine: TokenEngine, *parts: Sequence[int], answer: int = 1) -> tuple[NDArray[np.float32], Usage]:
    """Read a prompt and write some tokens; the logits after the last one that was read, and what it took."""
    last = list(engine.stream(prompt(*parts), Sampling(temperature=0.0, max_tokens=answer)))[-1]
    assert isinstance(last, Finished)
    found = llama_cpp.llama_get_logits_ith(engine.context_pointer(), -1)
    return np.array(found[:VOCABULARY], np.float32), last.usage

"""What the promises are asked with: prompts, the engines, and a tiny model for vectors."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import gguf
import numpy as np

from assistant.engine import Engine, EngineSettings
from assistant.events import Event, Text
from assistant.fake import FAKE_INFO, FakeEngine
from assistant.llama.engine import LlamaEngine
from assistant.messages import Message, Sampling
from assistant.process.engine import EngineProcess

Make = Callable[[int | None], Engine]
KINDS = ("fake", "llama", "process")

SHORT = [Message("system", "Answer in plain English."), Message("user", "What is the capital of France?")]
LONG = [
    Message("user", "".join(f"Lamp {n} of room {n * 7} was lit at {n % 24}. " for n in range(45)) + "How many lamps?")
]
GREEDY = Sampling(temperature=0.0, max_tokens=12)
ANSWER = "The capital of France is Paris."


def make_engine(kind: str, path: Path, context: int | None = None) -> Engine:
    """An engine with at most so many tokens of context. One thread each: cores are shared with other tests."""
    settings = EngineSettings(context=context, threads=1)
    match kind:
        case "fake":
            return FakeEngine([ANSWER], info=replace(FAKE_INFO, context=context or FAKE_INFO.context))
        case "llama":
            return LlamaEngine(path, settings)
        case _:
            return EngineProcess(path, settings)


def answer(events: Iterable[Event]) -> str:
    """The words of an answer."""
    return "".join(event.text for event in events if isinstance(event, Text))


def write_encoder(path: Path) -> Path:
    """A BERT of one layer with random weights, whose vectors are the means of its tokens', 512 of them at most."""
    words = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
        "\u2581a",
        "\u2581lamp",
        "\u2581was",
        "\u2581lit",
        "\u2581dark",
    ]
    random = np.random.default_rng(0)
    writer = gguf.GGUFWriter(path, "bert")
    writer.add_context_length(512)
    writer.add_embedding_length(32)
    writer.add_feed_forward_length(64)
    writer.add_block_count(1)
    writer.add_head_count(4)
    writer.add_layer_norm_eps(1e-12)
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf.PoolingType.MEAN)
    writer.add_tokenizer_model("bert")
    writer.add_token_list(words)
    writer.add_token_types([3, 2, 3, 3, 3, *[1] * (len(words) - 5)])
    writer.add_token_type_count(2)
    writer.add_unk_token_id(1)
    writer.add_bos_token_id(2)
    writer.add_sep_token_id(3)
    writer.add_add_bos_token(True)
    writer.add_add_eos_token(True)
    layer = {"attn_q": (32, 32), "attn_k": (32, 32), "attn_v": (32, 32), "attn_output": (32, 32), "ffn_up": (64, 32),
             "ffn_down": (32, 64), "attn_output_norm": (32,), "layer_output_norm": (32,)}  # fmt: skip
    shapes: dict[str, tuple[int, ...]] = {
        "token_embd.weight": (len(words), 32),
        "token_types.weight": (2, 32),
        "position_embd.weight": (512, 32),
        "token_embd_norm.weight": (32,),
        "token_embd_norm.bias": (32,),
    }
    shapes |= {f"blk.0.{name}.weight": shape for name, shape in layer.items()}
    shapes |= {f"blk.0.{name}.bias": shape[:1] for name, shape in layer.items()}
    for name, shape in shapes.items():
        writer.add_tensor(name, random.normal(1.0 if "norm.weight" in name else 0.0, 0.3, shape).astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path

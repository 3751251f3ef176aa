"""A model as it runs here, without one."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from assistant.gguf.header import Header, Value
from assistant.library.exporting.setting import Running, Vocabulary
from assistant.messages import Sampling
from assistant.plan.setting import Setting
from tests.convert.tiny import CHATML

TOKENS = ("<s>", "</s>", "<|im_start|>", "<|im_end|>", "<|endoftext|>", "light")


def header(**metadata: Value) -> Header:
    keys: dict[str, Value] = {
        "tokenizer.ggml.tokens": TOKENS,
        "tokenizer.ggml.token_type": (3, 3, 3, 3, 3, 1),
        "tokenizer.ggml.eos_token_id": 1,
        "tokenizer.ggml.eot_token_id": 4,
    }
    return Header(3, 32, keys | metadata, (), 0, 0)


def running(path: str = "/models/tiny.gguf", *more: str, **changes: Any) -> Running:
    """A tiny model with ChatML; `more` parts of it, `changes` to the fields."""
    vocabulary = Vocabulary("<s>", "</s>", adds_bos=False, adds_eos=False, ends=("</s>",))
    made = Running(
        name=Path(path).stem,
        parts=(Path(path), *map(Path, more)),
        header=header(),
        template=CHATML,
        own_template=True,
        vocabulary=vocabulary,
        sampling=Sampling(),
        setting=Setting(4096, "f16", "f16", flash=False, gpu_layers=0, batch=512),
        layers=31,
    )
    return replace(made, **changes)

"""The installed starter model as a real Hugging Face checkpoint, for measurements and proofs.

It knows nothing of `convert`: transformers reads the starter GGUF, undoes its quantization, and writes what it always
writes: safetensors in bf16, tokenizer, configuration and chat template. Needs the extras `starter` and `verify`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import gguf
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig
from transformers.utils import logging

from bench.starter import STARTER_FILE, starter_folder


def write_checkpoint(folder: Path, *, shards: Path | None = None) -> Path:
    """Write the starter model as a bf16 Llama checkpoint into `folder` (269 MB, one file) and return it.

    `shards`: a second folder, for the same checkpoint in files of at most 60 MB with an index.
    """
    logging.disable_progress_bar()
    source = str(starter_folder())
    with _read_once():
        model = AutoModelForCausalLM.from_pretrained(
            source, gguf_file=STARTER_FILE, dtype=torch.bfloat16, quantization_config=GgufConfig(dequantize=True)
        )
        tokenizer = AutoTokenizer.from_pretrained(source, gguf_file=STARTER_FILE)
    for target, limit in ((folder, "2GB"), (shards, "60MB")):
        if target is not None:
            model.save_pretrained(target, max_shard_size=limit)
            tokenizer.save_pretrained(target)
    return folder


@contextmanager
def _read_once() -> Iterator[None]:
    """transformers reads the header three times, and makes the table of tensor names for each of 397 modules."""
    reader, names = gguf.GGUFReader, gguf.get_tensor_name_map
    gguf.GGUFReader, gguf.get_tensor_name_map = cache(reader), cache(names)
    try:
        yield
    finally:
        gguf.GGUFReader, gguf.get_tensor_name_map = reader, names

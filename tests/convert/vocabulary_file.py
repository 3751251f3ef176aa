"""A header with a vocabulary and no weights: as much of a converted file as llama.cpp needs to make tokens."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from convert.checkpoint import Checkpoint
from convert.choices import Choices
from convert.tokenizer.entries import Vocabulary
from convert.tokenizer.tokens import Agreement, agree
from convert.tokenizer.vocabulary import read_vocabulary
from tests.convert.gguf_file import read
from tests.support import LlamaModel, llama_model

_LLAMA = {
    "general.architecture": "llama",
    "llama.context_length": 512,
    "llama.embedding_length": 256,
    "llama.block_count": 1,
    "llama.feed_forward_length": 512,
    "llama.attention.head_count": 4,
    "llama.attention.layer_norm_rms_epsilon": 1e-5,
    "llama.rope.dimension_count": 64,
}


@dataclass(frozen=True, slots=True)
class Written:
    """A vocabulary that was read, compared, and written to a file."""

    vocabulary: Vocabulary
    agreement: Agreement
    path: Path

    @property
    def keys(self) -> Mapping[str, Any]:
        """The file's metadata, read back."""
        return read(self.path).metadata

    @contextmanager
    def opened(self) -> Iterator[LlamaModel]:
        """The file in llama.cpp."""
        with llama_model(self.path, vocabulary_only=True) as model:
            yield model


def write_vocabulary(
    folder: Path,
    rows: int,
    *,
    name: str = "toy",
    ends: Sequence[int] = (),
    config: Mapping[str, Any] | None = None,
    choices: Choices | None = None,
) -> Written:
    """The tokenizer files of `folder` through `convert`, into a file beside it. `config`: config.json's values."""
    checkpoint = Checkpoint(folder, {"eos_token_id": 2} if config is None else config, {}, {})
    vocabulary = read_vocabulary(checkpoint, rows, ends=ends)
    keys = {**_LLAMA, "general.name": name, "llama.vocab_size": rows}
    agreement = agree(vocabulary, keys, [], choices or Choices())
    path = folder.parent / f"{folder.name}.gguf"
    path.write_bytes(agreement.header)
    return Written(vocabulary, agreement, path)

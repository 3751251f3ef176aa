"""Models of a few hundred bytes, sound as far as a header goes."""

from pathlib import Path

from assistant.paths import models_folder
from tests.assistant.gguf.build import F32, I32, U16, U32, file, key, scalar, string, tensor


def model_bytes(*, name: str = "Little", context: int = 4096, base: float = 10_000.0) -> bytes:
    keys = (
        key("general.architecture", string("llama")),
        key("general.name", string(name)),
        key("general.file_type", scalar(U32, 7)),
        key("general.license", string("mit")),
        key("llama.context_length", scalar(U32, context)),
        key("llama.block_count", scalar(U32, 2)),
        key("llama.rope.freq_base", scalar(F32, base)),
        key("tokenizer.chat_template", string("{{ messages }}")),
    )
    return file(keys, (tensor("token_embd.weight", (8, 4)),), data=128)


def write_model(name: str, folder: Path | None = None, *, context: int = 4096) -> Path:
    """A model of that name in the model folder, or in another."""
    path = (models_folder() if folder is None else folder) / f"{name}.gguf"
    path.write_bytes(model_bytes(name=name, context=context))
    return path


def write_parts(name: str, folder: Path | None = None, count: int = 3) -> list[Path]:
    """A model in parts; the first one is the first."""
    paths = []
    for number in range(count):
        keys: tuple[bytes, ...] = (
            key("split.no", scalar(U16, number)),
            key("split.count", scalar(U16, count)),
            key("split.tensors.count", scalar(I32, count)),
        )
        if number == 0:
            keys += (key("general.architecture", string("llama")),)
        path = (models_folder() if folder is None else folder) / f"{name}-{number + 1:05d}-of-{count:05d}.gguf"
        path.write_bytes(file(keys, (tensor(f"t{number}", (8,)),), data=32))
        paths.append(path)
    return paths

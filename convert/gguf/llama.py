"""What only llama.cpp itself can tell: how it cuts texts with a vocabulary, and which type a recipe gives each tensor.

Both are asked of small files that the caller wrote; no weight is loaded. llama.cpp's messages go to the caller or to
nobody, never to the terminal.
"""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import llama_cpp

from convert.errors import QuantizerFailed


def _ignore(_level: int, _text: bytes, _user_data: Any) -> None:
    """Drop a message of llama.cpp's log."""


_SILENCE = llama_cpp.llama_log_callback(_ignore)  # lives as long as the module: llama.cpp keeps the pointer


@contextmanager
def captured_log() -> Iterator[list[str]]:
    """llama.cpp's log as a list of pieces while the block runs; silence afterwards."""
    pieces: list[str] = []

    def keep(_level: int, text: bytes, _user_data: Any) -> None:
        pieces.append(text.decode("utf-8", errors="replace"))

    callback = llama_cpp.llama_log_callback(keep)
    llama_cpp.llama_log_set(callback, ctypes.c_void_p(0))
    try:
        yield pieces
    finally:
        llama_cpp.llama_log_set(_SILENCE, ctypes.c_void_p(0))


class LoadedVocabulary:
    """The vocabulary of a GGUF file as llama.cpp understands it. A context manager."""

    def __init__(self, path: Path) -> None:
        """Raises QuantizerFailed where llama.cpp refuses the file, with its own words."""
        parameters = llama_cpp.llama_model_default_params()
        parameters.vocab_only = True
        with captured_log() as log:
            self._model = llama_cpp.llama_model_load_from_file(str(path).encode(), parameters)
        if not self._model:
            raise QuantizerFailed(f"llama.cpp refuses the vocabulary: {' '.join(''.join(log).split())[-300:]}")
        self._vocab = llama_cpp.llama_model_get_vocab(self._model)

    def __enter__(self) -> "LoadedVocabulary":
        return self

    def __exit__(self, *_: object) -> None:
        llama_cpp.llama_model_free(self._model)

    def ids(self, text: str, *, add_special: bool = False, plain: bool = False) -> list[int]:
        """Token ids of a text in which control tokens are recognised; `plain`: what spells one stays text."""
        data = text.encode("utf-8")
        room = len(data) + 8
        out = (llama_cpp.llama_token * room)()
        count = llama_cpp.llama_tokenize(self._vocab, data, len(data), out, room, add_special, not plain)
        if count < 0:
            raise QuantizerFailed(f"llama.cpp makes {-count} tokens of {len(data)} bytes; at most {room} were expected")
        return list(out[:count])

    def is_control(self, token: int) -> bool:
        """llama.cpp takes it for a control token, which it decides by some texts as well."""
        return bool(llama_cpp.llama_vocab_is_control(self._vocab, token))

    def ends_answer(self, token: int) -> bool:
        """llama.cpp stops at this token by itself."""
        return bool(llama_cpp.llama_vocab_is_eog(self._vocab, token))


def dry_run(skeleton: Path, recipe: int) -> str:
    """What llama.cpp logs when it plans to quantize a file by a recipe (`llama_ftype`), without reading weights.

    Raises QuantizerFailed.
    """
    parameters = llama_cpp.llama_model_quantize_default_params()
    parameters.ftype = recipe
    parameters.dry_run = True
    with captured_log() as log:
        failed = llama_cpp.llama_model_quantize(str(skeleton).encode(), b"", ctypes.byref(parameters))
    text = "".join(log)
    if failed:
        raise QuantizerFailed(f"llama.cpp refuses the recipe: {' '.join(text.split())[-300:]}")
    return text

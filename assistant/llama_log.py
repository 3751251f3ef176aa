"""llama.cpp's log in a file of the cache folder, never on the terminal; its last errors are kept for our messages."""

import ctypes
from collections import deque
from pathlib import Path
from typing import IO

import llama_cpp

_ERROR = 4  # ggml_log_level
_CONTINUED = 5


class LlamaLog:
    """Takes over llama.cpp's log for this process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[str] = path.open("w", encoding="utf-8", errors="replace", buffering=1)
        self._errors: deque[str] = deque(maxlen=4)
        self._level = 0
        self._callback = llama_cpp.llama_log_callback(self._take)  # llama.cpp keeps the pointer: so do we
        llama_cpp.llama_log_set(self._callback, ctypes.c_void_p(0))

    def reason(self) -> str:
        """llama.cpp's last words of error, on one line."""
        return " ".join(" ".join(self._errors).split())[-300:] or "it gave no reason"

    def forget(self) -> None:
        """Start a new piece of work: earlier errors are not its reason."""
        self._errors.clear()

    def _take(self, level: int, text: bytes, _: object) -> None:
        words = text.decode("utf-8", errors="replace")
        self._level = self._level if level == _CONTINUED else level
        if self._level == _ERROR:
            self._errors.append(words)
        self._file.write(words)

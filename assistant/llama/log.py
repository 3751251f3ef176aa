"""llama.cpp's log in the engines' log file, never on the terminal; its last errors are kept for our messages."""

import ctypes
import re
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

import llama_cpp

from assistant.engine_log import EngineLog

_INFO, _WARNING, _ERROR, _CONTINUED = 2, 3, 4, 5  # ggml_log_level
_COPIED = re.compile(rb"REPACK model buffer size = *([0-9.]+) MiB")


class LlamaLog:
    """llama.cpp has one log for the whole process, so there is one of these: `llama_log()`."""

    def __init__(self) -> None:
        log = EngineLog()
        self._path = log.path
        self.write: Callable[[bytes], object] = log.write
        """Takes each line; the child process, whose parent keeps the log, has another one."""
        self._errors: deque[str] = deque(maxlen=4)
        self._level = 0
        self._line = b""
        self._heard: list[str] | None = None
        self.copied = 0
        """Bytes of weights that llama.cpp has copied out of the mapped files into another layout, of all models."""
        self._callback = llama_cpp.llama_log_callback(self._take)
        self.forget()

    def reason(self) -> str:
        """llama.cpp's last words of error and where to read more, on one line."""
        words = " ".join(" ".join(self._errors).split())[-300:] or "it gave no reason"
        return f"{words}; log: {self._path}"

    def forget(self) -> None:
        """Start a new piece of work: earlier errors are not its reason. Whoever took the log since gives it back."""
        self._errors.clear()
        llama_cpp.llama_log_set(self._callback, ctypes.c_void_p(0))

    @contextmanager
    def listening(self) -> Iterator[list[str]]:
        """What llama.cpp says meanwhile, its smallest details too, piece by piece; only warnings go to the file."""
        self.forget()
        heard: list[str] = []
        self._heard = heard
        try:
            yield heard
        finally:
            self._heard = None

    def _take(self, level: int, text: bytes, _: object) -> None:
        self._level = self._level if level == _CONTINUED else level
        if self._heard is not None:
            self._heard.append(text.decode("utf-8", errors="replace"))
        if self._level < (_INFO if self._heard is None else _WARNING):
            return
        if found := _COPIED.search(text):
            self.copied += round(float(found[1]) * 2**20)
        if self._level == _ERROR:
            self._errors.append(text.decode("utf-8", errors="replace"))
        self._line += text
        if self._line.endswith(b"\n"):
            line, self._line = self._line, b""
            self.write(line)


@cache
def llama_log() -> LlamaLog:
    """The log of this process, taken over from llama.cpp at the first call and kept: llama.cpp holds its address."""
    llama_cpp.llama_backend_init()
    return LlamaLog()

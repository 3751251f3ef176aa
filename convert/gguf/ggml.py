"""llama.cpp's tensor library through ctypes: names and sizes of its types, its quantizer, exact widening to float32.

llama-cpp-python installs the library beside its own package; it is found there without importing that package, on
Linux, macOS and Windows alike. All calls release the interpreter lock, so row blocks can be worked on in threads.
"""

import ctypes
import importlib.util
import os
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from convert.errors import QuantizerFailed

Array = np.ndarray[Any, np.dtype[Any]]

F32, F16, BF16 = 0, 1, 30
"""Numbers of ggml's three plain types (ggml.h, enum ggml_type)."""

_NAMES = {"win32": ("ggml-base.dll", "libggml-base.dll"), "darwin": ("libggml-base.dylib", "libggml-base.so")}


def library_folder() -> Path:
    """The folder of llama.cpp's libraries: LLAMA_CPP_LIB_PATH, or where llama-cpp-python put them."""
    override = os.environ.get("LLAMA_CPP_LIB_PATH")
    if override:
        return Path(override)
    spec = importlib.util.find_spec("llama_cpp")
    if spec is None or not spec.submodule_search_locations:
        raise QuantizerFailed(
            "llama-cpp-python is not installed; it brings the quantizer; pip install llama-cpp-python"
        )
    return Path(spec.submodule_search_locations[0]) / "lib"


def library_file() -> Path:
    """libggml-base under the name this system gives it. Raises QuantizerFailed."""
    folder = library_folder()
    names = _NAMES.get(sys.platform, ("libggml-base.so",))
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise QuantizerFailed(
        f"{folder} holds no {' or '.join(names)}; llama-cpp-python 0.3.36 or newer was expected; reinstall it"
    )


@cache
def library() -> ctypes.CDLL:
    """libggml-base, loaded once, with the signatures declared. Raises QuantizerFailed."""
    path = library_file()
    try:
        if sys.platform == "win32":
            os.add_dll_directory(str(path.parent))
        lib = ctypes.CDLL(str(path))
        lib.ggml_quantize_chunk.restype = ctypes.c_size_t
        lib.ggml_quantize_chunk.argtypes = [
            ctypes.c_int,
            ctypes.c_void_p,
            ctypes.c_void_p,
            ctypes.c_int64,
            ctypes.c_int64,
            ctypes.c_int64,
            ctypes.c_void_p,
        ]
        lib.ggml_row_size.restype = ctypes.c_size_t
        lib.ggml_row_size.argtypes = [ctypes.c_int, ctypes.c_int64]
        lib.ggml_blck_size.restype = ctypes.c_int64
        lib.ggml_blck_size.argtypes = [ctypes.c_int]
        lib.ggml_type_name.restype = ctypes.c_char_p
        lib.ggml_type_name.argtypes = [ctypes.c_int]
        for widen in (lib.ggml_bf16_to_fp32_row, lib.ggml_fp16_to_fp32_row):
            widen.restype = None
            widen.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64]
    except (OSError, AttributeError) as error:
        raise QuantizerFailed(f"{path.name} cannot be used ({error}); reinstall llama-cpp-python") from error
    return lib


def row_bytes(kind: int, columns: int) -> int:
    """Bytes of one row of `columns` elements. Raises QuantizerFailed where the type's blocks do not divide it."""
    block = library().ggml_blck_size(kind)
    if columns % block:
        raise QuantizerFailed(f"rows of {columns} elements do not divide into blocks of {block} ({type_name(kind)})")
    return int(library().ggml_row_size(kind, columns))


def type_name(kind: int) -> str:
    """ggml's name of a type, such as `q4_K`."""
    return bytes(library().ggml_type_name(kind)).decode()


def widen(raw: Array) -> Array:
    """Raw items (f32, f16, or bf16 as uint16), contiguous, to float32; exact. f32 is given back as it is."""
    if raw.dtype == np.float32:
        return raw
    out = np.empty(raw.shape, dtype=np.float32)
    convert = library().ggml_bf16_to_fp32_row if raw.dtype == np.uint16 else library().ggml_fp16_to_fp32_row
    convert(raw.ctypes.data, out.ctypes.data, raw.size)
    return out


def quantize(kind: int, rows: Array) -> Array:
    """Float32 rows [n, columns] to the bytes of a type, as uint8. Rows are independent of each other."""
    count, columns = rows.shape
    out = np.empty(count * row_bytes(kind, columns), dtype=np.uint8)
    written = library().ggml_quantize_chunk(kind, rows.ctypes.data, out.ctypes.data, 0, count, columns, None)
    if written != out.size:
        raise QuantizerFailed(f"the quantizer wrote {written} bytes for {type_name(kind)}; {out.size} were expected")
    return out

"""`python -m assistant.llama.build`: what the installed llama.cpp says of itself and of its devices, one JSON line.

For `assistant.hardware`, which runs it as a child process: loading a backend may end the process on a broken driver.
Source of the functions: ggml-backend.h and llama.h of llama.cpp; llama-cpp-python binds only those of llama.h.
"""

import ctypes
import json
import sys

import llama_cpp
from llama_cpp import _ctypes_extensions, _ggml

_KINDS = ("cpu", "gpu", "integrated gpu", "accelerator", "meta")
"""`enum ggml_backend_dev_type` of ggml-backend.h, in its order."""


def build() -> dict[str, object]:
    """The fields of `hardware.LlamaBuild`, of plain types."""
    # Two libraries: on Windows a function is found only in the one that defines it.
    registry = _ggml.libggml
    base = _ctypes_extensions.load_shared_library("ggml-base", _ggml.libggml_base_path)
    registry.ggml_backend_dev_count.restype = ctypes.c_size_t
    registry.ggml_backend_dev_get.restype = ctypes.c_void_p
    registry.ggml_backend_dev_get.argtypes = [ctypes.c_size_t]
    for text in (base.ggml_backend_dev_name, base.ggml_backend_dev_description):
        text.restype, text.argtypes = ctypes.c_char_p, [ctypes.c_void_p]
    base.ggml_backend_dev_type.restype, base.ggml_backend_dev_type.argtypes = ctypes.c_int, [ctypes.c_void_p]
    size = ctypes.POINTER(ctypes.c_size_t)
    base.ggml_backend_dev_memory.restype, base.ggml_backend_dev_memory.argtypes = None, [ctypes.c_void_p, size, size]
    base.ggml_version.restype = ctypes.c_char_p

    devices = []
    for index in range(registry.ggml_backend_dev_count()):
        device = registry.ggml_backend_dev_get(index)
        free, total = ctypes.c_size_t(), ctypes.c_size_t()
        base.ggml_backend_dev_memory(device, ctypes.byref(free), ctypes.byref(total))
        kind = base.ggml_backend_dev_type(device)
        devices.append(
            {
                "name": _text(base.ggml_backend_dev_name(device)),
                "description": _text(base.ggml_backend_dev_description(device)),
                "kind": _KINDS[kind] if 0 <= kind < len(_KINDS) else "other",
                "memory_free": free.value,
                "memory_total": total.value,
            }
        )
    features = _text(llama_cpp.llama_print_system_info()).replace(":", "|").split("|")
    return {
        "version": llama_cpp.__version__,
        "ggml": _text(base.ggml_version()),
        "features": [feature.strip() for feature in features if feature.strip()],
        "gpu_offload": bool(llama_cpp.llama_supports_gpu_offload()),
        "devices": devices,
    }


def _text(value: bytes | None) -> str:
    return (value or b"").decode(errors="replace").strip()


if __name__ == "__main__":
    # A line of its own, the last one: drivers may have printed before it.
    sys.stdout.write("\n" + json.dumps(build()) + "\n")

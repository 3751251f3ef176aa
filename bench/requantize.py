"""llama.cpp's own second step, for the comparison: `python -m bench.requantize IN OUT TYPE`."""

import ctypes
import os
import sys

import llama_cpp


def main(source: str, target: str, quantization: str) -> int:
    """Quantize a whole file with all cores; the status llama.cpp returns."""
    parameters = llama_cpp.llama_model_quantize_default_params()
    parameters.ftype = getattr(llama_cpp, f"LLAMA_FTYPE_MOSTLY_{quantization.upper()}")
    parameters.nthread = os.cpu_count() or 1
    llama_cpp.llama_backend_init()
    return int(llama_cpp.llama_model_quantize(source.encode(), target.encode(), ctypes.byref(parameters)))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))

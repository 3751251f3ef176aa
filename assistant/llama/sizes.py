"""What a setting takes, counted by llama.cpp itself: the model and its contexts are built without memory.

A dry model is loaded in a tenth of a second, whatever its size, and makes a context in milliseconds; the sizes are read
from what llama.cpp says meanwhile, so that windows, grouped heads, experts and recurrent layers count as they will. The
weights are those of the file's header. What llama.cpp says in a way that is not understood is an error, never zero.

Added to llama.cpp's figures: the work area of the processor's matrix products (`ggml_graph_plan` of ggml-cpu.c), which
it makes while it reads; the tables of the vocabulary, as the dry model took them; what any model takes of this process.
"""

import os
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import llama_cpp
import psutil

from assistant.errors import EngineFailed
from assistant.gguf.header import Header
from assistant.llama.context import context_parameters
from assistant.llama.log import llama_log
from assistant.llama.model import LlamaModel
from assistant.plan.machine import HOST
from assistant.plan.setting import Setting, Sizes

_READ_INTO_MEMORY = 0  # llama_load_mode: without a mapping, which a model without memory cannot have
_ASSIGNED = re.compile(r"load_tensors: layer +(\d+) assigned to device (\S+?),")
_LAYER = re.compile(r"layer +\d+: dev = (\S+)")
_KEPT = re.compile(r"(?<!buffer )size = +([0-9.]+) MiB")
_BUFFER = re.compile(r"(\S+) +(?:compute|output) buffer size = +([0-9.]+) MiB")
_MIB = 1 << 20
_PROCESS = 24 << 20
"""Code that comes into memory, graphs, stacks of threads: from 20 to 34 MiB over twelve settings of two models."""
_HALF = 2
"""Bytes of a number in f16, in which the processor multiplies attention scores with values."""
_BLOCK_OF_LAYER = re.compile(r"blk\.(\d+)\.")


class DryModel:
    """A model without weights, for one number of GPU layers; made by `dry_model`."""

    def __init__(self, pointer: int, header: Header, places: Mapping[int, str], gpu_layers: int, own: int) -> None:
        self.model = LlamaModel(pointer, gpu_layers)
        self._header = header
        self._devices = set(places.values())
        self._on_host = HOST in self._devices
        self._widest = max((tensor.shape[0] for tensor in header.tensors if len(tensor.shape) > 1), default=0)
        self.weights = weights_by_device(header, places, own)
        """Bytes by device."""

    def sizes(self, setting: Setting) -> Sizes | None:
        """What the setting takes; None where llama.cpp refuses it for this model. Raises EngineFailed."""
        with llama_log().listening() as heard:
            pointer = llama_cpp.llama_init_from_model(self.model.pointer, context_parameters(setting))
            if not pointer:
                return None
            keeps = bool(llama_cpp.llama_get_memory(pointer))
            llama_cpp.llama_free(pointer)
        lines = [line for line in "".join(heard).splitlines() if " size =" in line or "dev =" in line]
        kv, compute = kept_by_device(lines, self._devices), buffers_by_device(lines, self._devices)
        counted = any("compute buffer size" in line for line in lines)
        if (keeps and not kv) or not counted:
            what = "size of its memory" if counted else "size of its buffers"
            raise EngineFailed(
                f"llama.cpp does not tell the {what}; its version {llama_cpp.__version__} says it in another way than "
                "0.3.36; install that version: pip install llama-cpp-python==0.3.36"
            )
        compute[HOST] += self._work_area(setting) + _PROCESS
        return Sizes(self.weights, kv, dict(compute))

    def _work_area(self, setting: Setting) -> int:
        """The largest input of a matrix product on the processor, copied into the type it is multiplied in."""
        if not self._on_host:
            return 0
        area = setting.batch * self._widest * _HALF
        if not setting.flash:
            heads = self._header.metadata.get(f"{self._header.architecture}.attention.head_count", 0)
            most = max((int(head) for head in heads), default=0) if isinstance(heads, tuple) else heads
            if isinstance(most, int):
                area = max(area, setting.batch * setting.context * most * _HALF)
        return area


@contextmanager
def dry_model(path: Path, header: Header, gpu_layers: int = 0) -> Iterator[DryModel]:
    """The model without its weights, freed at the end. Raises EngineFailed where llama.cpp refuses it."""
    parameters = llama_cpp.llama_model_default_params()
    parameters.no_alloc, parameters.load_mode = True, _READ_INTO_MEMORY
    parameters.n_gpu_layers = gpu_layers
    log = llama_log()
    before = private_bytes()
    with log.listening() as heard:
        pointer = llama_cpp.llama_model_load_from_file(os.fsencode(path), parameters)
    if not pointer:
        raise EngineFailed(
            f"llama.cpp cannot load {path.name} ({log.reason()}); a model it knows was expected; "
            "update llama-cpp-python, or convert the model again"
        )
    try:
        places = {int(layer): place for layer, place in _ASSIGNED.findall("".join(heard))}
        yield DryModel(pointer, header, places, gpu_layers, max(0, private_bytes() - before))
    finally:
        llama_cpp.llama_model_free(pointer)


def kept_by_device(lines: Iterable[str], devices: Collection[str]) -> dict[str, int]:
    """Bytes of keys, values and states: each memory's total, shared out by the layers that were named before it."""
    found: Counter[str] = Counter()
    layers: Counter[str] = Counter()
    for line in lines:
        if match := _LAYER.search(line):
            layers[_device(match[1], devices)] += 1
        elif match := _KEPT.search(line):
            total, count = float(match[1]) * _MIB, layers.total()
            for device, share in (layers or Counter({HOST: 1})).items():
                found[device] += round(total * share / max(1, count))
            layers.clear()
    return dict(found)


def buffers_by_device(lines: Iterable[str], devices: Collection[str]) -> Counter[str]:
    """Bytes of what is computed in, and of what comes out."""
    found: Counter[str] = Counter()
    for line in lines:
        if match := _BUFFER.search(line):
            found[_device(match[1], devices)] += round(float(match[2]) * _MIB)
    return found


def _device(buffer: str, devices: Collection[str]) -> str:
    """The device of a buffer's name: `CUDA0` is its own, `CUDA_Host` and `CPU_REPACK` are the host's memory."""
    return next((name for name in devices if buffer == name or buffer.startswith(f"{name}_")), HOST)


def weights_by_device(header: Header, places: Mapping[int, str], own: int) -> dict[str, int]:
    """Bytes of the tensors by device, as llama.cpp lays them: a layer's with it, the embedding in the host's memory,
    the rest with the output, which is one place after the last layer."""
    output = places.get(max(places, default=0), HOST)
    tied = not any(tensor.name == "output.weight" for tensor in header.tensors)
    found: Counter[str] = Counter({HOST: own})
    for tensor in header.tensors:
        layer = _BLOCK_OF_LAYER.match(tensor.name)
        if layer is not None:
            found[places.get(int(layer[1]), HOST)] += tensor.size
        elif tensor.name.startswith(("token_embd", "position_embd", "token_types", "per_layer_token_embd")):
            found[HOST] += tensor.size
            if tensor.name == "token_embd.weight" and tied and output != HOST:
                found[output] += tensor.size  # a copy of it is the output
        else:
            found[output] += tensor.size
    return dict(found)


def private_bytes() -> int:
    """Memory of this process that belongs to no file, where the system tells it (Linux), else all that is resident."""
    try:
        for line in Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass  # another system
    resident: int = psutil.Process().memory_info().rss
    return resident

"""In a process of its own: what a setting is predicted to take, and what it takes once its context has been read full.

`python -m tests.assistant.llama.real_use FILE CONTEXT K V FLASH BATCH` prints {"predicted": bytes, "taken": bytes}.
"""

import ctypes
import json
import sys
from pathlib import Path

import llama_cpp

from assistant.engine import EngineSettings
from assistant.gguf.file import read_header
from assistant.llama.context import LlamaContext
from assistant.llama.model import load_model
from assistant.llama.planner import Planner
from assistant.llama.sizes import dry_model
from assistant.plan.setting import Setting


def main() -> None:
    file, context, k, v, flash, batch = sys.argv[1:]
    path, setting = Path(file), Setting(int(context), k, v, flash == "True", 0, int(batch), sequences=2)
    header = read_header(path)
    planner = Planner(path, header, EngineSettings(), threads=2)
    with dry_model(path, header) as dry:
        sizes = dry.sizes(setting)
    loading = load_model(path, 0)
    while True:
        try:
            next(loading)
        except StopIteration as end:
            model = end.value
            break
    room = LlamaContext(model, setting, threads=2, interrupted=lambda: False)
    fill(room, copies=model.plain_memory)
    found = {"predicted": sizes.total if sizes else None, "taken": planner.taken_bytes()}
    sys.stdout.write(json.dumps(found) + "\n")


def fill(room: LlamaContext, *, copies: bool) -> None:
    """Read to the end of the context, or read a little, copy that, and read a last batch: it takes the same memory."""
    part, last = 128, 128 if room.setting.flash else room.setting.batch
    tokens = [5 + index * 7 % 200 for index in range(room.size)]
    assert room.decode(tokens[:part])
    filled = part
    if copies:
        state = room.snapshot()
        assert state is not None
        data = (ctypes.c_uint8 * len(state.data)).from_buffer_copy(state.data)
        memory = llama_cpp.llama_get_memory(room.pointer)
        while filled + part <= room.size - last:
            assert llama_cpp.llama_state_seq_set_data(room.pointer, data, len(state.data), 1)
            llama_cpp.llama_memory_seq_cp(memory, 1, 0, -1, -1)
            llama_cpp.llama_memory_seq_rm(memory, 1, -1, -1)
            filled += part
        del state, data
    while filled < room.size:
        assert room.decode(tokens[filled : filled + last])
        filled += last


if __name__ == "__main__":
    main()

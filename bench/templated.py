"""A base model made to answer: a copy of its GGUF with a chat template that passes the message through.

For measurements of long contexts, for which there is no small chat model; what it writes is of no worth.
"""

import shutil
import struct
from pathlib import Path

from assistant.gguf.file import read_header

_KEY = "tokenizer.chat_template"
_TEMPLATE = "{%%%sfor message in messages %%}{{ message['content'] }}{%% endfor %%}"
_HEAD = struct.Struct("<4sIQQ")
_STRING = 8


def templated(model: Path, folder: Path) -> Path:
    """The file itself where it has a template, else the copy."""
    header = read_header(model)
    if header.chat_template is not None:
        return model
    spaces = 1
    while len(entry := _entry(_TEMPLATE % (" " * spaces))) % header.alignment:
        spaces += 1  # so that the data moves by whole steps of its alignment
    target = folder / model.name
    with model.open("rb") as source, target.open("wb") as copy:
        magic, version, tensors, keys = _HEAD.unpack(source.read(_HEAD.size))
        copy.write(_HEAD.pack(magic, version, tensors, keys + 1) + entry)
        shutil.copyfileobj(source, copy, 1 << 24)
    return target


def _entry(template: str) -> bytes:
    """The key as it stands in a file."""
    return _text(_KEY) + struct.pack("<I", _STRING) + _text(template)


def _text(text: str) -> bytes:
    return struct.pack("<Q", len(text)) + text.encode()

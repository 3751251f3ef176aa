"""Our header equals gguf-py's, byte for byte."""

from pathlib import Path

import numpy as np
from gguf import GGMLQuantizationType, GGUFValueType, GGUFWriter

from convert.gguf.header import TensorInfo, header

KEYS = {
    "general.architecture": "llama",
    "a.flag": True,
    "a.count": 4_000_000_000,
    "a.number": 0.1,
    "a.text": "",
    "a.texts": ("", "Ġthe", "萤火虫", "a\nb"),
    "a.kinds": (1, 3, -4),
}
TENSORS = (TensorInfo("b.weight", 12, (3, 256), 3 * 144), TensorInfo("c.bias", 0, (5,), 20))


def test_header_equals_gguf_py(tmp_path: Path) -> None:
    writer = GGUFWriter(None, "llama")
    writer.add_bool("a.flag", True)
    writer.add_uint32("a.count", 4_000_000_000)
    writer.add_float32("a.number", 0.1)
    writer.add_key_value("a.text", "", GGUFValueType.STRING)
    writer.add_array("a.texts", KEYS["a.texts"])
    writer.add_array("a.kinds", KEYS["a.kinds"])
    for tensor in TENSORS:
        kind = GGMLQuantizationType(tensor.kind)
        writer.add_tensor_info(tensor.name, tensor.shape, np.dtype(np.float32), tensor.bytes, raw_dtype=kind)
    path = tmp_path / "theirs.gguf"
    writer.write_header_to_file(path)
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    writer.close()
    theirs = path.read_bytes()
    ours = header(KEYS, TENSORS)
    assert ours == theirs + bytes(-len(theirs) % 32)

"""SentencePiece's compiled character map, checked before C++ code walks it.

A map is a table of 32-bit units (a double array, as Darts lays it out) and, behind it, the replacement texts. Neither
sentencepiece nor llama.cpp looks where a unit points: the first would read beyond the table, the second end the whole
process. So each unit that any text can reach is followed here once.
"""

import numpy as np
from numpy.typing import NDArray

from convert.errors import InvalidCheckpoint

_LABELS = np.arange(1, 256, dtype=np.int64)
_BLOCK = 4096


def check_charsmap(data: bytes, file: str) -> None:
    """Raises InvalidCheckpoint where a text could lead outside the map. An empty map is fine."""
    if not data:
        return
    size = int.from_bytes(data[:4], "little")
    if size % 4 or not size or size + 4 >= len(data) or data[-1] != 0:
        raise _damaged(file, f"its character map of {len(data):,} bytes does not hold the {size:,} that it names")
    units = np.frombuffer(data, dtype="<u4", count=size // 4, offset=4).astype(np.int64)
    texts = len(data) - 4 - size
    seen = np.zeros(len(units), dtype=bool)
    nodes = _offset(units[:1])
    while len(nodes):
        if int((nodes | 0xFF).max()) >= len(units):
            raise _damaged(file, "its character map points outside itself")
        nodes = np.unique(nodes[~seen[nodes]])
        seen[nodes] = True
        children = [_children(units, nodes[start : start + _BLOCK]) for start in range(0, len(nodes), _BLOCK)]
        places = np.concatenate(children) if children else np.empty(0, dtype=np.int64)
        nodes = places ^ _offset(units[places])
        leaves = nodes[(units[places] >> 8) & 1 == 1]
        if len(leaves) and (int(leaves.max()) >= len(units) or int((units[leaves] & 0x7FFFFFFF).max()) >= texts):
            raise _damaged(file, "its character map points behind its texts")


def _children(units: NDArray[np.int64], nodes: NDArray[np.int64]) -> NDArray[np.int64]:
    """The units below these nodes: those that carry the label by which they are reached."""
    places = (nodes[:, None] ^ _LABELS[None, :]).reshape(-1)
    labels = np.broadcast_to(_LABELS, (len(nodes), len(_LABELS))).reshape(-1)
    found: NDArray[np.int64] = places[units[places] & 0x800000FF == labels]
    return found


def _offset(units: NDArray[np.int64]) -> NDArray[np.int64]:
    return (units >> 10) << ((units & 0x200) >> 6)


def _damaged(file: str, what: str) -> InvalidCheckpoint:
    return InvalidCheckpoint(f"{file} is damaged: {what}; download the file again")

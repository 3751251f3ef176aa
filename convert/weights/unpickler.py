"""The pickle of a torch checkpoint, read as a description of tensors: nothing is imported, called or created.

An interpreter of the few opcodes that torch writes (protocols 2 to 5). Whatever a pickle names is looked up in one
closed table and stands for a value of ours; any other name, opcode or call is refused. Dictionaries stay lists of
pairs, so that nothing is hashed or compared, and every value costs at least one opcode, of which there is a limit.
Where the numbers of a tensor lie is for `torch_file.py` to know.
"""

import struct
from collections.abc import Callable, Mapping
from typing import Any

from convert.errors import InvalidCheckpoint
from convert.weights.torch_values import GLOBALS, Callee, Dictionary, Dtype, Storage, StorageType, Tensor

MAX_PICKLE_BYTES = 16 * 1024 * 1024
"""Some hundred bytes describe a tensor: enough for tens of thousands of them in one file."""
_MAX_OPCODES = 2_500_000
_MAX_INTEGER_BYTES = 16
_MAX_DIMENSIONS = 32
_MAX_ARGUMENTS = 16


class _Mark:
    """The place on the stack where the arguments of the next collecting opcode begin."""


_MARK = _Mark()


def unpickle(data: bytes, file: str, start: int = 0) -> tuple[Any, int]:
    """The value of the pickle that begins at `start`, and the position behind it.

    Values are None, bool, int, float, str, bytes, tuple, list, and those of `torch_values.py`; containers may hold
    themselves. `file` is for messages. Raises InvalidCheckpoint for everything that is not a description of tensors.
    """
    machine = _Machine(data, file, start)
    return machine.run(), machine.position


class _Machine:
    def __init__(self, data: bytes, file: str, start: int) -> None:
        self.position = start
        self._data = data
        self._file = file
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}

    def run(self) -> Any:
        for _ in range(_MAX_OPCODES):
            opcode = self._take(1)
            if opcode == b".":
                return self._pop()
            action = _ACTIONS.get(opcode)
            if action is None:
                raise self._unsafe(f"its pickle uses the opcode {opcode!r}")
            action(self)
        raise self._damaged(f"its pickle has more than {_MAX_OPCODES:,} steps")

    # Reading

    def _take(self, size: int) -> bytes:
        piece = self._data[self.position : self.position + size]
        if len(piece) < size:
            raise self._damaged(f"its pickle ends within {size} bytes at byte {self.position}")
        self.position += size
        return piece

    def _number(self, size: int) -> int:
        return int.from_bytes(self._take(size), "little")

    def _line(self) -> str:
        end = self._data.find(b"\n", self.position, self.position + 256)
        if end < 0:
            raise self._damaged("a name in its pickle has no end")
        line = self._text(end - self.position)
        self.position += 1
        return line

    def _text(self, size: int) -> str:
        try:
            return self._take(size).decode("utf-8")
        except UnicodeDecodeError as error:
            raise self._damaged("a text in its pickle is not UTF-8") from error

    # The stack

    def push(self, value: Any) -> None:
        self._stack.append(value)

    def _pop(self) -> Any:
        if not self._stack or self._stack[-1] is _MARK:
            raise self._damaged("its pickle takes a value that is not there")
        return self._stack.pop()

    def _top(self) -> Any:
        value = self._pop()
        self._stack.append(value)
        return value

    def _to_mark(self) -> list[Any]:
        values: list[Any] = []
        while self._stack:
            value = self._stack.pop()
            if value is _MARK:
                values.reverse()
                return values
            values.append(value)
        raise self._damaged("its pickle closes a list that was never opened")

    # Opcodes

    def protocol(self) -> None:
        version = self._number(1)
        if not 2 <= version <= 5:
            raise self._damaged(f"its pickle has protocol {version}")

    def mark(self) -> None:
        self.push(_MARK)

    def tuple_of(self, size: int) -> None:
        values = [self._pop() for _ in range(size)]
        self.push(tuple(reversed(values)))

    def tuple_to_mark(self) -> None:
        self.push(tuple(self._to_mark()))

    def integer(self, size: int, *, signed: bool = False) -> None:
        self.push(int.from_bytes(self._take(size), "little", signed=signed))

    def long(self, width: int) -> None:
        size = self._number(width)
        if size > _MAX_INTEGER_BYTES:
            raise self._damaged(f"its pickle holds a number of {size:,} bytes")
        self.integer(size, signed=True)

    def real(self) -> None:
        self.push(struct.unpack(">d", self._take(8))[0])

    def text(self, width: int) -> None:
        self.push(self._text(self._number(width)))

    def raw(self, width: int) -> None:
        self.push(self._take(self._number(width)))

    def frame(self) -> None:
        self._take(8)  # only a hint for readers of streams

    def append(self) -> None:
        value = self._pop()
        self._list().append(value)

    def appends(self) -> None:
        values = self._to_mark()
        self._list().extend(values)

    def _list(self) -> list[Any]:
        target = self._top()
        if not isinstance(target, list):
            raise self._damaged("its pickle appends to something that is no list")
        return target

    def set_item(self) -> None:
        value, key = self._pop(), self._pop()
        self._dictionary().pairs.append((key, value))

    def set_items(self) -> None:
        values = self._to_mark()
        if len(values) % 2:
            raise self._damaged("its pickle sets a key without a value")
        self._dictionary().pairs.extend(zip(values[::2], values[1::2], strict=True))

    def _dictionary(self) -> Dictionary:
        target = self._top()
        if not isinstance(target, Dictionary):
            raise self._damaged("its pickle sets a key of something that is no dictionary")
        return target

    def put(self, width: int) -> None:
        self._memo[self._number(width)] = self._top()

    def memoize(self) -> None:
        self._memo[len(self._memo)] = self._top()

    def get(self, width: int) -> None:
        key = self._number(width)
        if key not in self._memo:
            raise self._damaged(f"its pickle refers to value {key}, which it does not have")
        self.push(self._memo[key])

    def global_in_lines(self) -> None:
        self._global(self._line(), self._line())

    def global_on_stack(self) -> None:
        name, module = self._pop(), self._pop()
        if not isinstance(module, str) or not isinstance(name, str):
            raise self._damaged("its pickle names something by a value that is no text")
        self._global(module, name)

    def _global(self, module: str, name: str) -> None:
        known = GLOBALS.get(f"{module}.{name}")
        if known is None:
            raise self._unsafe(f"its pickle asks for {_shown(module)}.{_shown(name)}")
        self.push(known)

    def persistent(self) -> None:
        match self._pop():
            case ("storage", StorageType(dtype), str(key), str(), int(count)) if count >= 0:
                self.push(Storage(dtype, key, count))
            case ("storage", StorageType(dtype), str(key), str(), int(count), None) if count >= 0:  # before torch 1.6
                self.push(Storage(dtype, key, count))
            case _:
                raise self._damaged("its pickle describes a storage in an unknown way")

    def build(self) -> None:
        self._pop()  # the attributes of a state dict (`_metadata`): nothing of them is needed
        target = self._top()
        if not isinstance(target, Dictionary) or not target.ordered:
            raise self._unsafe("its pickle sets attributes of something that is no OrderedDict")

    def call(self) -> None:
        arguments, callee = self._pop(), self._pop()
        if not isinstance(callee, Callee) or not isinstance(arguments, tuple):
            raise self._unsafe("its pickle calls something that makes no tensor")
        if len(arguments) > _MAX_ARGUMENTS:  # a long tuple, looked at a million times, would take days
            raise self._damaged(f"its pickle describes a tensor by {len(arguments):,} values")
        match callee, arguments:
            case Callee.ORDERED, ():
                self.push(Dictionary(ordered=True))
            case Callee.SIZE, (tuple() as sizes,):
                self.push(sizes)
            case Callee.PARAMETER, (Tensor() as tensor, bool(), Dictionary(pairs=[])):
                self.push(tensor)
            case Callee.TENSOR, (Storage() as storage, offset, shape, strides, bool(), Dictionary(pairs=[]), *rest) if (
                storage.dtype is not None and _is_metadata(rest)
            ):
                self.push(self._tensor(storage, storage.dtype, offset, shape, strides))
            case Callee.TYPED_TENSOR, (
                Storage() as storage,
                offset,
                shape,
                strides,
                bool(),
                Dictionary(pairs=[]),
                Dtype(dtype),
                *rest,
            ) if storage.dtype is None and _is_metadata(rest):
                self.push(self._tensor(storage, dtype, offset, shape, strides))
            case _:
                raise self._damaged("its pickle describes a tensor in an unknown way")

    def _tensor(self, storage: Storage, dtype: str, offset: Any, shape: Any, strides: Any) -> Tensor:
        if (
            isinstance(shape, tuple)
            and isinstance(strides, tuple)
            and len(shape) == len(strides) <= _MAX_DIMENSIONS
            and all(type(number) is int and 0 <= number < 2**48 for number in (offset, *shape, *strides))
        ):
            return Tensor(storage, dtype, offset, shape, strides)
        raise self._damaged("its pickle describes a tensor whose shape is no list of whole numbers")

    # Errors

    def _damaged(self, found: str) -> InvalidCheckpoint:
        return InvalidCheckpoint(
            f"{self._file} is damaged: {found}; tensors saved by torch were expected; "
            "download the file again or take the safetensors version"
        )

    def _unsafe(self, found: str) -> InvalidCheckpoint:
        return InvalidCheckpoint(
            f"{self._file} holds more than tensors: {found}; a state_dict was expected (nothing of the file was run); "
            "take the safetensors version, or, only if you trust its origin, save the model's state_dict() alone"
        )


def _is_metadata(rest: list[Any]) -> bool:
    """Whether these further arguments of a tensor say nothing (newer versions of torch may append an empty one)."""
    return all(item is None or (isinstance(item, Dictionary) and not item.pairs) for item in rest)


def _shown(name: str) -> str:
    """A name that a stranger chose, fit for one line."""
    return ascii(name)[1:-1][:80]


_ACTIONS: Mapping[bytes, Callable[[_Machine], None]] = {
    b"\x80": _Machine.protocol,
    b"(": _Machine.mark,
    b"N": lambda machine: machine.push(None),
    b"\x88": lambda machine: machine.push(True),
    b"\x89": lambda machine: machine.push(False),
    b")": lambda machine: machine.push(()),
    b"]": lambda machine: machine.push([]),
    b"}": lambda machine: machine.push(Dictionary()),
    b"\x85": lambda machine: machine.tuple_of(1),
    b"\x86": lambda machine: machine.tuple_of(2),
    b"\x87": lambda machine: machine.tuple_of(3),
    b"t": _Machine.tuple_to_mark,
    b"K": lambda machine: machine.integer(1),
    b"M": lambda machine: machine.integer(2),
    b"J": lambda machine: machine.integer(4, signed=True),
    b"\x8a": lambda machine: machine.long(1),
    b"\x8b": lambda machine: machine.long(4),
    b"G": _Machine.real,
    b"\x8c": lambda machine: machine.text(1),
    b"X": lambda machine: machine.text(4),
    b"\x8d": lambda machine: machine.text(8),
    b"U": lambda machine: machine.text(1),  # texts of Python 2
    b"T": lambda machine: machine.text(4),
    b"C": lambda machine: machine.raw(1),
    b"B": lambda machine: machine.raw(4),
    b"\x8e": lambda machine: machine.raw(8),
    b"\x95": _Machine.frame,
    b"a": _Machine.append,
    b"e": _Machine.appends,
    b"s": _Machine.set_item,
    b"u": _Machine.set_items,
    b"q": lambda machine: machine.put(1),
    b"r": lambda machine: machine.put(4),
    b"\x94": _Machine.memoize,
    b"h": lambda machine: machine.get(1),
    b"j": lambda machine: machine.get(4),
    b"c": _Machine.global_in_lines,
    b"\x93": _Machine.global_on_stack,
    b"Q": _Machine.persistent,
    b"b": _Machine.build,
    b"R": _Machine.call,
}
"""The opcodes torch writes; there is no entry for those that build instances of classes."""

"""How much memory may be taken now: of the host, within the limits of this process's control groups, and of each GPU.

A reserve is kept of each. The system reclaims file pages, the model's own weights among them, before it refuses memory:
a plan to the last byte would be read from disk over and over.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import psutil

from assistant.hardware import Device
from assistant.plan.control_groups import limits
from assistant.plan.setting import Sizes

HOST = "CPU"
"""The name of the host's memory, which is llama.cpp's name for the processor."""
_GPU_RESERVE = 512 << 20
"""Contexts of the driver and its libraries, and what the screen draws."""
_LEAST_RESERVE, _MOST_RESERVE = 256 << 20, 1 << 30
_RESERVED_SHARE = 16


@dataclass(frozen=True, slots=True)
class Free:
    """Bytes that may be taken, by the name of the device; the reserve is already kept back."""

    usable: Mapping[str, int]
    reserve: Mapping[str, int] = field(default_factory=dict)
    shared: frozenset[str] = frozenset()
    """Devices without memory of their own: what lies on them lies in the host's too (Metal, integrated GPUs)."""

    def holds(self, sizes: Sizes, factor: float = 1.0) -> bool:
        """Whether so much, times the factor, fits on every device."""
        return all(used * factor <= self.usable.get(device, 0) for device, used in self._used(sizes).items())

    def over(self, factor: float) -> "Free":
        """The same for figures that are to be multiplied by this: what holds them holds the products here."""
        return replace(self, usable={device: int(size / factor) for device, size in self.usable.items()})

    def tightest(self, sizes: Sizes) -> str:
        """The device that is fullest with these sizes, or overfull."""
        used = self._used(sizes)
        return max(used, key=lambda device: used[device] / max(1, self.usable.get(device, 0)), default=HOST)

    def _used(self, sizes: Sizes) -> dict[str, int]:
        used = {device: sizes.on(device) for device in sizes.devices | {HOST}}
        used[HOST] += sum(used.get(device, 0) for device in self.shared)
        return used


def free_memory(devices: Iterable[Device], held: Mapping[str, int] | None = None) -> Free:
    """Free now. `held`: bytes by device that the asking engine has already and would give back or use on."""
    host = psutil.virtual_memory()
    total, available = host.total, host.available
    for limit in limits():
        total, available = min(total, limit.most), min(available, limit.left)
    usable, reserve = {HOST: available}, {HOST: min(max(total // _RESERVED_SHARE, _LEAST_RESERVE), _MOST_RESERVE)}
    shared = set()
    for device in devices:
        if device.kind not in {"gpu", "integrated gpu"}:
            continue
        usable[device.name], reserve[device.name] = device.memory_free, _GPU_RESERVE
        if device.kind == "integrated gpu" or device.name.startswith(("Metal", "MTL")):
            shared.add(device.name)
    for name, size in (held or {}).items():
        if name in usable:
            usable[name] += size
    return Free({name: max(0, size - reserve[name]) for name, size in usable.items()}, reserve, frozenset(shared))

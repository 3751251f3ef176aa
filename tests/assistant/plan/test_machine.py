"""Free memory: the host's, what control groups leave of it, and that of GPUs."""

from pathlib import Path

import psutil
import pytest

from assistant.hardware import Device
from assistant.plan import machine
from assistant.plan.control_groups import UNLIMITED, Limit, limits
from assistant.plan.machine import HOST, Free, free_memory
from assistant.plan.setting import Sizes

MIB, GIB = 1 << 20, 1 << 30


def tree(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="ascii")
    return root


V2_GROUP = {
    "proc/self/cgroup": "0::/user.slice/app.scope\n",
    "sys/fs/cgroup/cgroup.procs": "",
    "sys/fs/cgroup/user.slice/app.scope/memory.max": f"{4 * GIB}\n",
    "sys/fs/cgroup/user.slice/app.scope/memory.current": f"{3 * GIB}\n",
    "sys/fs/cgroup/user.slice/app.scope/memory.stat": f"anon {GIB}\nfile 999\ninactive_file {GIB}\nactive_file 512\n",
    "sys/fs/cgroup/user.slice/memory.max": "max\n",
    "sys/fs/cgroup/user.slice/memory.current": "12345\n",
}


def test_version_2(tmp_path: Path) -> None:
    assert limits(tree(tmp_path, V2_GROUP)) == [Limit(4 * GIB, 2 * GIB + 512)]


def test_version_2_counts_the_groups_above_too(tmp_path: Path) -> None:
    above = {"sys/fs/cgroup/user.slice/memory.max": f"{2 * GIB}", "sys/fs/cgroup/user.slice/memory.current": f"{GIB}"}
    assert limits(tree(tmp_path, V2_GROUP | above)) == [Limit(4 * GIB, 2 * GIB + 512), Limit(2 * GIB, GIB)]


def test_inside_a_container_the_mounted_group_is_its_own(tmp_path: Path) -> None:
    files = {
        "proc/self/cgroup": "0::/docker/0123abc\n",
        "sys/fs/cgroup/cgroup.procs": "",
        "sys/fs/cgroup/memory.max": f"{GIB}\n",
        "sys/fs/cgroup/memory.current": f"{GIB // 4}\n",
    }
    assert limits(tree(tmp_path, files)) == [Limit(GIB, GIB * 3 // 4)]


def test_version_1(tmp_path: Path) -> None:
    group = "sys/fs/cgroup/memory/docker/0123abc"
    files = {
        "proc/self/cgroup": "9:name=systemd:/x\n4:memory:/docker/0123abc\n3:cpuset:/\n",
        "sys/fs/cgroup/memory/cgroup.procs": "",
        f"{group}/memory.limit_in_bytes": f"{2 * GIB}\n",
        f"{group}/memory.usage_in_bytes": f"{GIB}\n",
        f"{group}/memory.stat": f"cache 1\ntotal_inactive_file {MIB}\ntotal_active_file {MIB}\n",
        "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
        "sys/fs/cgroup/memory/memory.usage_in_bytes": f"{5 * GIB}\n",
    }
    assert limits(tree(tmp_path, files)) == [Limit(2 * GIB, GIB + 2 * MIB)]


def test_more_used_than_allowed_leaves_nothing(tmp_path: Path) -> None:
    files = V2_GROUP | {"sys/fs/cgroup/user.slice/app.scope/memory.current": f"{9 * GIB}"}
    assert limits(tree(tmp_path, files)) == [Limit(4 * GIB, 0)]


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"proc/self/cgroup": "nonsense\n\n:::\n"},
        {"proc/self/cgroup": "0::/../../etc\n", "sys/fs/cgroup/cgroup.procs": ""},
        V2_GROUP | {"sys/fs/cgroup/user.slice/app.scope/memory.max": "plenty"},
        V2_GROUP | {"sys/fs/cgroup/user.slice/app.scope/memory.max": "max"},
        V2_GROUP | {"sys/fs/cgroup/user.slice/app.scope/memory.max": str(UNLIMITED)},
        V2_GROUP | {"sys/fs/cgroup/user.slice/app.scope/memory.current": "-5"},
    ],
)
def test_no_limit(tmp_path: Path, files: dict[str, str]) -> None:
    assert limits(tree(tmp_path, files)) == []


def test_this_machine() -> None:
    free = free_memory([])
    assert 0 <= free.usable[HOST] <= psutil.virtual_memory().total
    assert 256 * MIB <= free.reserve[HOST] <= GIB


def test_a_limit_counts_where_it_is_narrower(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "limits", lambda: [Limit(2 * GIB, 700 * MIB), Limit(9 << 40, 9 << 40)])
    free = free_memory([])
    assert free.reserve[HOST] == 256 * MIB
    assert free.usable[HOST] == (700 - 256) * MIB
    assert free_memory([], {HOST: 100 * MIB}).usable[HOST] == (800 - 256) * MIB


def test_devices() -> None:
    devices = [
        Device("CPU", "a processor", "cpu", 5 * GIB, 9 * GIB),
        Device("CUDA0", "a card", "gpu", 8 * GIB, 9 * GIB),
        Device("MTL0", "Apple M3", "gpu", 5 * GIB, 9 * GIB),
        Device("Vulkan0", "in the processor", "integrated gpu", 100, 9 * GIB),
    ]
    free = free_memory(devices, {"CUDA0": GIB, "gone": GIB})
    assert set(free.usable) == {HOST, "CUDA0", "MTL0", "Vulkan0"}
    assert free.usable["CUDA0"] == 9 * GIB - free.reserve["CUDA0"]
    assert free.usable["Vulkan0"] == 0
    assert free.shared == {"MTL0", "Vulkan0"}


def test_what_fits() -> None:
    free = Free({HOST: 100, "GPU": 50})
    assert free.holds(Sizes({HOST: 60}, {HOST: 40}, {}))
    assert not free.holds(Sizes({HOST: 60}, {HOST: 41}, {}))
    assert not free.holds(Sizes({HOST: 60}, {HOST: 40}, {}), 1.01)
    assert not free.holds(Sizes({"GPU": 51}, {}, {}))
    assert not free.holds(Sizes({"unknown": 1}, {}, {}))
    assert free.tightest(Sizes({HOST: 60, "GPU": 40}, {}, {})) == "GPU"
    assert free.tightest(Sizes({}, {}, {})) == HOST
    assert not Free({HOST: 100, "GPU": 50}, shared=frozenset({"GPU"})).holds(Sizes({HOST: 60, "GPU": 41}, {}, {}))

"""A plan as `luciole plan --json` prints it: the fields other programs rely on, sizes in MiB."""

from assistant.plan.plan import Option, Plan
from assistant.plan.setting import Sizes

_MIB = 1 << 20


def plan_out(plan: Plan) -> dict[str, object]:
    """`chosen` (one of `options`, or null), `options`, `free_mib`, `reason`; `devices` has what is free on each."""
    return {
        "chosen": option_out(plan.chosen) if plan.chosen else None,
        "options": [option_out(option) for option in plan.options],
        "free_mib": _mib(sum(size for name, size in plan.free.usable.items() if name not in plan.free.shared)),
        "devices": {
            name: {"free_mib": _mib(size), "reserve_mib": _mib(plan.free.reserve.get(name, 0))}
            for name, size in plan.free.usable.items()
        },
        "reason": plan.reason,
        "next_smaller": plan.next_smaller.words if plan.next_smaller else None,
    }


def option_out(option: Option) -> dict[str, object]:
    """`mib.total` is what is held against the free memory: corrected by earlier readings, where there were any."""
    setting, seconds = option.setting, option.seconds
    return {
        "context": setting.context,
        "kv": setting.kv,
        "flash": setting.flash,
        "gpu_layers": setting.gpu_layers,
        "batch": setting.batch,
        "mib": _parts(option.sizes) | {"total": _mib(option.memory)},
        "devices": {
            name: {
                "weights": _mib(option.sizes.weights.get(name, 0)),
                "kv": _mib(option.sizes.kv.get(name, 0)),
                "compute": _mib(option.sizes.compute.get(name, 0)),
            }
            for name in sorted(option.sizes.devices)
        },
        "seconds": {"first_word": round(seconds.read, 2), "answer": round(seconds.write, 2)} if seconds else None,
        "fits": option.fits,
    }


def _parts(sizes: Sizes) -> dict[str, float]:
    return {
        "weights": _mib(sum(sizes.weights.values())),
        "kv": _mib(sum(sizes.kv.values())),
        "compute": _mib(sum(sizes.compute.values())),
    }


def _mib(size: int) -> float:
    return round(size / _MIB, 1)

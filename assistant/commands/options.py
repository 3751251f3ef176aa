"""Options that several commands share: which model, and how it is loaded."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

import click

from assistant.engine import EngineSettings, KvTypes

Function = TypeVar("Function", bound=Callable[..., object])

KV_TYPES = ("f16", "q8_0", "q4_0")


def _kv_types(_ctx: click.Context, _param: click.Parameter, value: str | None) -> KvTypes | None:
    """`q8_0`, or `q8_0/f16` for keys and values of different types."""
    if value is None:
        return None
    keys, slash, values = value.lower().partition("/")
    found = (keys, values if slash else keys)
    if not set(found) <= set(KV_TYPES):
        raise click.BadParameter(f"{value!r} is not {', '.join(KV_TYPES)}, or two of them as q8_0/f16")
    return found


GPU_LAYERS = click.option(
    "--gpu-layers", type=click.IntRange(0), metavar="N", help="Layers to offload; default: all that fit."
)
KV = click.option(
    "--kv",
    callback=_kv_types,
    metavar="TYPES",
    help="Types of keys and values in memory: f16, q8_0, q4_0, or two as q8_0/f16; default: the fastest that fits.",
)
THREADS = click.option("--threads", type=click.IntRange(1), metavar="N", help="Threads; default: by the machine.")

_ENGINE = (
    click.option(
        "-m",
        "--model",
        metavar="MODEL",
        help="Path, name in the model folder, starter, or owner/name on the hub; default: the default model.",
    ),
    click.option("--context", type=click.IntRange(1), metavar="N", help="Most tokens of context; default: as trained."),
    KV,
    GPU_LAYERS,
    THREADS,
)


def engine_options(function: Function) -> Function:
    """`--model`, `--context`, `--kv`, `--gpu-layers`, `--threads`; together an `EngineSettings` through `settings`.

    A model that is a name on the hub is fetched before the command runs, if it is not here yet.
    """
    function = fetched_first(function)
    for option in reversed(_ENGINE):
        function = option(function)
    return function


def fetched_first(function: Function) -> Function:
    """A command whose `model` is fetched from the hub where it is a name there and not here: after all is parsed."""

    @wraps(function)
    def run(*arguments: Any, model: str | None, **options: Any) -> object:
        if model is not None and "/" in model:
            from assistant.commands.fetching import here  # most commands need no hub

            model = here(model)
        return function(*arguments, model=model, **options)

    return cast("Function", run)


def settings(
    context: int | None, gpu_layers: int | None, threads: int | None, kv: KvTypes | None = None
) -> EngineSettings:
    """What `--context`, `--gpu-layers`, `--threads` and `--kv` say."""
    return EngineSettings(context=context, gpu_layers=gpu_layers, threads=threads, kv=kv)

"""`luciole doctor`: what is installed, what the machine has, where things lie; what is amiss is a line of its own."""

from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from assistant.hardware import Hardware
    from assistant.hub.standing import HubStanding

EPILOG = """\b
Examples:
  luciole doctor
  luciole doctor --json
"""


@dataclass(frozen=True, slots=True)
class Found:
    """A thing that was looked for: where it is, or what stands in the way. One of the two is None."""

    path: str | None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Installed:
    """A file of the model folder; `problem` where it is no sound GGUF."""

    name: str
    bytes: int
    quantization: str | None
    proof: str
    """`proven`, `partly proven` or `unproven`."""
    problem: str | None = None


@click.command(epilog=EPILOG)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def doctor(as_json: bool) -> None:
    """Show what this installation and this machine can do.

    Versions, processor features, memory, devices, whether GPU offload is compiled in and the line that would add it,
    folders, what is set about the hub, the default model, and the models that are there.
    """
    from assistant.hardware import hardware, reinstall_lines
    from assistant.readings import kept
    from assistant.sanitize import printable_json
    from assistant.summary.kept import kept_pieces

    machine = hardware()
    offload = machine.llama is not None and machine.llama.gpu_offload
    reinstall = {} if offload else reinstall_lines()
    folders, model, models, readings, pieces = _folders(), _default_model(), _models(), kept(), kept_pieces()
    hub, hub_problem = _hub()
    if as_json:
        result = {
            "luciole": version("luciole"),
            **asdict(machine),
            "gpu_offload": offload,
            "reinstall": reinstall,
            "folders": {name: asdict(found) for name, found in folders.items()},
            "default_model": asdict(model),
            "models": [asdict(installed) for installed in models],
            "hub": {**(asdict(hub) if hub else {}), "problem": hub_problem},
            "saved_readings": asdict(readings),
            "summaries_of_parts": asdict(pieces),
        }
        click.echo(printable_json(result))
        return
    rows = [("luciole", version("luciole")), *_machine_rows(machine)]
    rows += [("GPU offload", "compiled in" if offload else "not compiled in; one of these lines adds it:")]
    rows += [(f"  {backend}", line) for backend, line in reinstall.items()]
    rows += [(f"{name} folder", _shown(found)) for name, found in folders.items()]
    rows += [("readings", f"{readings.words}; luciole cache clear removes them")]
    rows += [("parts", f"{pieces.words}; luciole cache clear removes them")]
    rows += _hub_rows(hub) if hub else [("hub", hub_problem or "")]
    rows += [("default model", _shown(model))]
    rows += [("models", "" if models else "none in the model folder")]
    rows += [(f"  {found.name}", _described(found)) for found in models]
    _print(rows)


def _machine_rows(machine: "Hardware") -> list[tuple[str, str]]:
    llama = machine.llama
    rows = [
        ("llama.cpp", f"llama-cpp-python {llama.version}, ggml {llama.ggml}" if llama else machine.problem or ""),
        ("python", machine.python),
        ("system", machine.system),
        ("processor", f"{machine.processor}, {machine.cores} cores, {machine.threads} threads"),
    ]
    if llama:
        rows.append(("features", ", ".join(llama.features)))
    rows.append(("memory", f"{_gib(machine.memory_free)} free of {_gib(machine.memory_total)}"))
    if llama:
        rows += [
            (
                f"device {device.name}",
                f"{device.description} ({device.kind}), {_gib(device.memory_free)} free of {_gib(device.memory_total)}",
            )
            for device in llama.devices
        ]
    return rows


def _folders() -> dict[str, Found]:
    from assistant.paths import folder, models_folder

    paths = {"data": folder("data"), "config": folder("config"), "cache": folder("cache"), "model": models_folder()}
    return {
        name: Found(str(path)) if path.is_dir() else Found(None, f"cannot be made ({path}); set LUCIOLE_HOME")
        for name, path in paths.items()
    }


def _hub() -> "tuple[HubStanding | None, str | None]":
    """What is set about the hub, or what stands in the way."""
    from assistant.errors import HubFailed

    try:
        from assistant.hub.standing import hub_standing
    except HubFailed as error:
        return None, str(error)
    return hub_standing(), None


def _hub_rows(hub: "HubStanding") -> list[tuple[str, str]]:
    offline = "; HF_HUB_OFFLINE is set: nothing is fetched" if hub.offline else ""
    token = f"set, in {hub.token}" if hub.token else "none is set; gated models need one, in HF_TOKEN"
    return [("hub", f"{hub.endpoint}{offline}"), ("hub cache", hub.cache), ("hub token", token)]


def _default_model() -> Found:
    from assistant.errors import AssistantError
    from assistant.models import find_model

    try:
        return Found(str(find_model(None)))
    except (AssistantError, OSError) as error:
        return Found(None, str(error))


def _models() -> list[Installed]:
    from assistant.library.installed import installed

    return sorted(
        (
            Installed(model.path.name, model.bytes, model.quantization or None, model.proof, model.problem or None)
            for model in installed()
            if model.place == "folder"
        ),
        key=lambda model: model.name,
    )


def _shown(found: Found) -> str:
    return found.path or found.problem or ""


def _described(model: Installed) -> str:
    return model.problem or f"{model.quantization}, {model.bytes / 2**20:,.1f} MiB, {model.proof}"


def _gib(size: int) -> str:
    return f"{size / 2**30:,.1f} GiB"


def _print(rows: list[tuple[str, str]]) -> None:
    """Two columns; values are not wrapped, so that a line to be copied stays one line."""
    from assistant.sanitize import printable

    width = max(len(name) for name, _ in rows) + 2
    for name, value in rows:
        text = " ".join(printable(value).split())
        click.echo(f"{printable(name):<{width}}{text}".rstrip())

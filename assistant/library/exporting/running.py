"""How a model runs here, gathered: the same sampling, plan and template that a chat takes. Nothing is loaded.

The plan is asked for in a child process, as `luciole plan` does, but measures nothing.
"""

from pathlib import Path
from typing import Any

from assistant.engine import KvTypes
from assistant.errors import EngineFailed, TemplateFailed
from assistant.gguf.file import read_header
from assistant.gguf.header import Header
from assistant.gguf.parts import other_parts
from assistant.library.exporting.setting import Running, Vocabulary
from assistant.library.installed import ENDING, PART
from assistant.library.origin import Origin, read_origin
from assistant.messages import Sampling
from assistant.plan.setting import Setting
from assistant.prompt.template import MAX_TEMPLATE
from assistant.sampling_defaults import sampling_for
from assistant.settings import read_settings

_PATIENCE_SECONDS = 120


def running(
    path: Path,
    *,
    context: int | None = None,
    kv: KvTypes | None = None,
    gpu_layers: int | None = None,
    template: Path | None = None,
) -> Running:
    """How the model at `path` runs here; what is given comes before what would be chosen. `template`: a Jinja file to
    take for the file's own template.

    Raises InvalidModelFile, InvalidSetting, TemplateFailed, and EngineFailed where no setting fits this machine.
    """
    path = path.absolute()
    header = read_header(path)
    sampling = sampling_for(header, read_settings(), path.stem)
    found = _plan(path, sampling, context, kv, gpu_layers)
    if found["chosen"] is None:
        raise EngineFailed(found["reason"])
    said = found["vocabulary"]
    origin = read_origin(path)
    return Running(
        name=PART.sub(ENDING, path.name).removesuffix(ENDING),
        parts=(path, *other_parts(path, header)),
        header=header,
        template=header.chat_template if template is None else _template(template),
        own_template=template is None,
        vocabulary=Vocabulary(said["bos"], said["eos"], said["adds_bos"], said["adds_eos"], tuple(said["ends"])),
        sampling=sampling,
        setting=_setting(found["chosen"]),
        layers=(header.layers or 0) + 1,
        licence=_licence(header, origin),
        publisher=origin.repository if origin else header.text("general.organization") or "",
    )


def _plan(
    path: Path, sampling: Sampling, context: int | None, kv: KvTypes | None, gpu_layers: int | None
) -> dict[str, Any]:
    from assistant.plan import asking  # noqa: PLC0415  looked up when it is asked, so that a test can answer for it

    request = {
        "path": str(path),
        "context": context,
        "text": None,
        "answer": sampling.max_tokens,
        "gpu_layers": gpu_layers,
        "kv": kv,
        "threads": None,
        "export": True,
    }
    found = asking.ask("assistant.llama.planner", request, seconds=_PATIENCE_SECONDS)
    if found is None:
        raise AssertionError("nobody interrupts this question")
    return found


def _setting(chosen: dict[str, Any]) -> Setting:
    k, _, v = chosen["kv"].partition("/")
    return Setting(chosen["context"], k, v, chosen["flash"], chosen["gpu_layers"], chosen["batch"])


def _licence(header: Header, origin: Origin | None) -> tuple[str, ...]:
    """What the file says of it, and what the hub said when the model was fetched."""
    keys = ("general.license.name", "general.license", "general.license.link")
    said = [header.text(key) or "" for key in keys] + ([origin.licence, origin.link] if origin else [])
    return tuple(dict.fromkeys(text for text in said if text))


def _template(file: Path) -> str:
    try:
        with file.open(encoding="utf-8") as opened:
            text = opened.read(MAX_TEMPLATE + 1)
    except (OSError, ValueError) as error:
        raise TemplateFailed(
            f"{file} cannot be read ({error}); a Jinja chat template in UTF-8 was expected; check the file"
        ) from error
    return text.strip()

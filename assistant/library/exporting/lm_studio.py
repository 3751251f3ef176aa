"""How LM Studio comes to a model, and the settings to enter there: it has no file of them to write.

Source: lmstudio.ai/docs (`app/basics/import-model`, `cli/local-models/import`, `cli/load`) and the `lms` program's own
`importCmd.ts`. It reads a model's own chat template from the file.
"""

import re
import shlex
from dataclasses import dataclass

from assistant.library.exporting.setting import Running, number, plain_paths, unsaid
from assistant.messages import Sampling
from assistant.sanitize import one_line

_DEFAULT = Sampling()
_LONGEST_NAME = 100
_FOLDER = "~/.lmstudio/models"


@dataclass(frozen=True, slots=True)
class LmStudio:
    """Where the files belong, the commands that bring them there and load the model, and the settings to enter."""

    folder: str
    """`publisher/model`, below LM Studio's folder of models."""
    commands: tuple[tuple[str, ...], ...]
    settings: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]

    @property
    def text(self) -> str:
        """For people; the commands can be taken over as they are."""
        width = max(len(name) for name, _ in self.settings)
        settings = [f"  {name:<{width}}  {value}" for name, value in self.settings]
        head = f"# The files belong in {_FOLDER}/{self.folder}/; this puts them there and loads the model:"
        lines = [head, *map(shlex.join, self.commands), "", "# Settings to enter there:", *settings, ""]
        return "\n".join([*lines, *(f"# {one_line(note)}" for note in self.notes)]) + "\n"


def lm_studio(running: Running) -> LmStudio:
    """What LM Studio needs to run the model as it runs here. Raises OutputFailed."""
    publisher, _, repository = running.publisher.partition("/")
    folder = f"{_name(publisher) or 'luciole'}/{_name(repository or running.name) or 'model'}"
    setting, sampling = running.setting, running.sampling
    commands: list[tuple[str, ...]] = [
        ("lms", "import", "--user-repo", folder, "--hard-link", path) for path in plain_paths(running)
    ]
    commands.append(
        (
            "lms",
            "load",
            folder,
            "--context-length",
            str(setting.context),
            "--gpu",
            _share(setting.gpu_layers, running.layers),
        )
    )
    entries = [
        ("Context Length", str(setting.context)),
        ("GPU Offload", str(setting.gpu_layers)),
        ("Flash Attention", "on" if setting.flash else "off"),
        ("K Cache Quantization Type", "off" if setting.k == "f16" else setting.k),
        ("V Cache Quantization Type", "off" if setting.v == "f16" else setting.v),
        ("Temperature", number(sampling.temperature)),
        ("Top K Sampling", str(sampling.top_k)),
        ("Top P Sampling", number(sampling.top_p)),
        ("Min P Sampling", number(sampling.min_p)),
        ("Repeat Penalty", "off" if sampling.repeat_penalty == 1 else number(sampling.repeat_penalty)),
    ]
    if sampling.max_tokens != _DEFAULT.max_tokens:
        entries.append(("Limit Response Length", str(sampling.max_tokens)))
    entries += [("Stop Strings", repr(stop)) for stop in sampling.stop]
    entries.append(("Prompt Template", "the file's own" if running.own_template else "to be entered (Jinja)"))
    notes = ["lms ls shows the name under which it is loaded, should LM Studio give it another"]
    notes += ["--copy instead of --hard-link where LM Studio keeps its models on another disk"]
    notes += unsaid(sampling, dry=False, biases=False)
    if running.template is None:
        notes.append("the file carries no chat template: a base model")
    return LmStudio(folder, tuple(commands), tuple(entries), tuple(notes))


def _name(text: str) -> str:
    """A name of a folder that `lms` takes."""
    plain = "".join(letter if letter.isprintable() else "-" for letter in text)
    return re.sub(r'[/<>:"\\|?*]+', "-", plain)[:_LONGEST_NAME].strip(" .")


def _share(layers: int, all_layers: int) -> str:
    """Layers on GPUs as `lms load --gpu` takes them."""
    if not layers:
        return "off"
    return "max" if layers >= all_layers else f"{layers / all_layers:.2f}"

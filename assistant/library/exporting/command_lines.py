"""The command lines with which llama.cpp's own programs run a model as it runs here.

Source: `tools/cli/README.md` and `tools/server/README.md` of llama.cpp. Both render the file's own Jinja template and
see by themselves that the begin token stands there once. The words are quoted for a POSIX shell.
"""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import TemplateFailed
from assistant.library.exporting.setting import Running, number, plain_paths, unsaid
from assistant.messages import Sampling
from assistant.prompt.template import render_template
from assistant.sanitize import one_line

_DEFAULT = Sampling()
_ADDS_BOS = "tokenizer.ggml.add_bos_token"
_ADDS_EOS = "tokenizer.ggml.add_eos_token"


@dataclass(frozen=True, slots=True)
class CommandLines:
    """The words of each line, and what is worth knowing of them."""

    chat: tuple[str, ...]
    server: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def text(self) -> str:
        """For a shell: comments, and the two lines."""
        comments = [f"# {one_line(note)}" for note in self.notes]
        return "\n".join([*comments, shlex.join(self.chat), shlex.join(self.server)]) + "\n"


def command_lines(running: Running, *, template_file: Path | None = None) -> CommandLines:
    """Lines for `llama-cli` and `llama-server`. `template_file`: where the template is not the file's own.

    Raises OutputFailed.
    """
    common = ["-m", plain_paths(running)[0], *_context(running), *_template(template_file)]
    overrides, notes = _overrides(running)
    common += [*overrides, *_sampling(running.sampling)]
    notes = [*notes, *unsaid(running.sampling, dry=True, biases=True)]
    if running.template is None:
        notes.insert(0, "the file carries no chat template; name one with --template")
    return CommandLines(("llama-cli", *common), ("llama-server", *common, "-np", "1"), tuple(notes))


def _context(running: Running) -> Iterator[str]:
    setting = running.setting
    yield from ("-c", str(setting.context), "-ctk", setting.k, "-ctv", setting.v)
    yield from ("-fa", "on" if setting.flash else "off", "-ngl", str(setting.gpu_layers))


def _template(file: Path | None) -> Iterator[str]:
    yield "--jinja"
    if file is not None:
        yield from ("--chat-template-file", str(file))


def _overrides(running: Running) -> tuple[list[str], list[str]]:
    """What the file says of begin and end tokens, made what it is here."""
    vocabulary = running.vocabulary
    wrong: list[str] = []
    notes: list[str] = []
    if vocabulary.adds_bos and vocabulary.bos and not _begins(running):
        wrong.append(_ADDS_BOS)
        notes.append(f"the file asks for the begin token {vocabulary.bos}; the template, and chats here, do without")
    if vocabulary.adds_eos:
        wrong.append(_ADDS_EOS)
        notes.append(f"the file asks for an end token ({vocabulary.eos}) behind every prompt; here none stands")
    return (["--override-kv", ",".join(f"{key}=bool:false" for key in wrong)] if wrong else []), notes


def _begins(running: Running) -> bool:
    """The template begins its prompts with the begin token, or nobody knows."""
    bos, eos = running.vocabulary.bos, running.vocabulary.eos
    try:
        prompt = render_template(running.template or "", [{"role": "user", "content": "?"}], bos=bos, eos=eos)
    except TemplateFailed:
        return True
    return running.template is None or prompt.startswith(bos)


def _sampling(sampling: Sampling) -> Iterator[str]:
    """The longest answer and the seed only where somebody chose them."""
    yield from ("--temp", number(sampling.temperature), "--top-k", str(sampling.top_k))
    yield from ("--top-p", number(sampling.top_p), "--min-p", number(sampling.min_p))
    yield from ("--repeat-penalty", number(sampling.repeat_penalty), "--repeat-last-n", str(sampling.penalty_window))
    if sampling.presence_penalty:
        yield from ("--presence-penalty", number(sampling.presence_penalty))
    if sampling.frequency_penalty:
        yield from ("--frequency-penalty", number(sampling.frequency_penalty))
    if sampling.dry_multiplier:
        yield from ("--dry-multiplier", number(sampling.dry_multiplier))
    for token, bias in sampling.logit_bias:
        if isinstance(token, int):
            yield from ("--logit-bias", f"{token}{bias:+g}")
    if sampling.max_tokens != _DEFAULT.max_tokens:
        yield from ("-n", str(sampling.max_tokens))
    if sampling.seed is not None:
        yield from ("-s", str(sampling.seed))
    for stop in sampling.stop:
        yield from ("-r", stop.replace("\\", "\\\\"))  # llama.cpp reads escapes in it

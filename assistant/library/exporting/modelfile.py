"""A Modelfile: the file from which Ollama makes a model of its own.

Source: Ollama's `docs/modelfile.mdx`, its reader (`parser/parser.go`) and its template engine (`template/template.go`).
Its prompts are cut by llama.cpp with the begin token in front where the file asks for it, and control tokens are made
of any text, the messages' too.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from assistant.errors import OutputFailed, TemplateFailed
from assistant.library.exporting.go import go_template
from assistant.library.exporting.setting import Running, about_beginning, number, plain_paths, unsaid
from assistant.library.exporting.turns import Turns, find_turns
from assistant.messages import Sampling
from assistant.sanitize import one_line

_DEFAULT = Sampling()
_SPLIT_VERSION = "0.35"
"""The first Ollama that takes a model in several files."""


@dataclass(frozen=True, slots=True)
class Modelfile:
    """The text, and what is worth knowing of it. `template` is None where there is none."""

    text: str
    template: str | None
    parameters: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


def modelfile(running: Running, *, with_template: bool = True) -> Modelfile:
    """The Modelfile of a model. Raises TemplateFailed where its chat template cannot be said in Ollama's language, and
    OutputFailed for a path that it cannot be told.
    """
    notes: list[str] = []
    turns = _turns(running) if with_template else None
    template = None
    if turns is not None:
        shortened = turns.without_beginning(running.vocabulary.bos) if running.vocabulary.adds_bos else None
        template = go_template(shortened or turns)
        notes += _about(turns, running)
    else:
        notes.append("there is no TEMPLATE: Ollama finds one by itself, or sends the words bare")
    sampling = running.sampling
    stops = list(dict.fromkeys(_stops(running, turns)))
    if unwritable := [stop for stop in stops if _quoted(stop) is None]:
        notes.append(f"left out, since a Modelfile cannot say it: the stop {', '.join(map(repr, unwritable))}")
    parameters = [("num_ctx", str(running.setting.context)), *_sampling(sampling)]
    parameters += [("stop", stop) for stop in stops if stop not in unwritable]
    notes += unsaid(sampling, dry=False, biases=False)
    notes += _about_memory(running)
    paths = [_said(path) for path in plain_paths(running)]
    if len(paths) > 1:
        notes.append(
            f"the model lies in {len(paths)} files, which Ollama {_SPLIT_VERSION} and later take; for earlier ones "
            "join them first: llama-gguf-split --merge FIRST-PART WHOLE.gguf"
        )
    lines = [
        f"# {one_line(running.name)}, written by luciole export --ollama",
        f"# ollama create {ollama_name(running.name)} -f FILE",
    ]
    lines += [f"# {one_line(note)}" for note in notes]
    lines += [f"FROM {path}" for path in paths]
    if template is not None:
        lines.append(f'TEMPLATE """{template}"""')
    lines += [f"PARAMETER {name} {_quoted(value) if name == 'stop' else value}" for name, value in parameters]
    if running.licence:
        lines.append('LICENSE """' + "\n".join(part.replace('"""', "'''") for part in running.licence) + '"""')
    return Modelfile("\n".join(lines) + "\n", template, tuple(parameters), tuple(notes))


def ollama_name(name: str) -> str:
    """A name that Ollama takes."""
    return re.sub(r"[^a-z0-9._-]+", "-", name.lower()).strip("._-") or "model"


def _turns(running: Running) -> Turns:
    if running.template is None:
        raise TemplateFailed(
            f"{running.parts[0].name} carries no chat template; an instruction-tuned model was expected; name a "
            "template with --template, or leave it out with --no-template"
        )
    return find_turns(running.template, bos=running.vocabulary.bos, eos=running.vocabulary.eos)


def _about(turns: Turns, running: Running) -> Iterator[str]:
    vocabulary, template = running.vocabulary, running.template or ""
    written = bool(vocabulary.bos) and turns.without_beginning(vocabulary.bos) is not None
    yield about_beginning(vocabulary, written=written)
    if vocabulary.adds_eos:
        yield f"Ollama puts the end token {vocabulary.eos} behind every prompt, as the file asks; here none stands"
    if not turns.takes_system:
        yield "the template takes no system message: one that is given is left out"
    if turns.strips:
        yield "the model's own template takes white space off the ends of messages; Ollama's cannot"
    if "strftime_now" in template:
        yield "the model's own template may write the date of the day; this one keeps what it wrote when it was made"
    if "</think>" in template:
        yield "the model's own template leaves the thoughts of earlier answers out; Ollama sends what it is given"
    if "tools" in template:
        yield "tools are left out"


def _about_memory(running: Running) -> Iterator[str]:
    k, v = running.setting.k, running.setting.v
    if (k, v) != ("f16", "f16"):
        exact = max(k, v, key=["q4_0", "q8_0", "f16"].index)
        yield (
            f"keys and values are {k}/{v} here; Ollama has one type for all models, with flash attention, set when it "
            f"is started: OLLAMA_FLASH_ATTENTION=1 OLLAMA_KV_CACHE_TYPE={exact} ollama serve"
        )


def _sampling(sampling: Sampling) -> Iterator[tuple[str, str]]:
    """Fields under Ollama's names. The longest answer and the seed only where somebody chose them."""
    yield "temperature", number(sampling.temperature)
    yield "top_k", str(sampling.top_k)
    yield "top_p", number(sampling.top_p)
    yield "min_p", number(sampling.min_p)
    yield "repeat_penalty", number(sampling.repeat_penalty)
    yield "repeat_last_n", str(sampling.penalty_window)
    if sampling.presence_penalty:
        yield "presence_penalty", number(sampling.presence_penalty)
    if sampling.frequency_penalty:
        yield "frequency_penalty", number(sampling.frequency_penalty)
    if sampling.max_tokens != _DEFAULT.max_tokens:
        yield "num_predict", str(sampling.max_tokens)
    if sampling.seed is not None:
        yield "seed", str(sampling.seed)


def _stops(running: Running, turns: Turns | None) -> Iterator[str]:
    """Texts that end an answer: the model's end tokens, the mark that its template puts behind one, and the user's."""
    roles = {token.role: token.text for token in running.header.special_tokens}
    yield from (text for role in ("eos", "eot", "eom") if (text := roles.get(role, "")))
    if turns is not None and (mark := running.marks_end(turns.answer_after.lstrip())):
        yield mark
    yield from running.sampling.stop


def _said(path: str) -> str:
    """A path after `FROM`."""
    quoted = _quoted(path)
    if quoted is None:
        raise OutputFailed(
            f"the path {path!r} cannot be told in a Modelfile; one without quotation marks at the ends of lines was "
            "expected; rename the file or its folder"
        )
    return quoted if path != path.strip() or path.startswith('"') else path


def _quoted(text: str) -> str | None:
    """A value between quotation marks, as Ollama reads it; None where it cannot be said.

    Its reader keeps printable characters and line ends, and takes the value for ended at a line end behind a mark.
    """
    if not text.replace("\n", "").isprintable() or '"""' in text:
        return None
    return f'"""{text}"""' if '"' in text or "\n" in text else f'"{text}"'

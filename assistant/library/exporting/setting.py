"""All that another program must be told to run a model as it runs here, as one frozen value. Nothing is asked here."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import OutputFailed
from assistant.gguf.header import Header
from assistant.messages import Sampling
from assistant.plan.setting import Setting

_CONTROL, _USER_DEFINED = 3, 4
"""llama.cpp's kinds of tokens that mark something (`tokenizer.ggml.token_type`)."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What llama.cpp itself takes a model's vocabulary for."""

    bos: str
    """Text of the begin token; empty where there is none."""
    eos: str
    adds_bos: bool
    """llama.cpp, and who uses it, puts the begin token before every prompt."""
    adds_eos: bool
    """And the end token behind it."""
    ends: tuple[str, ...]
    """Texts of the tokens that end an answer."""


@dataclass(frozen=True, slots=True)
class Running:
    """How one model runs here."""

    name: str
    parts: tuple[Path, ...]
    """Whole paths of its files, the first one first."""
    header: Header
    template: str | None
    """Its chat template, or the one that was named for it."""
    own_template: bool
    """The template is the file's own."""
    vocabulary: Vocabulary
    sampling: Sampling
    setting: Setting
    layers: int
    """Of the model, the output counting as one."""
    licence: tuple[str, ...] = ()
    """Name and address, as far as they are known."""
    publisher: str = ""
    """Who published it, and under which name, as far as that is known: `owner/name`."""

    def marks_end(self, text: str) -> str:
        """The token that the text begins with, if it is one that marks something; else nothing."""
        kinds = self.header.metadata.get("tokenizer.ggml.token_type", ())
        if not isinstance(kinds, tuple) or not text:
            return ""
        marks = (
            token
            for token, kind in zip(self.header.tokens, kinds, strict=False)
            if kind in (_CONTROL, _USER_DEFINED) and token.strip() and text.startswith(token)
        )
        return max(marks, key=len, default="")


def plain_paths(running: Running) -> tuple[str, ...]:
    """The paths as text. Raises OutputFailed where one has letters that do not show: readers drop or change them."""
    for path in running.parts:
        if not str(path).isprintable():
            raise OutputFailed(
                f"the path {str(path)!r} has characters that do not show; other programs cannot be told such a path; "
                "rename the file or its folder"
            )
    return tuple(map(str, running.parts))


def number(value: float) -> str:
    """A number as it was meant: 0.3, and not 0.30000001192."""
    return f"{value:.6g}"


def unsaid(sampling: Sampling, *, dry: bool, biases: bool) -> Iterator[str]:
    """What of the sampling another program cannot be told, or does in another way."""
    penalties = (sampling.repeat_penalty != 1, sampling.presence_penalty, sampling.frequency_penalty)
    if any(penalties) and not sampling.penalize_prompt:
        yield "its penalties also count the words of the prompt; here they count the answer's only"
    if sampling.dry_multiplier and not dry:
        yield f"DRY ({number(sampling.dry_multiplier)}) is left out: there is none"
    if any(isinstance(token, str) or not biases for token, _ in sampling.logit_bias):
        yield "biases of tokens are left out, as far as they name texts" if biases else "biases of tokens are left out"
    if sampling.grammar is not None or sampling.json_schema is not None:
        yield "the grammar is left out: it belongs to single requests"


def about_beginning(vocabulary: Vocabulary, *, written: bool) -> str:
    """What becomes of the begin token; `written`: the template begins its prompts with it."""
    bos = vocabulary.bos
    if not bos or not (vocabulary.adds_bos or written):
        return "no begin token: the template writes none, and the file asks for none"
    if vocabulary.adds_bos and written:
        return f"the begin token {bos} comes once: Ollama puts it there, as the file asks, and this template does not"
    if vocabulary.adds_bos:
        return f"Ollama puts the begin token {bos} in front, as the file asks; here prompts begin without it"
    return f"the begin token {bos} comes once: this template writes it, and the file does not ask for it"

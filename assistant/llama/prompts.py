"""What a model file is, as a frozen value, and the prompts it takes: their ids, and whether they fit its context."""

from collections.abc import Sequence
from pathlib import Path

from assistant.engine import ModelInfo
from assistant.errors import EngineFailed, PromptTooLong, TemplateFailed
from assistant.gguf.header import Header
from assistant.llama.model import LlamaModel
from assistant.messages import Plain, Prompt, Sampling
from assistant.prompt.render import render
from assistant.proof import read_standing

_SMALLEST_ANSWER = 64
"""Room that must be left for an answer; less is no answer."""
_LEAST_CONTEXT = 128


def describe(model: LlamaModel, header: Header, path: Path, name: str, context: int | None) -> ModelInfo:
    """The facts of a model, its context limited to what the user said. Raises EngineFailed where it cannot be used."""
    if not model.can_answer:
        raise EngineFailed(
            f"{path.name} ({header.architecture}) does not write text; a language model was expected; choose another"
        )
    limit = model.trained_context if context is None else context
    if limit < _LEAST_CONTEXT:
        raise EngineFailed(
            f"the context of {path.name} would be {limit:,} tokens; at least {_LEAST_CONTEXT}, for a "
            "question and its answer; ask for more with --context, or use another model"
        )
    if limit > model.trained_context:
        raise EngineFailed(
            f"a context of {limit:,} tokens was asked for; {path.name} was trained for "
            f"{model.trained_context:,}; ask for at most that"
        )
    return ModelInfo(
        name=name,
        path=str(path),
        architecture=header.architecture,
        parameters=header.parameters,
        quantization=header.quantization,
        context=limit,
        trained_context=model.trained_context,
        gpu_layers=model.gpu_layers,
        layers=model.layers,
        proof=read_standing(path).verdict,
    )


def prompt_ids(model: LlamaModel, header: Header, prompt: Prompt, file: str) -> list[int]:
    """Ids of the prompt for the next answer, or for more of one; `file` is named in errors.

    Raises TemplateFailed, EngineFailed.
    """
    template = header.chat_template
    if template is None and header.number(f"{header.architecture}.pooling_type"):
        raise EngineFailed(
            f"{file} makes vectors of texts and writes none; a language model was expected; choose another"
        )
    if isinstance(prompt, Plain):
        ids = model.encode_plain(prompt.whole, template or "")
        if not ids:
            raise EngineFailed("the prompt is an empty text; words to go on with were expected; give some")
        return ids
    if template is None:
        raise TemplateFailed(
            f"{file} carries no chat template; an instruction-tuned model was expected, since a base model cannot "
            "chat; use another model"
        )
    ids = model.encode(render(template, prompt, bos=model.bos, eos=model.eos))
    if not ids:
        raise TemplateFailed(
            f"the chat template of {file} makes an empty prompt; the messages were expected in it; use another model"
        )
    return ids


def expect_room(prompt: Sequence[int], sampling: Sampling, limit: int) -> None:
    """Raises PromptTooLong where prompt and answer exceed the limit, or the least of an answer does."""
    longest = limit - min(sampling.max_tokens, _SMALLEST_ANSWER)
    if len(prompt) > longest:
        raise PromptTooLong(
            f"the prompt has {len(prompt):,} tokens; at most {longest:,} fit the context of {limit:,} beside an "
            "answer; shorten it, or use a model with a longer context",
            tokens=len(prompt),
            limit=longest,
        )

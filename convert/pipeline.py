"""The whole conversion, top to bottom: folder to plan to bytes, one pass, one event a block."""

import os
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter

import numpy as np

from convert.architectures import find_architecture
from convert.checkpoint import Checkpoint, read_checkpoint
from convert.config import Config
from convert.errors import QuantizerFailed
from convert.ggml import F32
from convert.header import TensorInfo
from convert.hyperparameters import Hyperparameters
from convert.metadata import model_metadata, template_metadata
from convert.plan import Planned, plan
from convert.quantize import BLOCK_ELEMENTS, RECIPES, Quantizer, Work, file_info, tensor_types
from convert.report import Converted, Event, Fact, Report, RopeReport, Step, TemplateReport
from convert.spec import Architecture
from convert.templates import Template, read_template
from convert.tokens import Agreement, agree
from convert.vocabulary import Vocabulary, read_vocabulary
from convert.writer import Output

_ROPE_TENSOR = "rope_freqs.weight"


@dataclass(frozen=True, slots=True)
class _Model:
    """Everything that was read and decided before the first byte is written."""

    checkpoint: Checkpoint
    architecture: Architecture
    hyper: Hyperparameters
    unread: tuple[str, ...]
    tensors: tuple[Planned, ...]
    vocabulary: Vocabulary
    template: Template


def convert(
    source: Path, output: Path | None = None, *, quantization: str = "q4_k_m", force: bool = False
) -> Generator[Event, None, None]:
    """Convert a checkpoint folder to one GGUF file; the last event is `Converted`.

    `output` is a file or a folder; by default it is `<folder name>-<quantization>.gguf` in the current folder. Closing
    the iterator early leaves nothing behind. Raises ConversionError in one of its kinds; nothing is written for a model
    that cannot be written exactly.
    """
    started = perf_counter()
    recipe = RECIPES.get(quantization.lower())
    if recipe is None:
        raise QuantizerFailed(f"quantization {quantization!r} is unknown; one of {', '.join(RECIPES)} was expected")
    yield Step("reading the checkpoint", 0, 0)
    model = _read(source)
    target = _target(output, model.checkpoint.name, quantization.lower())
    with Output(target, force=force) as file:
        parameters = sum(int(np.prod(tensor.shape)) for tensor in model.tensors)
        keys = model_metadata(
            model.architecture, model.hyper, name=model.checkpoint.name, recipe=recipe, parameters=parameters
        )
        yield Step("choosing types", 0, 0)
        types = tensor_types(recipe, keys, [(tensor.name, tensor.shape) for tensor in model.tensors])
        infos = [file_info(tensor.name, types[tensor.name], tensor.shape) for tensor in model.tensors]
        divisors = model.hyper.rope.divisors
        extra = [TensorInfo(_ROPE_TENSOR, F32, (len(divisors),), 4 * len(divisors))] if divisors else []
        yield Step("comparing tokens", 0, 0)
        agreement = agree(model.vocabulary, keys | template_metadata(model.template), extra + infos)
        file.start(agreement.header, sum(info.padded for info in extra + infos))
        quantizer = Quantizer()
        yield from _write(file, len(agreement.header), quantizer, _works(model, extra, infos))
        yield Step("syncing", file.total, file.total)
        file.finish()
    yield Converted(_report(model, agreement, target, quantization.lower(), quantizer, file.total, started))


def _target(output: Path | None, name: str, quantization: str) -> Path:
    """The file to write: as asked, or named after the model in the folder asked for (or in the current one)."""
    default = f"{name}-{quantization}.gguf"
    if output is None:
        return Path(default)
    return output / default if output.is_dir() else output


def _read(source: Path) -> _Model:
    checkpoint = read_checkpoint(source)
    architecture = find_architecture(checkpoint.config)
    config = Config(checkpoint.config)
    hyper = architecture.hyperparameters(config)
    unread = config.finish()
    return _Model(
        checkpoint=checkpoint,
        architecture=architecture,
        hyper=hyper,
        unread=unread,
        tensors=plan(architecture, hyper, checkpoint.tensors),
        vocabulary=read_vocabulary(checkpoint, hyper.vocabulary),
        template=read_template(checkpoint),
    )


def _works(model: _Model, extra: list[TensorInfo], infos: list[TensorInfo]) -> Iterator[Work]:
    """The tensors in file order, each fetched only when its turn comes."""
    for info in extra:
        yield Work(info, [partial(np.array, [model.hyper.rope.divisors], dtype=np.float32)])
    for info, tensor in zip(infos, model.tensors, strict=True):
        yield Work(info, tensor.blocks(BLOCK_ELEMENTS))


def _write(file: Output, done: int, quantizer: Quantizer, works: Iterator[Work]) -> Iterator[Step]:
    with closing(quantizer.run(works)) as blocks:  # its threads end before the file goes
        for name, data in blocks:
            done += file.write(data.data)
            yield Step(name, done, file.total)


def _report(
    model: _Model,
    agreement: Agreement,
    target: Path,
    quantization: str,
    quantizer: Quantizer,
    size: int,
    started: float,
) -> Report:
    rope, template = model.hyper.rope, model.template
    return Report(
        output=target,
        bytes=size,
        seconds=perf_counter() - started,
        quantization=quantization,
        rope=RopeReport(rope.kind, rope.base, rope.source),
        context=model.hyper.context,
        template=TemplateReport(template.name, template.source),
        tokens_checked=agreement.texts,
        warnings=_warnings(model),
        facts=_facts(model, agreement, quantization),
        unread=model.unread,
        quantizer_seconds=quantizer.seconds,
        threads=quantizer.threads,
    )


def _warnings(model: _Model) -> tuple[str, ...]:
    found = [*model.hyper.rope.warnings, *model.hyper.warnings]
    if model.template.text is None:
        found.append("the checkpoint carries no chat template; chat will need one, completion works")
    return tuple(found)


def _facts(model: _Model, agreement: Agreement, quantization: str) -> tuple[Fact, ...]:
    rope, vocabulary, tokens = model.hyper.rope, model.vocabulary, model.vocabulary.tokens
    scaling = "" if rope.kind == "default" else f", scaling {rope.kind}"
    ends = ", ".join(f"{number} {tokens[number]}" for number in vocabulary.ends)
    bos = vocabulary.special.get("bos")
    return (
        Fact("architecture", model.architecture.name, f"config.json: architectures {model.architecture.classes[0]}"),
        Fact("RoPE base", f"{rope.base:g}{scaling}", rope.source),
        Fact("context", f"{model.hyper.context:,} tokens", "config.json: max_position_embeddings"),
        Fact(
            "begin token", f"{bos.id} {tokens[bos.id]}" if bos else "none", bos.source if bos else "no file names one"
        ),
        Fact("adds begin token", "yes" if agreement.add_bos else "no", "tokenizer.json, as it behaves"),
        Fact("end tokens", ends, ", ".join(dict.fromkeys(vocabulary.ends.values()))),
        Fact("prompt format", model.template.name or "none", model.template.source),
        Fact("tokenizer", f"byte-level BPE, {agreement.pre_tokenizer}", f"equal ids on {agreement.texts} texts"),
        Fact(
            "vocabulary", f"{len(tokens):,} rows, {vocabulary.padding:,} without token", "tokenizer.json, config.json"
        ),
        Fact("output head", "the embedding" if model.hyper.tied else "its own", "config.json: tie_word_embeddings"),
        Fact("quantization", quantization, f"types chosen by llama.cpp, {os.cpu_count()} threads"),
    )

"""The whole conversion, top to bottom: folder to plan to bytes, one pass, one event a block."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from time import perf_counter

import numpy as np

from convert.architectures import find_architecture
from convert.checkpoint import Checkpoint, read_checkpoint, read_json
from convert.choices import Choices
from convert.config import Config
from convert.errors import InvalidCheckpoint, QuantizerFailed
from convert.facts import facts
from convert.gguf.check import check
from convert.gguf.ggml import F32
from convert.gguf.header import TensorInfo
from convert.gguf.quantize import BLOCK_ELEMENTS, RECIPES, Quantizer, Work, file_info, tensor_types
from convert.gguf.writer import Output
from convert.hyperparameters import Hyperparameters
from convert.metadata import model_metadata, template_metadata
from convert.plan import Planned, plan
from convert.preview import free_bytes, peak_bytes, source_bytes, tensor_list, working_seconds
from convert.proof_report import climbed_by_conversion, write_report
from convert.recorded import in_words, recorded
from convert.report import Converted, Event, Preview, Recognised, Report, RopeReport, Step, TemplateReport
from convert.sampling import Sampling, read_sampling
from convert.spec import Architecture
from convert.templates import Template, read_template
from convert.tokenizer.tokens import Agreement, agree
from convert.tokenizer.vocabulary import Vocabulary, read_vocabulary
from convert.weights.fp8 import unscaled
from convert.weights.hub_cache import local_folder


@dataclass(frozen=True, slots=True)
class Model:
    """Everything that was read of the checkpoint before the first decision about the file."""

    checkpoint: Checkpoint
    choices: Choices
    architecture: Architecture
    hyper: Hyperparameters
    unread: tuple[str, ...]
    tensors: tuple[Planned, ...]
    notes: tuple[str, ...]
    """What was left aside or changed while reading."""
    vocabulary: Vocabulary
    template: Template
    sampling: Sampling


@dataclass(frozen=True, slots=True)
class Layout:
    """The file as it will be: its finished header and the tensors in it, those of RoPE first."""

    made: Sequence[TensorInfo]
    infos: Sequence[TensorInfo]
    agreement: Agreement

    @property
    def data_bytes(self) -> int:
        return sum(info.padded for info in (*self.made, *self.infos))


def convert(
    source: Path,
    output: Path | None = None,
    *,
    quantization: str = "q4_k_m",
    choices: Choices = Choices(),  # noqa: B008 - frozen
    dry_run: bool = False,
) -> Generator[Event, None, None]:
    """Convert a checkpoint folder to one GGUF file; the last event is `Converted`, or `Preview` for a dry run.

    `output` is a file or a folder; by default it is `<folder name>-<quantization>.gguf` in the current folder. Closing
    the iterator early leaves nothing behind. Raises ConversionError in one of its kinds; nothing is written for a model
    that cannot be written exactly.
    """
    started = perf_counter()
    quantization = quantization.lower()
    recipe = RECIPES.get(quantization)
    if recipe is None:
        raise QuantizerFailed(f"quantization {quantization!r} is unknown; one of {', '.join(RECIPES)} was expected")
    yield Step("reading the checkpoint", 0, 0)
    model = read_model(source, choices)
    target = _target(output, model.checkpoint.name, quantization)
    if dry_run:
        layout = yield from lay_out(model, recipe)
        yield Step("measuring", 0, 0)
        yield _preview(model, layout, target, quantization)
        return
    with Output(target, force=choices.force) as file:
        layout = yield from lay_out(model, recipe)
        file.start(layout.agreement.header, layout.data_bytes)
        quantizer = Quantizer(force=choices.force)
        yield from _write(file, quantizer, _works(model, layout))
        yield Step("checking", file.total, file.total)
        file.sync()
        model.checkpoint.check_unchanged()
        checked = check(file.path, (*layout.made, *layout.infos))
        file.finish()
    report = _report(model, layout.agreement, target, quantization, quantizer, file.total, started)
    proof = climbed_by_conversion(
        target,
        model.checkpoint.name + in_words(choices),
        checked,
        texts=None if choices.pretokenizer else report.tokens_checked,
        seconds=report.seconds,
    )
    unwritten = write_report(proof)
    yield Converted(report if unwritten is None else replace(report, warnings=(*report.warnings, unwritten)))


def recognise(config: Path) -> Generator[Event, None, None]:
    """Whether a config.json names a family that can be converted; nothing else is read. The one event is `Recognised`.

    For those who have to fetch the weights first. Raises InvalidCheckpoint, UnsupportedArchitecture.
    """
    values = read_json(config)
    if values is None:
        raise InvalidCheckpoint(f"{config} does not exist; a config.json was expected; check the path")
    find_architecture(values)
    yield Recognised(values["architectures"][0])


def _target(output: Path | None, name: str, quantization: str) -> Path:
    """The file to write: as asked, or named after the model in the folder asked for (or in the current one)."""
    default = f"{name}-{quantization}.gguf"
    if output is None:
        return Path(default)
    return output / default if output.is_dir() else output


def read_model(source: Path, choices: Choices) -> Model:
    """Read a checkpoint and decide what it is. Raises ConversionError in one of its kinds."""
    checkpoint = read_checkpoint(local_folder(source))
    architecture = find_architecture(checkpoint.config)
    config = Config(checkpoint.config, choices, beside=checkpoint.text)
    hyper = architecture.hyperparameters(config)
    tensors, notes = unscaled(checkpoint.tensors, config)
    unread = config.finish()
    planned = plan(architecture, hyper, tensors)  # first: it holds the vocabulary's size to the embedding's rows
    vocabulary = read_vocabulary(checkpoint, hyper.vocabulary, ends=architecture.ends)
    template = (
        read_template(checkpoint, vocabulary, choices.template)
        if architecture.generates or choices.template
        else Template(None, "an encoder takes no prompt")
    )
    return Model(
        checkpoint=checkpoint,
        choices=choices,
        architecture=architecture,
        hyper=hyper,
        unread=unread,
        tensors=planned,
        notes=(*checkpoint.notes, *notes),
        vocabulary=vocabulary,
        template=template,
        sampling=read_sampling(checkpoint, architecture, hyper.context, template),
    )


def lay_out(model: Model, recipe: int) -> Generator[Event, None, Layout]:
    """Decide types and header, without reading a weight."""
    parameters = sum(int(np.prod(tensor.shape)) for tensor in model.tensors)
    keys = model_metadata(
        model.architecture,
        model.hyper,
        name=model.checkpoint.name,
        recipe=recipe,
        parameters=parameters,
        unread=model.unread,
    )
    keys |= model.sampling.keys
    keys |= recorded(model.choices)
    yield Step("choosing types", 0, 0)
    types = tensor_types(recipe, keys, [(tensor.name, tensor.shape) for tensor in model.tensors])
    infos = [file_info(tensor.name, types[tensor.name], tensor.shape) for tensor in model.tensors]
    made = [TensorInfo(name, F32, (len(values),), 4 * len(values)) for name, values in model.hyper.rope.tensors.items()]
    yield Step("comparing tokens", 0, 0)
    agreement = agree(model.vocabulary, keys | template_metadata(model.template), made + infos, model.choices)
    return Layout(made, infos, agreement)


def _works(model: Model, layout: Layout) -> Iterator[Work]:
    """The tensors in file order, each fetched only when its turn comes."""
    for info in layout.made:
        yield Work(info, [partial(np.array, [model.hyper.rope.tensors[info.name]], dtype=np.float32)])
    for info, tensor in zip(layout.infos, model.tensors, strict=True):
        yield Work(info, tensor.blocks(BLOCK_ELEMENTS))


def _write(file: Output, quantizer: Quantizer, works: Iterator[Work]) -> Iterator[Step]:
    with closing(quantizer.run(works)) as blocks:  # its threads end before the file goes
        for name, data in blocks:
            file.write(data.data)
            yield Step(name, file.done, file.total)


def _report(
    model: Model,
    agreement: Agreement,
    target: Path,
    quantization: str,
    quantizer: Quantizer,
    size: int,
    started: float,
) -> Report:
    return Report(
        output=target,
        bytes=size,
        seconds=perf_counter() - started,
        quantization=quantization,
        rope=_rope_report(model),
        context=model.hyper.context,
        template=TemplateReport(model.template.name, model.template.source),
        tokens_checked=agreement.texts,
        warnings=_warnings(model, agreement) + _zeroed(quantizer),
        facts=facts(
            model.architecture,
            model.hyper,
            model.vocabulary,
            model.template,
            model.sampling,
            agreement,
            quantization=quantization,
            threads=quantizer.threads,
        ),
        unread=model.unread,
        quantizer_seconds=quantizer.seconds,
        threads=quantizer.threads,
    )


def _preview(model: Model, layout: Layout, target: Path, quantization: str) -> Preview:
    warnings = list(_warnings(model, layout.agreement))
    if target.exists():
        warnings.append(f"{target} exists; the conversion replaces it with --force only")
    return Preview(
        output=target,
        bytes=len(layout.agreement.header) + layout.data_bytes,
        free_bytes=free_bytes(target),
        peak_memory_bytes=peak_bytes(model.tensors),
        seconds=working_seconds(layout.infos, model.tensors),
        source_bytes=source_bytes(model.tensors),
        quantization=quantization,
        rope=_rope_report(model),
        context=model.hyper.context,
        template=TemplateReport(model.template.name, model.template.source),
        tokens_checked=layout.agreement.texts,
        warnings=tuple(warnings),
        facts=facts(
            model.architecture,
            model.hyper,
            model.vocabulary,
            model.template,
            model.sampling,
            layout.agreement,
            quantization=quantization,
            threads=Quantizer().threads,
        ),
        unread=model.unread,
        tensors=tensor_list((*layout.made, *layout.infos)),
    )


def _rope_report(model: Model) -> RopeReport:
    rope = model.hyper.rope
    return RopeReport(rope.kind, rope.base, rope.source)


def _zeroed(quantizer: Quantizer) -> tuple[str, ...]:
    if not quantizer.zeroed:
        return ()
    count, (name, _) = quantizer.zeroed.total(), quantizer.zeroed.most_common(1)[0]
    return (
        f"{count:,} weights in {len(quantizer.zeroed)} tensors, most in {name}, were no finite numbers "
        "and were written as 0 because of --force; this file is not the model it was made of",
    )


def _warnings(model: Model, agreement: Agreement) -> tuple[str, ...]:
    return (
        *model.notes,
        *model.hyper.rope.warnings,
        *model.hyper.warnings,
        *agreement.warnings,
        *model.template.warnings,
        *model.sampling.warnings,
    )

"""What the user is told about a conversion: each value that is written, and the place it was taken from. Pure."""

from convert.hyperparameters import Hyperparameters
from convert.report import Fact
from convert.rope import Rope
from convert.sampling import Sampling
from convert.spec import Architecture
from convert.templates import Template
from convert.tokenizer.tokens import Agreement
from convert.tokenizer.vocabulary import Vocabulary


def facts(
    architecture: Architecture,
    hyper: Hyperparameters,
    vocabulary: Vocabulary,
    template: Template,
    sampling: Sampling,
    agreement: Agreement,
    *,
    quantization: str,
    threads: int,
) -> tuple[Fact, ...]:
    """The table of the report, in the order a reader checks it."""
    rope, tokens = hyper.rope, vocabulary.tokens
    ends = ", ".join(f"{number} {tokens[number]}" for number in vocabulary.ends)
    bos = vocabulary.special.get("bos")
    return (
        Fact("architecture", architecture.name, f"config.json: architectures {architecture.classes[0]}"),
        Fact("RoPE base", _base(rope), rope.source),
        Fact("context", f"{hyper.context:,} tokens", rope.context_source),
        Fact(
            "begin token", f"{bos.id} {tokens[bos.id]}" if bos else "none", bos.source if bos else "no file names one"
        ),
        Fact("adds begin token", "yes" if agreement.add_bos else "no", f"{vocabulary.file.name}, as it behaves"),
        Fact("end tokens", ends or "none", ", ".join(dict.fromkeys(vocabulary.ends.values()))),
        Fact("prompt format", template.name or "none", template.source),
        Fact("sampling", sampling.shown, sampling.source),
        Fact(
            "tokenizer",
            f"{vocabulary.description}, {agreement.pre_tokenizer}",
            f"{vocabulary.file.name}; ids compared on {agreement.texts:,} texts",
        ),
        Fact(
            "vocabulary",
            f"{len(tokens):,} rows, {vocabulary.padding:,} without token",
            f"{vocabulary.file.name}, config.json",
        ),
        _head(architecture, hyper),
        Fact("quantization", quantization, f"types chosen by llama.cpp, {threads} threads"),
    )


def _head(architecture: Architecture, hyper: Hyperparameters) -> Fact:
    if hyper.tied:
        return Fact("output head", "the embedding", "config.json: tie_word_embeddings")
    row = next((row for row in architecture.tensors if row.name == "output.weight" and row.when(hyper)), None)
    if row is None:
        return Fact("output head", "none", f"{architecture.classes[0]} gives embeddings")
    if row.values is not None:
        return Fact("output head", "its own, each row over its L2 norm", "config.json: norm_head, or the family")
    return Fact("output head", "its own", "config.json: tie_word_embeddings")


def _base(rope: Rope) -> str:
    if rope.base is None:
        return "none"
    return f"{rope.base:g}" + ("" if rope.kind == "default" else f", scaling {rope.kind}")

"""`luciole inspect`: what the header of a GGUF says, as tables or as one JSON object. No weight is read."""

from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

import click

if TYPE_CHECKING:
    from assistant.gguf.file import Header, Rope
    from assistant.proof import Standing

EPILOG = """\b
Examples:
  luciole inspect smollm2.gguf
  luciole inspect smollm2.gguf --json
"""

ASSUMED_BASE = 10000.0
"""What llama.cpp takes for RoPE's base where the file is silent (`llama-model.cpp`, `rope_freq_base_train`)."""


UNTURNED = frozenset({"bert", "bloom", "gpt2", "gptj", "jais", "jina-bert-v2", "mpt", "refact", "t5", "t5encoder"})
"""Architectures whose graph turns nothing (`llama_model_rope_type`; BERT has learned positions): no base is missing."""


class TypeCount(TypedDict):
    """Tensors of one type: how many, and how many bytes they take."""

    tensors: int
    bytes: int


@click.command(epilog=EPILOG)
@click.argument("file", metavar="FILE.gguf", type=click.Path(path_type=Path))
@click.option("--verbose", is_flag=True, help="The whole chat template, and every tensor.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def inspect(file: Path, verbose: bool, as_json: bool) -> None:
    """Show what the header of a GGUF file says.

    Architecture, sizes, types, context, RoPE, chat template, special tokens, what is proven of it, and where Luciole
    converted the file, what it noted. The file is checked, not loaded.
    """
    from assistant.gguf.file import read_header
    from assistant.proof import read_standing
    from assistant.sanitize import printable_json

    header = read_header(file)
    standing = read_standing(file)
    if as_json:
        click.echo(printable_json(facts(header, standing)))
    else:
        _print(header, standing, verbose=verbose)


def facts(header: "Header", standing: "Standing") -> dict[str, object]:
    """The fields of `--json`. `proof` holds how far the file is proven, and its `luciole.*` keys."""
    from assistant.sampling_defaults import file_statements

    rope = header.rope
    return {
        "name": header.name,
        "architecture": header.architecture,
        "parameters": header.parameters,
        "quantization": header.quantization,
        "bytes": header.file_bytes,
        "layers": header.layers,
        "context": header.context,
        "rope": {
            "base": rope.base,
            "assumed_base": ASSUMED_BASE if rope.base is None and header.architecture not in UNTURNED else None,
            "dimensions": rope.dimensions,
            "scaling": rope.scaling,
            "factor": rope.factor,
            "original_context": rope.original_context,
        },
        "tokenizer": header.tokenizer,
        "vocabulary": len(header.tokens),
        "template": header.chat_template,
        "sampling": dict(file_statements(header)),
        "special_tokens": [{"role": token.role, "id": token.id, "text": token.text} for token in header.special_tokens],
        "types": _types(header),
        "tensors": [
            {"name": tensor.name, "type": tensor.type_name, "shape": list(tensor.shape), "bytes": tensor.size}
            for tensor in header.tensors
        ],
        "proof": {
            "verdict": standing.verdict,
            "why": standing.why,
            "rungs": dict(standing.rungs),
            "against": standing.against or None,
            "date": standing.date or None,
            **_proof(header),
        },
    }


def _types(header: "Header") -> dict[str, TypeCount]:
    counts: dict[str, TypeCount] = {}
    for tensor in header.tensors:
        count = counts.setdefault(tensor.type_name, {"tensors": 0, "bytes": 0})
        count["tensors"] += 1
        count["bytes"] += tensor.size
    return dict(sorted(counts.items(), key=lambda item: -item[1]["bytes"]))


def _proof(header: "Header") -> dict[str, object]:
    return {key: value for key, value in header.metadata.items() if key.startswith("luciole.")}


def _print(header: "Header", standing: "Standing", *, verbose: bool) -> None:
    from rich.table import Table
    from rich.text import Text

    from assistant.console import Output
    from assistant.sampling_defaults import file_statements
    from assistant.sanitize import one_line, printable

    console = Output(highlight=False)
    if not console.is_terminal:
        console.width = 240  # lines of a pipe are for `grep`: no wrapping at 80
    rows: list[tuple[str, str]] = [
        ("name", header.name or "none"),
        ("architecture", header.architecture),
        ("parameters", f"{header.parameters:,}"),
        ("size", f"{header.file_bytes:,} bytes ({header.file_bytes / 2**20:,.1f} MiB)"),
        ("quantization", header.quantization),
        ("layers", _number(header.layers)),
        ("context", f"{_number(header.context)} tokens"),
        ("rope", _rope(header.rope, header.architecture)),
        ("tokenizer", f"{header.tokenizer or 'none'}, {len(header.tokens):,} tokens"),
    ]
    rows += [(f"token {token.role}", f"{token.id} {token.text}") for token in header.special_tokens]
    template = header.chat_template
    first, *more = template.strip().split("\n") if template else ["none: a base model cannot chat"]
    rest = f" … ({len(more):,} more lines; --verbose shows them)" if more else ""
    rows.append(("chat template", (first if len(first) <= 100 else first[:100] + "…") + rest))
    if stated := file_statements(header):
        rows.append(("sampling", ", ".join(f"{name} {_shown(value)}" for name, value in stated.items())))
    rows.append(("proof", f"{standing.verdict}: {standing.why}"))
    rows += [(key, str(value)) for key, value in _proof(header).items()]

    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows:
        table.add_row(Text(one_line(name)), Text(one_line(value)))
    console.print(table)

    types = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    types.add_column("type")
    types.add_column("tensors", justify="right")
    types.add_column("bytes", justify="right")
    for name, count in _types(header).items():
        types.add_row(Text(one_line(name)), f"{count['tensors']:,}", f"{count['bytes']:,}")
    console.print()
    console.print(types)
    if verbose:
        if template:
            console.print(Text("\nchat template\n", style="bold"), Text(printable(template)))
        console.print(Text("\ntensors", style="bold"))
        for tensor in header.tensors:
            shape = " x ".join(map(str, tensor.shape))
            console.print(Text(f"{one_line(tensor.name)}  {tensor.type_name}  {shape}"))


def _rope(rope: "Rope", architecture: str) -> str:
    if rope.base is None and architecture in UNTURNED:
        return "none: positions come from ALiBi or a learned table"
    if rope.base is None:
        base = f"no base in the file; llama.cpp would assume {ASSUMED_BASE:,.0f}"
    else:
        base = f"base {rope.base:,.10g}"
    dimensions = f"{rope.dimensions} dimensions" if rope.dimensions is not None else "dimensions by the head size"
    scaling = f"scaling {rope.scaling}" if rope.scaling != "none" else "no scaling"
    if rope.factor is not None:
        scaling += f" by {rope.factor:g}"
    if rope.original_context is not None:
        scaling += f" from {rope.original_context:,} tokens"
    return f"{base}, {dimensions}, {scaling}"


def _shown(value: object) -> str:
    """A float as it was meant: the file keeps it in single precision."""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _number(value: int | None) -> str:
    return "unknown" if value is None else f"{value:,}"

"""How the quantization of a GGUF stands in its name. Pure."""

import re
from pathlib import PurePosixPath

_PART = re.compile(r"-(\d{5})-of-(\d{5})$")
_LABEL = re.compile(
    r"(?:^|[-_. ])((?:ud[-_])?(?:i?q\d(?:_[a-z0-9]{1,3})*|tq\d_\d|mxfp4(?:_moe)?|nvfp4|bf16|f16|fp16|f32|fp32))"
    r"(?=$|[-_. ])",
    re.IGNORECASE,
)


def quantization_of(path: str) -> str | None:
    """`q4_k_m`, `iq4_xs`, `ud-q4_k_xl`, `bf16` ... of a GGUF's path; its folder's where its own name has none."""
    file = PurePosixPath(path)
    for name in (stem(path), file.parent.name):
        labels = _LABEL.findall(name)
        if labels:
            return normal(labels[-1])
    return None


def normal(quantization: str) -> str:
    """One spelling for all: small letters, `f16` for `fp16`, `q4_k_m` for `Q4-K-M`."""
    found = quantization.lower().replace("-", "_").replace("fp16", "f16").replace("fp32", "f32")
    return f"ud-{found[3:]}" if found.startswith("ud_") else found


def stem(path: str) -> str:
    """The name of a file, without its folder, its ending and the number of its part."""
    name = PurePosixPath(path).name
    return _PART.sub("", name[:-5] if name.lower().endswith(".gguf") else name)


def unquantized(name: str) -> str:
    """A file's stem without its quantization."""
    return _LABEL.sub("", name).strip("-_. ")


def part_of(path: str) -> tuple[int, int]:
    """Number and count of the part that this file is; (1, 1): it is whole."""
    found = _PART.search(PurePosixPath(path).name.removesuffix(".gguf"))
    return (int(found[1]), int(found[2])) if found else (1, 1)

"""The GELU of a family's feed-forward part. llama.cpp has one form of it, by tanh, looked up in half precision."""

from convert.config import Config

BY_TANH = ("gelu_new", "gelu_pytorch_tanh", "gelu_fast")
"""transformers' names for the form by tanh."""

_WARNING = (
    "{key} is gelu, the form by the error function; llama.cpp computes the form by tanh, which differs by at most "
    "0.0005 in any one activation"
)


def read_gelu(config: Config, key: str, *, default: str) -> tuple[str, ...]:
    """Accept either form; a warning where the checkpoint's is not llama.cpp's. Raises UnsupportedArchitecture."""
    form = config.only(key, "gelu", *BY_TANH, default=default)
    return (_WARNING.format(key=key),) if form == "gelu" else ()

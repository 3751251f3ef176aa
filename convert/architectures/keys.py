"""Metadata keys that families share, and what llama.cpp's graphs demand of the numbers behind them."""

from collections.abc import Mapping

from convert.architectures.llama import metadata
from convert.errors import UnsupportedArchitecture
from convert.hyperparameters import Hyperparameters


def layer_norm_keys(hyper: Hyperparameters) -> Mapping[str, int | float | str]:
    """Llama's keys for a family whose norms subtract the mean."""
    keys = dict(metadata(hyper))
    return keys | {"attention.layer_norm_epsilon": keys.pop("attention.layer_norm_rms_epsilon")}


def check_square(hyper: Hyperparameters, graph: str) -> None:
    """For graphs whose heads together are as wide as the model. Raises UnsupportedArchitecture."""
    if hyper.q_width != hyper.hidden:
        raise UnsupportedArchitecture(
            f"{hyper.heads} heads of {hyper.head_dim} are {hyper.q_width} wide and hidden_size is {hyper.hidden} in "
            f"config.json; llama.cpp's graph {graph} has equal widths only; it would not load"
        )

"""Which layers look back only so far: the keys that say it, in the spellings of the families that have such layers."""

from convert.config import Config
from convert.errors import InvalidCheckpoint, UnsupportedArchitecture

FULL, SLIDING = "full_attention", "sliding_attention"


def read_layer_types(config: Config, layers: int) -> tuple[bool, ...] | None:
    """For each layer whether it slides, as `layer_types` says; None where the key is absent.

    Raises InvalidCheckpoint, UnsupportedArchitecture (a third kind of layer).
    """
    types = config.value("layer_types")
    if types is None:
        return None
    if not isinstance(types, list) or len(types) != layers:
        raise InvalidCheckpoint(
            f"layer_types is {str(types)[:60]} in config.json; a list of {layers} names was expected; restore the file"
        )
    other = next((name for name in types if name not in (FULL, SLIDING)), None)
    if other is not None:
        raise UnsupportedArchitecture(
            f"layer_types has {other!r} in config.json; {FULL} and {SLIDING} are known; no file was written because "
            "it would be wrong"
        )
    return tuple(name == SLIDING for name in types)


def read_qwen_window(config: Config, layers: int, *, first_default: int = 28) -> tuple[int, str] | None:
    """The context up to which a Qwen with sliding layers is exact without them, and why; None where no layer slides.

    The window counts only with `use_sliding_window`, and only from layer `max_window_layers` on, where `first_default`
    is the class's default; llama.cpp's graphs of the family have full attention in all layers.
    """
    types, first = read_layer_types(config, layers), config.value("max_window_layers")
    window = config.integer("sliding_window", 4096)
    if not config.flag("use_sliding_window", default=False):
        if types is not None and any(types):
            raise InvalidCheckpoint(
                "layer_types has sliding layers and use_sliding_window is not true in config.json; "
                "the same was expected; restore the file"
            )
        return None
    if first is not None and (isinstance(first, bool) or not isinstance(first, int) or first < 0):
        raise InvalidCheckpoint(f"max_window_layers is {first!r} in config.json; a number of layers was expected")
    start = first_default if first is None else first
    slides = types if types is not None else tuple(layer >= start for layer in range(layers))
    return (window, "config.json: sliding_window, which llama.cpp does not apply") if any(slides) else None

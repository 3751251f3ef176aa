"""The checkpoint in transformers, in float32 on the processor: the independent opinion that logits are held against.

The only file of the house that imports torch and transformers, and only when a proof is asked for. Code of the
checkpoint is never run: a family that transformers does not carry says in its own file which class stands in for it
(`reference.py`). No socket is opened.
"""

import inspect
import math
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import psutil

from convert.gguf.ggml import widen
from convert.pipeline import Model
from convert.rope.settings import chosen_settings
from convert.weights.stored import WEIGHT_TYPES, Array

INSTALL = "pip install 'luciole[verify]'"

_EIGHT_BITS = "quantization_config"
"""The key under which config.json says that weights have scales; no other quantization is converted."""

_ROOM = 1.3
"""Memory that a forward pass takes beside the weights, as a factor."""


class NotClimbed(Exception):
    """There is no reference here to compare with; the text says why and what would help."""


class ReferenceModel:
    """A model of transformers; made by `load_reference`."""

    def __init__(self, torch: Any, model: Any, name: str) -> None:
        self._torch, self._model, self.name = torch, model, name
        parameters = inspect.signature(model.forward).parameters
        self._selects = "logits_to_keep" in parameters
        self._caches = "use_cache" in parameters

    def logits(self, tokens: Sequence[int], wanted: Sequence[int]) -> Iterator[tuple[int, Array]]:
        """(position, float32 logits after it) for the wanted positions, from one pass over all tokens."""
        settings: dict[str, Any] = {"use_cache": False} if self._caches else {}
        if self._selects:
            settings["logits_to_keep"] = self._torch.tensor(list(wanted))
        rows = self._computed(self._model, tokens, settings).logits[0]
        for place, position in enumerate(wanted):
            row: Array = rows[place if self._selects else position].numpy()
            yield position, row

    def hidden(self, tokens: Sequence[int]) -> Array:
        """What an encoder makes of the tokens, float32 [tokens, width]."""
        encoder = getattr(self._model, "base_model", self._model)
        rows: Array = self._computed(encoder, tokens, {}).last_hidden_state[0].numpy()
        return rows

    def _computed(self, model: Any, tokens: Sequence[int], settings: Mapping[str, Any]) -> Any:
        try:
            with self._torch.inference_mode(), _quiet():
                return model(self._torch.tensor([list(tokens)]), **settings)
        except (RuntimeError, ValueError, TypeError, IndexError, AttributeError, MemoryError) as error:
            raise NotClimbed(
                f"transformers' {self.name} cannot compute {len(tokens):,} tokens: {_words(error)}"
            ) from error


def load_reference(model: Model, numbers: Mapping[str, Array] | None = None) -> ReferenceModel:
    """The checkpoint as transformers itself reads it, or as its family says.

    `numbers`: float32 values of some of its tensors, by the checkpoint's names, to be taken instead. Raises NotClimbed
    where transformers, the class or the memory is not there, or where weights are missing.
    """
    try:
        import torch  # noqa: PLC0415  takes seconds, and is an extra
        import transformers  # noqa: PLC0415
    except ImportError as error:
        raise NotClimbed(f"{error.name or 'transformers'} is not installed; {INSTALL}") from error
    _expect_room(model, numbers)
    reference, named = model.architecture.reference, model.checkpoint.config.get("architectures")
    name = reference.model_class if reference else str(named[0]) if isinstance(named, list) and named else ""
    model_class = getattr(transformers, name, None)
    if model_class is None or not hasattr(model_class, "from_pretrained"):
        raise NotClimbed(f"transformers {transformers.__version__} does not carry {name or 'the class'}")
    with _quiet(transformers):
        loaded, information = _load(torch, model_class, model, numbers)
    absent = {*map(str, information["missing_keys"]), *map(str, information["mismatched_keys"])}
    missing = sorted(key for key in absent if "pooler" not in key)  # a layer for training tasks, not on the way
    if missing:
        raise NotClimbed(f"transformers' {name} finds no weights for {missing[0]} in the checkpoint")
    if reference is not None:
        with torch.no_grad():
            reference.finish(loaded, model.checkpoint.config)
    return ReferenceModel(torch, loaded.eval(), name)


def _expect_room(model: Model, numbers: Mapping[str, Array] | None) -> None:
    parameters = sum(math.prod(tensor.shape) for tensor in model.tensors)
    as_stored = numbers is None and model.architecture.reference is None and _EIGHT_BITS not in model.checkpoint.config
    copies = 1 if as_stored else 2
    needed, free = int(4 * parameters * copies * _ROOM), psutil.virtual_memory().available
    if needed > free:
        raise NotClimbed(
            f"the reference needs {needed / 2**30:,.1f} GiB in float32 and {free / 2**30:,.1f} GiB of memory are free; "
            "verify on a larger machine"
        )


def _load(
    torch: Any, model_class: Any, model: Model, numbers: Mapping[str, Array] | None
) -> tuple[Any, Mapping[str, Any]]:
    folder, reference = model.checkpoint.folder, model.architecture.reference
    settings: dict[str, Any] = {"dtype": torch.float32, "output_loading_info": True, "local_files_only": True}
    try:
        if reference is None:
            config = model_class.config_class.from_pretrained(folder, local_files_only=True)
        else:
            config = model_class.config_class(**reference.config(model.checkpoint.config))
        _as_chosen(config, model)
        if getattr(config, "attn_logit_softcapping", None) is not None:
            settings["attn_implementation"] = "eager"  # the only one that caps
        eight_bits = hasattr(config, _EIGHT_BITS)
        if eight_bits:  # transformers mixes 16 bits into them, or wants a GPU; it gets what our reader makes of them
            delattr(config, _EIGHT_BITS)
        if reference is None and numbers is None and not eight_bits:
            loaded, information = model_class.from_pretrained(folder, config=config, **settings)
        else:
            state = dict(_state(torch, model, numbers or {}))
            loaded, information = model_class.from_pretrained(None, config=config, state_dict=state, **settings)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RuntimeError, ImportError) as error:
        # whatever transformers says against a checkpoint that is converted all the same
        name = model_class.__name__
        raise NotClimbed(f"transformers does not load the checkpoint as {name}: {_words(error)}") from error
    return loaded, information


def _words(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


def _as_chosen(config: Any, model: Model) -> None:
    """Give the reference the RoPE that the user chose instead of the checkpoint's. Raises NotClimbed."""
    choices, rope = model.choices, model.hyper.rope
    if choices.rope_base is None and choices.rope_scaling is None and rope.kind != "dynamic":
        return
    parameters = getattr(config, "rope_parameters", None)
    if not isinstance(parameters, dict) or "rope_theta" not in parameters:
        raise NotClimbed(f"the reference's configuration has no place for the RoPE that was chosen ({rope.source})")
    if rope.kind == "dynamic":  # transformers' base grows with the text; the file has the one of its context
        config.rope_parameters = parameters | {"rope_type": "default", "rope_theta": rope.base}
        return
    if choices.rope_scaling is not None:
        parameters = {"rope_theta": parameters["rope_theta"], **chosen_settings(choices.rope_scaling).values}
    if choices.rope_base is not None:
        parameters = parameters | {"rope_theta": choices.rope_base}
    config.rope_parameters = parameters


def _state(torch: Any, model: Model, numbers: Mapping[str, Array]) -> Iterator[tuple[str, Any]]:
    reference, config = model.architecture.reference, model.checkpoint.config
    worth = {source.name: source for tensor in model.tensors for source in tensor.sources}  # 8 bits with their scales
    for name, stored in model.checkpoint.tensors.items():
        weight = worth.get(name, stored)
        if name not in numbers and (weight.dtype not in WEIGHT_TYPES or not weight.shape):
            continue  # a buffer, such as a mask, or a scale that is worked in
        values = numbers[name] if name in numbers else widen(np.ascontiguousarray(weight.rows(slice(None))))
        if reference is None:
            yield name, torch.from_numpy(values)
            continue
        for other, part in reference.weights(model.architecture.whole_name(name), values, config):
            yield other, torch.from_numpy(np.ascontiguousarray(part))


@contextmanager
def _quiet(transformers: Any = None) -> Iterator[None]:
    """Without warnings and progress bars of the libraries: what matters is said by the proof."""
    before = os.environ.get("HF_HUB_OFFLINE")
    os.environ["HF_HUB_OFFLINE"] = "1"
    logging = transformers.utils.logging if transformers else None
    level, bars = (logging.get_verbosity(), logging.is_progress_bar_enabled()) if logging else (0, False)
    if logging:
        logging.set_verbosity(logging.CRITICAL)
        logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        if logging:
            logging.set_verbosity(level)
            if bars:
                logging.enable_progress_bar()
        if before is None:
            os.environ.pop("HF_HUB_OFFLINE", None)
        else:
            os.environ["HF_HUB_OFFLINE"] = before

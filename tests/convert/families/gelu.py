"""GELU as ggml's processor code computes it, for references that are to be compared closely.

Every GELU there is the form by tanh, read from a table over all half-precision numbers. Against the forms that
transformers computes that makes a difference of a thousandth of the logits' deviation; with this one the rest shows.
"""

from typing import Any

import torch
from torch import nn
from transformers.activations import ACT2FN
from transformers.models.bloom.modeling_bloom import BloomGelu

PLAIN = 0.005
"""Largest difference of logits against transformers' own GELU, as a share of their standard deviation."""

HALF = 0.002
"""The same against `HalfGelu`: an argument in between may still be rounded to another half-precision number."""

_KINDS = (BloomGelu, *{type(ACT2FN[name]) for name in ("gelu", "gelu_new", "gelu_pytorch_tanh", "gelu_fast")})


class HalfGelu(nn.Module):
    """GELU by tanh with argument and result in half precision."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        half = x.half().float()
        table = nn.functional.gelu(half, approximate="tanh").half().float()
        return torch.where(x <= -10, torch.zeros_like(x), torch.where(x >= 10, x, table))


def with_half_gelu(model: Any) -> Any:
    """The model with every GELU in it replaced, in place."""
    found = 0
    for module in model.modules():
        for name, child in list(module.named_children()):
            if isinstance(child, _KINDS):
                setattr(module, name, HalfGelu())
                found += 1
    assert found, "the model has no GELU"
    return model

"""The rotary position embedding: the only room that knows it.

A wrong one still talks, badly, only past some length.
"""

from convert.rope.decision import LLAMA, Graph, Rope, no_rope, read_rope

__all__ = ["LLAMA", "Graph", "Rope", "no_rope", "read_rope"]

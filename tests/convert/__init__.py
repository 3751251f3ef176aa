"""Conversions of tiny checkpoints in every shape: what must come out, and what must be refused."""

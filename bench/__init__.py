"""Measurements: how fast a checkpoint becomes a GGUF, and how fast that GGUF is read and written: `python -m bench`."""

"""Tests of `assistant/gguf`, one file a module."""

"""Tests of `assistant/llama`, one file a module."""

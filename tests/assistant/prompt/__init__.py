"""Tests of `assistant/prompt`, one file a module."""

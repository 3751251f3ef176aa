"""Tests of `assistant/library`, one file a module."""

"""Tests of `assistant/documents`, one file a module."""

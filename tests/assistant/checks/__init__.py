"""Tests of `assistant/checks`, one file a module."""

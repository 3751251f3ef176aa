"""Tests of `assistant/library/exporting`, one file a module."""

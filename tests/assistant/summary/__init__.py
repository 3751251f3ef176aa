"""Tests of `assistant/summary`, one file a module."""

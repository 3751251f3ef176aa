"""Tests of `assistant/watch`, one file a module."""

"""Tests of `assistant/questions`, one file a module."""

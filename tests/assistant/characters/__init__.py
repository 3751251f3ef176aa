"""Tests of `assistant/characters`, one file a module."""

"""Tests of `assistant/grammar`, one file a module."""

"""Tests of `assistant/process`, one file a module."""

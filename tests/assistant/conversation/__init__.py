"""Tests of `assistant/conversation`, one file a module."""

"""Tests of the package `assistant`, one file a module."""

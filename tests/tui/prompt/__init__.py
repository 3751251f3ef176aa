"""Tests of the place where one types."""

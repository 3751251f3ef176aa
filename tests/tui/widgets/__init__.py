"""Widgets by themselves, without rooms."""

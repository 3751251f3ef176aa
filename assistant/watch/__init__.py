"""Watching: files that change, what changed in them, and a summary that keeps up."""

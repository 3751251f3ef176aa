"""Paths as people write them, in a command or a field, and what the system takes them for. Asks no disk."""

import os


def place_of(path: str) -> str:
    """The path as the system wants it: with the home folder in place of `~`, where there is one."""
    return os.path.expanduser(path)  # noqa: PTH111  pathlib's raises where there is none


def unquoted(text: str) -> str:
    """A path as terminals paste it when a file is dropped on them: without the quotes around it."""
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1]
    return text

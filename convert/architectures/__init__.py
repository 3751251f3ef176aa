"""All families, in one explicit tuple. A new one is a file of its own and a line here."""

from collections.abc import Mapping
from typing import Any

from convert.architectures.llama import LLAMA
from convert.errors import InvalidCheckpoint, UnsupportedArchitecture
from convert.spec import Architecture

ARCHITECTURES: tuple[Architecture, ...] = (LLAMA,)


def find_architecture(config: Mapping[str, Any]) -> Architecture:
    """The family that config.json's `architectures` names. Raises InvalidCheckpoint, UnsupportedArchitecture."""
    known = sorted(name for architecture in ARCHITECTURES for name in architecture.classes)
    named = config.get("architectures")
    if not isinstance(named, list) or len(named) != 1 or not isinstance(named[0], str):
        raise InvalidCheckpoint(
            f"architectures is {named!r} in config.json; a list of one name was expected; known: {', '.join(known)}"
        )
    for architecture in ARCHITECTURES:
        if named[0] in architecture.classes:
            return architecture
    raise UnsupportedArchitecture(
        f"architecture {named[0]!r} in config.json is not supported; known: {', '.join(known)}; "
        "no file was written because a guess would be wrong"
    )

"""What the user said on the command line in place of what the checkpoint's files say. Frozen; no decisions."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Choices:
    """Each None means: as the files say."""

    rope_base: float | None = None
    rope_scaling: str | None = None
    """`TYPE:FACTOR[:ORIGINAL]`, `none`, or a JSON object in the spelling of config.json."""
    context: int | None = None
    """Tokens the file states as its context."""
    template: str | None = None
    """Name of a prompt format, or a file."""
    pretokenizer: str | None = None
    """llama.cpp's name."""
    force: bool = False
    """Replace the target; convert what is refused for being doubtful rather than impossible."""

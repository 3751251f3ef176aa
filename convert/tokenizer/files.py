"""The tokenizer's settings and what every reader of a vocabulary needs beside its own file."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from convert.checkpoint import Checkpoint
from convert.tokenizer.special_tokens import AddedToken, SpecialToken, added_elsewhere, end_tokens, special_tokens


@dataclass(frozen=True, slots=True)
class TokenizerFiles:
    """The small files of one checkpoint, read."""

    checkpoint: Checkpoint
    settings: Mapping[str, Any]
    """tokenizer_config.json; empty where there is none."""
    further: Mapping[int, AddedToken]
    """Tokens that tokenizer_config.json and added_tokens.json add, by id."""
    rows: int
    """Rows of the embedding."""
    family_ends: tuple[int, ...]
    """Ids that end an answer of this family whatever the files say."""

    def special(self, ids: Mapping[str, int]) -> dict[str, SpecialToken]:
        """Tokens by role; `ids` is the whole vocabulary. Raises InvalidCheckpoint."""
        return dict(special_tokens(self.checkpoint, self.settings, ids))

    def ends(self, special: Mapping[str, SpecialToken]) -> dict[int, str]:
        """Ids that end an answer. Raises InvalidCheckpoint."""
        return end_tokens(self.checkpoint, special.get("eos"), self.rows, self.family_ends)

    @property
    def chats(self) -> bool:
        """There is a chat template."""
        return bool(self.settings.get("chat_template")) or any(
            (self.checkpoint.folder / name).is_file() for name in ("chat_template.jinja", "chat_template.json")
        )

    @property
    def tokenizer_class(self) -> str:
        """As tokenizer_config.json names it, without `Fast`; empty where it does not."""
        name = self.settings.get("tokenizer_class")
        return name.removesuffix("Fast") if isinstance(name, str) else ""


def tokenizer_files(checkpoint: Checkpoint, rows: int, family_ends: tuple[int, ...]) -> TokenizerFiles:
    """Raises InvalidCheckpoint."""
    settings = checkpoint.json("tokenizer_config.json") or {}
    return TokenizerFiles(checkpoint, settings, added_elsewhere(checkpoint, settings), rows, family_ends)

"""Whom the model plays: the options of `luciole chat` for it, and the character that they, or what was kept, name."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, TypeVar, cast

import click

if TYPE_CHECKING:
    from assistant.characters.playing import Playing
    from assistant.characters.values import Character
    from assistant.conversation.conversation import Conversation
    from assistant.conversation.turns import Heading

Function = TypeVar("Function", bound=Callable[..., object])

_OPTIONS = (
    click.option("--character", metavar="NAME", help="Talk with a character; luciole characters lists them."),
    click.option("--user", metavar="NAME", help="What the character calls you; default: as it says itself."),
    click.option("--no-retrieval", is_flag=True, help="Draw none of the dialogues of the character."),
)


def character_options(function: Function) -> Function:
    """`--character`, `--user`, `--no-retrieval`, handed on as one `casting`."""

    @wraps(function)
    def gathered(*, character: str | None, user: str | None, no_retrieval: bool, **others: object) -> object:
        return function(casting=Casting(character, user, no_retrieval), **others)

    for option in reversed(_OPTIONS):
        gathered = option(gathered)
    return cast("Function", gathered)


@dataclass(frozen=True, slots=True)
class Casting:
    """What those options say."""

    name: str | None
    user: str | None
    no_retrieval: bool

    def character(self, heading: "Heading | None") -> "Character | None":
        """The one that is named, else that of the kept conversation with this heading; None: nobody is played.

        One of a kept conversation that is gone is told, and nobody is played. Raises InvalidCharacter.
        """
        from dataclasses import replace

        from assistant.characters.folder import load_character
        from assistant.characters.toml import expect_speaker
        from assistant.console import note
        from assistant.errors import InvalidCharacter

        kept = heading.character if heading is not None else ""
        name = self.name if self.name is not None else kept
        if not name and self.name is None:
            if self.user is not None or self.no_retrieval:
                raise click.UsageError("--user and --no-retrieval are about a character; name one with --character")
            return None
        try:
            found = load_character(name)
        except InvalidCharacter as error:
            if self.name is not None:
                raise
            note(f"{kept} cannot be played any more: {error}; the conversation goes on without")
            return None
        user = self.user
        if user is None and heading is not None and kept == found.id:
            user = heading.user or None
        if user is not None:
            found = replace(found, user=expect_speaker(user, "--user", "the command line"))
        if found.is_self(found.user):
            raise InvalidCharacter(
                f"{found.user} is the character's own name; another one for its user was expected; give it with --user"
            )
        return found

    def play(self, conversation: "Conversation", character: "Character") -> "Playing":
        """Have the conversation played from now on; to be closed after it."""
        from assistant.characters.playing import Playing

        heading = conversation.heading
        drawn = heading.retrieval if heading.character == character.id else True
        playing = Playing(character, conversation.engine, retrieval=drawn and not self.no_retrieval)
        conversation.play(playing)
        return playing

"""What takes how much of the context, counted and in words."""

from dataclasses import dataclass

from assistant import Conversation, Message, Window, detach
from tui.language import _

_BAR = 40


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Tokens of the next prompt by what they are; `window` has the exact whole."""

    conversation: str
    window: Window
    instruction: int
    documents: int
    questions: int
    answers: int
    character: bool = False
    """Somebody is played: a description goes with each prompt,"""
    dialogues: bool = False
    """and dialogues do."""

    @property
    def template(self) -> int:
        """What is put around it all: by the model's template, and for a character."""
        return max(self.window.used - self.instruction - self.documents - self.questions - self.answers, 0)


def breakdown(conversation: Conversation) -> Breakdown:
    """Count it; loads the model if need be. Raises what `Engine.count` raises."""
    window = conversation.window()
    documents: list[str] = []
    texts: dict[str, list[str]] = {"system": [], "user": [], "assistant": []}
    for message in _messages(conversation, window):
        attachments, question = detach(message.content) if message.role == "user" else ((), message.content)
        documents += [attachment.text for attachment in attachments]
        texts[message.role].append(question)
    parts = [texts["system"], documents, texts["user"], texts["assistant"]]
    counts = conversation.engine.count_each([text for part in parts for text in part])
    ends = [sum(map(len, parts[: place + 1])) for place in range(len(parts))]
    sums = [sum(counts[end - len(part) : end]) for end, part in zip(ends, parts, strict=True)]
    instruction, attached, questions, answers = sums
    played = conversation.part is not None
    return Breakdown(
        conversation.id, window, instruction, attached, questions, answers, played, played and conversation.retrieval
    )


def _messages(conversation: Conversation, window: Window) -> tuple[Message, ...]:
    """What was said, where a character's material goes with it; else all that the model gets."""
    if conversation.part is None:
        return conversation.messages
    system = (Message("system", conversation.system),) if conversation.system else ()
    turns = conversation.path[window.dropped_turns :]
    return (*system, *(Message(turn.role, turn.content) for turn in turns))


def in_words(found: Breakdown) -> str:
    """As a picture and a table, in the language of now."""
    window = found.window
    rows = [
        ("█", _("instruction"), found.instruction),
        ("▓", _("documents"), found.documents),
        ("▒", _("your messages"), found.questions),
        ("▞", _("answers"), found.answers),
        ("╌", _around(found), found.template),
        ("·", _("free"), window.free),
    ]
    bar = "".join(sign * _cells(count, window.limit) for sign, _name, count in rows[:-1])
    share = f"{window.used / window.limit:.0%}".replace("%", " %") if window.limit else ""
    lines = [
        _("context: {used} of {limit} tokens, {share}").format(
            used=f"{window.used:,}", limit=f"{window.limit:,}", share=share
        ),
        bar[:_BAR].ljust(_BAR, "·"),
        *(f"{sign} {count:>9,}  {name}" for sign, name, count in rows if count),
    ]
    if window.dropped_turns:
        lines.append(
            _("not seen any more: the first {turns} messages ({tokens} tokens)").format(
                turns=f"{window.dropped_turns:,}", tokens=f"{window.dropped_tokens:,}"
            )
        )
    return "\n".join(lines)


def _around(found: Breakdown) -> str:
    if found.dialogues:
        return _("character: description, dialogues")
    return _("character: description") if found.character else _("template")


def _cells(count: int, limit: int) -> int:
    """At least one where there is anything."""
    return max(round(count * _BAR / limit), 1) if count and limit else 0

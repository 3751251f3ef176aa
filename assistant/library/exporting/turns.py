"""The regular form behind a chat template: what stands around the words of each role, found by rendering, then checked.

A template is a program, and other programs cannot run it; but most templates only put the same text around each turn.
`find_turns` finds that text, and believes it only after it made the prompts of many conversations as the template does.
Nothing here knows a model, or the program that the form is for.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.errors import TemplateFailed
from assistant.messages import Message
from assistant.prompt.template import render_template

_ASK = "name another model, or leave the template out with --no-template"
_MARKS = ("\ue000s\ue001", "\ue000u\ue001", "\ue000a\ue001", "\ue000v\ue001", "\ue000b\ue001", "\ue000w\ue001")
"""In the places of a system message, and of the words of three questions and two answers."""
_WORDS = (
    "Hi",
    "Two words, and a comma.",
    "A line\nand another\n\n\n  - and one after a gap",
    "你好，世界！　全角。",
    "{{ .System }} {% if x %} `code` \"quoted\" 'single' \\n \\",
    "# 1 < 2 & 3 > 2; tab\there",
    "🙂 émoji",
)
_EDGED = ("  two spaces before", "after, a line end\n", "\n\nboth \n")


@dataclass(frozen=True, slots=True)
class Turns:
    """The texts around the words. Of a question: `user_before` words `user_after`, of an answer `answer_before` words
    `answer_after`; `opening` begins the answer that is asked for, after the last question's `user_after`.

    The first question is begun otherwise: by `start`, or after a system message by `system_before` it `system_after`.
    """

    start: str
    system_before: str
    system_after: str
    user_before: str
    user_after: str
    answer_before: str
    answer_after: str
    opening: str
    takes_system: bool = True
    """The template does not refuse a system message."""
    strips: bool = False
    """The template takes white space off the ends of the words; the form does not."""

    def without_beginning(self, text: str) -> "Turns | None":
        """The form of prompts that lack the text they begin with; None where some begin otherwise."""
        beginnings = (self.start, self.system_before) if self.takes_system else (self.start,)
        if not text or not all(beginning.startswith(text) for beginning in beginnings):
            return None
        return replace(self, start=self.start[len(text) :], system_before=self.system_before[len(text) :])

    @property
    def continued(self) -> str:
        """What stands before an answer's words where the model is to go on with them."""
        before = self.answer_before
        return before if before.startswith(self.opening) and not before[len(self.opening) :].strip() else self.opening

    @property
    def begins_alike(self) -> bool:
        """The first question is begun as all others are, behind what the conversation begins with."""
        beginnings = (self.start, self.system_after) if self.takes_system else (self.start,)
        return all(beginning.endswith(self.user_before) for beginning in beginnings)

    def prompt(self, messages: Sequence[Message]) -> str:
        """The prompt for the next answer; where the last message is an answer, for more of it.

        A system message counts where it is the first one. A conversation that begins with an answer was cut; what
        belongs before the first question then stands before the one that is left.
        """
        system = messages[0].content if messages and messages[0].role == "system" and self.takes_system else ""
        said = [message for message in messages if message.role != "system"]
        beginning = self.system_before + system + self.system_after if system else self.start
        pieces: list[str] = []
        if self.begins_alike:
            pieces, beginning = [beginning.removesuffix(self.user_before)], self.user_before
        for number, message in enumerate(said, start=1):
            last = number == len(said)
            if message.role == "user":
                pieces += [beginning, message.content, self.user_after, self.opening if last else ""]
                beginning = self.user_before
            elif last:
                pieces += [self.continued, message.content]
            else:
                pieces += [self.answer_before, message.content, self.answer_after]
        return "".join(pieces)


def find_turns(template: str, *, bos: str, eos: str) -> Turns:
    """The regular form of a chat template. Raises TemplateFailed where it has none, with the reason."""
    s, u, a, v, b, w = _MARKS
    before = Message("system", s)
    talk = [Message("user", u), Message("assistant", a), Message("user", v), Message("assistant", b)]
    asked = [*talk, Message("user", w)]

    def rendered(messages: Sequence[Message], *, answering: bool = True) -> str:
        return _rendered(template, messages, bos, eos, answering=answering)

    start, after_user, after_answer, *again, end = _around(rendered(asked), (u, a, v, b, w))
    if again != [after_user, after_answer]:
        raise _irregular("puts other text around the second question and its answer than around the first")
    user_after = _around(rendered(talk[:1], answering=False), (u,))[-1]
    answer_after = _around(rendered(talk[:2], answering=False), (u, a))[-1]
    # A template may close a turn only when the next one begins; then the whole gap belongs to what comes next.
    if not (after_user.startswith(user_after) and end.startswith(user_after)):
        user_after = ""
    if not after_answer.startswith(answer_after):
        answer_after = ""
    turns = Turns(
        start=start,
        system_before="",
        system_after="",
        user_before=after_answer[len(answer_after) :],
        user_after=user_after,
        answer_before=after_user[len(user_after) :],
        answer_after=answer_after,
        opening=end[len(user_after) :],
    )
    try:
        with_system = rendered([before, *asked])
    except TemplateFailed:
        turns = replace(turns, takes_system=False)
    else:
        system_before, system_after, *_ = _around(with_system, (s, u, a, v, b, w))
        turns = replace(turns, system_before=system_before, system_after=system_after)
    return _checked(turns, template, bos, eos)


def _checked(turns: Turns, template: str, bos: str, eos: str) -> Turns:
    """The form, if it makes the template's prompts of all these conversations. Raises TemplateFailed."""
    for messages in conversations(_WORDS, system=turns.takes_system):
        if turns.prompt(messages) != _rendered(template, messages, bos, eos):
            asked = sum(message.role == "user" for message in messages)
            system = "with" if messages[0].role == "system" else "without"
            raise _irregular(
                f"writes a conversation of {asked} questions {system} a system message in a way of its own"
            )
    strips = False
    for messages in conversations(_EDGED, system=turns.takes_system):
        found = _rendered(template, messages, bos, eos)
        if turns.prompt(messages) == found:
            continue
        bare = [replace(message, content=message.content.strip()) for message in messages]
        if _rendered(template, bare, bos, eos) != turns.prompt(bare):
            raise _irregular("changes words that begin or end with white space")
        strips = True
    return replace(turns, strips=strips)


def conversations(words: Sequence[str], *, system: bool) -> list[list[Message]]:
    """Conversations of one to six questions, without a system message and, where asked for, with one."""
    found: list[list[Message]] = []
    for questions in range(1, 7):
        said = [
            Message("assistant" if index % 2 else "user", words[(questions + index) % len(words)])
            for index in range(2 * questions - 1)
        ]
        found.append(said)
        if system:
            found.append([Message("system", words[questions % len(words)]), *said])
    return found


def _around(text: str, marks: Sequence[str]) -> list[str]:
    """The texts before, between and behind the marks. Raises TemplateFailed where one is missing, or out of order."""
    found: list[str] = []
    for mark in marks:
        before, seen, text = text.partition(mark)
        if not seen or mark in text:
            raise _irregular("leaves messages out, repeats them, or changes their order")
        found.append(before)
    return [*found, text]


def _rendered(template: str, messages: Sequence[Message], bos: str, eos: str, *, answering: bool = True) -> str:
    values = [{"role": message.role, "content": message.content} for message in messages]
    return render_template(template, values, bos=bos, eos=eos, answering=answering)


def _irregular(what: str) -> TemplateFailed:
    return TemplateFailed(
        f"the model's chat template {what}; one that puts the same text around each turn was expected, which is all "
        f"that other programs' templates can say; {_ASK}"
    )

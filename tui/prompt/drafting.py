"""A message while it is being written: the documents that go with it, what it will be, what it costs.

Files are read beside the screen; tokens are counted at the desk, and only when nothing else waits there. What comes of
it is told by messages. Lives in the thread of the screen; knows no widgets.
"""

from collections.abc import Callable, Generator, Iterable, Mapping

from textual.message import Message

from assistant import Attachment, Typed, attach, detach, rough_tokens
from tui.aside import Aside, Stopped
from tui.desk import Desk
from tui.jobs import Inbox, Job
from tui.language import _
from tui.prompt.attaching import Item, Mentioned, Reader
from tui.prompt.folding import mentions, unfold

AROUND = 16
"""Tokens that a template puts around a message, about."""
_MOST_COUNTED = 256
_FAR = 4
_MOST_PRICED = 1 << 20
"""Bytes of a file that is read before anybody has mentioned it."""


class Looked(Message):
    """These of the mentioned files are there."""

    def __init__(self, found: Mapping[str, Mentioned]) -> None:
        super().__init__()
        self.found = found


class Priced(Message):
    """This file, which may come to be mentioned, has this text."""

    def __init__(self, path: str, text: str) -> None:
        super().__init__()
        self.path = path
        self.text = text


class Counted(Message):
    """How many tokens these texts have for the model of this path."""

    def __init__(self, model: str, tokens: Mapping[str, int]) -> None:
        super().__init__()
        self.model = model
        self.tokens = tokens


class Composed(Message):
    """What was typed has become the `content` of a message; or, `error`, cannot."""

    def __init__(self, typed: Typed, content: str, error: str = "") -> None:
        super().__init__()
        self.typed = typed
        self.content = content
        self.error = error


class Drafting:
    """`inbox` gets the messages above."""

    def __init__(self, inbox: Inbox, desk: Desk) -> None:
        self._inbox = inbox
        self._desk = desk
        self._reader = Reader()
        self._reading = Aside(inbox, "luciole-reading")
        self._sending = Aside(inbox, "luciole-sending")
        self._pricing = Aside(inbox, "luciole-pricing")
        self._composing = 0
        self._wanted: frozenset[str] = frozenset()
        self._found: Mapping[str, Mentioned] = {}
        self._kept: dict[str, Attachment] = {}
        self._model = ""
        self._tokens: dict[str, int] = {}
        self.reading = False
        """Mentioned files are being read."""

    # Documents

    def look(self, typed: Typed) -> None:
        """Read the files that are mentioned; `Looked` follows where there may be some."""
        mentioned = frozenset(mentions(typed.text))
        if typed.text:  # an empty prompt may be that of a message that was just sent
            self._kept = {name: kept for name, kept in self._kept.items() if name in mentioned}
        wanted = mentioned - self._kept.keys()
        if wanted == self._wanted:
            return
        self._wanted = wanted
        self._found = {path: found for path, found in self._found.items() if path in wanted}
        self.reading = bool(wanted)
        if wanted:
            self._reading.only(lambda stopped: Looked(self._reader.look(sorted(wanted), stopped)))

    def looked(self, message: Looked) -> None:
        """Take in what was found."""
        self._found = {path: found for path, found in message.found.items() if path in self._wanted}
        self.reading = False

    def files(self, typed: Typed) -> tuple[Mentioned, ...]:
        """Files that are mentioned, as far as they are known, in their order."""
        return _chosen(typed.text, {**self._found, **_kept(self._kept)})

    def items(self, typed: Typed) -> tuple[Item, ...]:
        """What goes with the message."""
        files = [
            Item(file.path, "", error=file.error)
            if file.attachment is None
            else Item(file.path, file.attachment.text, self._tokens.get(file.attachment.text))
            for file in self.files(typed)
        ]
        pasted = [
            Item(_("pasted text {number}").format(number=number), text, self._tokens.get(text), pasted=number)
            for number, text in typed.pasted.items()
        ]
        return (*files, *pasted)

    def adopt(self, content: str, fold: Callable[[str], str]) -> str:
        """A message of before as text for the prompt: its documents stay what they were, pastes are folded again."""
        attachments, text = detach(content)
        for attachment in attachments:
            if f"[{attachment.name}]" in text:
                text = text.replace(f"[{attachment.name}]", fold(attachment.text))
            elif attachment.name in mentions(text):
                self._kept[attachment.name] = attachment
            else:
                text = f"{fold(attachment.text)}\n{text}"
        return text

    def compose(self, typed: Typed) -> str | None:
        """What is sent; None where files must be read first, and then `Composed` follows, in the order of calls."""
        pasted, text = unfold(typed)
        wanted = frozenset(mentions(text)) - self._kept.keys()
        kept = _kept(self._kept)
        self._kept = {}
        self._wanted = frozenset()
        if not wanted and not self._composing:
            files = _chosen(text, kept)
            return attach(text.strip(), [file.attachment for file in files if file.attachment] + [*pasted])
        self._composing += 1
        self._sending.do(lambda _stopped: _composed(typed, text, pasted, {**self._reader.look(wanted), **kept}))
        return None

    def composed(self) -> None:
        """One of those that were awaited has come."""
        self._composing -= 1

    # Tokens

    def cost(self, typed: Typed) -> tuple[int, bool]:
        """Tokens of the message, and whether a model has counted all of it. Nothing typed: none."""
        if not typed.text.strip():
            return 0, True
        texts = self._texts(typed)
        exact = all(text in self._tokens for text in texts)
        return sum(self._tokens.get(text, rough_tokens(text)) for text in texts) + AROUND, exact

    def price(self, path: str) -> None:
        """Read a file to know what it would cost: `Priced` follows where it is a document. Empty: no file any more."""
        self._pricing.only(lambda stopped: self._price(path, stopped) if path else None)

    def _price(self, path: str, stopped: Stopped) -> Message | None:
        found = self._reader.look([path], stopped, most=_MOST_PRICED).get(path)
        return Priced(path, found.attachment.text) if found is not None and found.attachment is not None else None

    def tokens(self, text: str) -> int | None:
        """What a model counted; None: nothing yet."""
        return self._tokens.get(text)

    def count(self, typed: Typed, house: Inbox, others: Iterable[str] = ()) -> bool:
        """Have counted what is not counted yet, and `others`; `Counted` follows. False: not now, something waits."""
        info = self._desk.holder.info
        if info is not None and info.path != self._model:
            self._model = info.path
            self._tokens = {}
        texts = [text for text in (*self._texts(typed), *others) if text not in self._tokens]
        if info is not None:  # what is far too long is so by any count, and would keep the desk for seconds
            texts = [text for text in texts if rough_tokens(text) <= _FAR * info.context]
        if not texts:
            return True
        if info is None or self._desk.running is not None or self._desk.activity.phase != "ready":
            return False
        self._desk.submit(Job(house, lambda: self._count(info.path, texts), quiet=True))
        return True

    def counted(self, message: Counted) -> None:
        """Take in figures."""
        if message.model == self._model:
            if len(self._tokens) > _MOST_COUNTED:
                self._tokens = {}
            self._tokens.update(message.tokens)

    def close(self) -> None:
        """Wait for nothing more."""
        self._reading.close()
        self._sending.close()
        self._pricing.close()

    def _texts(self, typed: Typed) -> list[str]:
        text = unfold(typed)[1]
        return [item.text for item in self.items(typed) if not item.error] + ([text] if text.strip() else [])

    def _count(self, model: str, texts: list[str]) -> Generator[None, None, None]:
        counts = self._desk.holder.ready().count_each(texts)
        self._inbox.post_message(Counted(model, dict(zip(texts, counts, strict=True))))
        yield from ()


def _composed(typed: Typed, text: str, pasted: Iterable[Attachment], found: Mapping[str, Mentioned]) -> Composed:
    files = _chosen(text, found)
    errors = [file.error for file in files if file.error]
    if errors:
        return Composed(typed, "", errors[0])
    return Composed(typed, attach(text.strip(), [file.attachment for file in files if file.attachment] + [*pasted]))


def _chosen(text: str, found: Mapping[str, Mentioned]) -> tuple[Mentioned, ...]:
    """Each file once, in the order of mentions; of two that begin at one place, the longer."""
    places = sorted(
        (start, -end, path) for path, stops in mentions(text).items() if path in found for start, end in stops
    )
    at: dict[int, str] = {}
    for start, _end, path in places:
        at.setdefault(start, path)
    return tuple(found[path] for path in dict.fromkeys(at.values()))


def _kept(kept: Mapping[str, Attachment]) -> dict[str, Mentioned]:
    return {name: Mentioned(name, attachment) for name, attachment in kept.items()}

"""A program for the test that kills it: holds a kept conversation and prints each word when it has been shown."""

import sys
from itertools import count

from assistant.conversation.conversation import Conversation
from assistant.conversation.keeper import Keeper
from assistant.events import Text
from assistant.fake import FakeEngine


def show(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> None:
    keeper = Keeper()
    scripts = [" ".join(f"word{number}" for number in range(length)) for length in (20, 1000)]
    conversation = Conversation(FakeEngine(scripts, delay=0.015), keeper=keeper)
    show(conversation.id)
    for number in count():
        question = f"question{number}"
        show(question)
        for event in conversation.say(question):
            if isinstance(event, Text):
                show(event.text.strip())


if __name__ == "__main__":
    main()

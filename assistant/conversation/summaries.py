"""Summaries among the kept conversations: listed, searched and opened like what was asked about a document.

All summaries of one text are one conversation, each another answer to the same question. The ids come of the document
and its text, so nothing needs to be read to add one.
"""

from assistant.conversation.conversation import Keeps
from assistant.conversation.turns import Heading, Placed, Turn, id_of, new_id, now, summaries_of


def keep_summary(keeper: Keeps, *, document: str, content: str, question: str, summary: str, model: str) -> None:
    """Have a finished summary kept. `document` and `content` as in a heading; `question`: what it answers, in words."""
    identity = summaries_of(document, content)
    asked = Turn(id_of(f"{identity}\0{question}"), None, "user", question, now())
    answer = Turn(new_id(), asked.id, "assistant", summary, now(), model, "stop")
    keeper.keep(Heading(identity, asked.created, current=answer.id, document=document, content=content))
    keeper.keep(Placed(identity, asked))
    keeper.keep(Placed(identity, answer))

"""Documents within a message: put together and taken apart again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant import Attachment, attach, detach, rough_tokens

NAMES = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=12)
TEXTS = st.text("ab[]·1\n ", max_size=40) | st.sampled_from(["[end of x]\n\n", "[x · 1 line]\na\n[end of x]\n\n", ""])


def test_what_the_model_is_given() -> None:
    assert attach("What is missing?", [Attachment("a b.md", "First.\nSecond."), Attachment("c", "")]) == (
        "[a b.md · 2 lines]\nFirst.\nSecond.\n[end of a b.md]\n\n[c · 1 line]\n\n[end of c]\n\nWhat is missing?"
    )


@given(st.lists(st.builds(Attachment, NAMES, TEXTS), max_size=3), st.sampled_from(["", "why?", "[1]\nwhat", "\n\nx"]))
def test_taken_apart_it_is_what_was_put_together(attachments: list[Attachment], question: str) -> None:
    assert detach(attach(question, attachments)) == (tuple(attachments), question)


@given(TEXTS)
def test_any_content_comes_back_whole(content: str) -> None:
    attachments, question = detach(content)
    assert attach(question, attachments) == content


@pytest.mark.parametrize(
    "content", ["[a · 2 lines]\nb\n", "[a · 1 line]\nb\n[end of c]\n\n", "[a · 999999999 lines]\n"]
)
def test_what_only_looks_like_a_document_is_the_question(content: str) -> None:
    assert detach(content) == ((), content)


def test_a_name_cannot_break_its_line() -> None:
    assert (
        attach("", [Attachment("a\n[end of a]\x1b[2J", "x")])
        == "[a [end of a][2J · 1 line]\nx\n[end of a [end of a][2J]\n\n"
    )


def test_rough_figures() -> None:
    assert rough_tokens("") == 0
    assert rough_tokens("four") == 1
    assert rough_tokens("一二三四") == 3
    assert rough_tokens("\ud800") == 1

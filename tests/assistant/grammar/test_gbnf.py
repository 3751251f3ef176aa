"""Grammars: what llama.cpp takes passes, what it would fail at or never end with is refused with its line."""

from contextlib import suppress
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import InvalidSetting
from assistant.grammar.gbnf import check_grammar

SOUND = [
    'root ::= "yes" | "no"',
    'root::="a"',
    "# a comment\n\nroot ::= line+ # and one more\nline ::= [^\\n]* [\\n]\n",
    'root ::= ("a" |\n "b" # lines may break in groups\n)\nrest ::= "c"',
    'root ::= "\\x41\\u00e9\\U0001F600\\"\\\\" [a-zA-Z\\]\\-é😀-]{2,5} "c"{0} .? "d"{3,}',
    'root ::= item ("," item)*\nitem ::= [0-9]+',
    'root ::= "(" root ")" | "x"',
    'root ::= a a a\na ::= "x"?',
    "root ::= <[5]> !<[6]> <think>",
    'root ::=\n  "a"\r\nb ::= "c" |\r\n  "d"\r\n',
    'root ::= ""',
]


@pytest.mark.parametrize("grammar", SOUND)
def test_sound_grammars_pass(grammar: str) -> None:
    check_grammar(grammar)


@pytest.mark.parametrize(
    ("grammar", "words"),
    [
        ("", "no rule 'root'"),
        ('rot ::= "a"', "no rule 'root'"),
        ('root ::= "a', "line 1 of the grammar has its end where a character or"),
        ('root ::= "a"\n\nroot_two ::= "b"', "line 3 of the grammar has '_two ::= "),
        ('root ::= a\na ::= b "x"', "line 2 of the grammar uses the rule 'b', which nothing defines"),
        ('root ::= "a"\nroot ::= "b"', "line 2 of the grammar defines the rule 'root' again"),
        ("root ::= [a", "where a character or ] was expected"),
        ("root ::= []", "a character in"),
        ('root ::= "\\q"', "has '.*' where a character"),
        ('root ::= "\\u12"', "where a character"),
        ("root ::= ( [a]", r"its end where \) was expected"),
        ("root ::= * [a]", r"an element before \*"),
        ("root ::= [a]{2,1}", r"repeats \{2,1\}"),
        ("root ::= [a]{0,5000}", r"repeats \{0,5000\}"),
        ("root ::= [a]{x}", r"\{n\}, \{n,\} or \{n,m\}"),
        ("root ::= <[1]", "a token as"),
        ('root = "a"', "::= was expected"),
        ('root ::= "a" \0', "an element or the end of the line"),
        ('root ::= "\ud800"', "half of a character pair"),
        ("root ::= root", "'root' of the grammar may begin with itself"),
        ('root ::= root "x" | "y"', "may begin with itself"),
        ('root ::= a root "x" | "y"\na ::= b\nb ::= "z"?', "may begin with itself"),
        ('root ::= a\na ::= b\nb ::= a | "x"', "may begin with itself"),
        ("root ::= space*\nspace ::= [ ]*", "repeats a piece that may be empty"),
        ('root ::= ""*', "repeats a piece that may be empty"),
        ("root ::= (" + "[a] (" * 3000, "nests more than 100 groups"),
        ("root ::= " + "(" * 50_000, "nests more than 100 groups"),
        ('root ::= "' + "a" * 1000 + '"{1000}', "more than 262,144 elements"),
        ("root ::= " + "[a]{1,2000} [b]{1,2000} " * 8, "makes more than 16,384 rules"),
        ("root ::= " + "a" * 300_000, "has 300,009 characters"),
    ],
)  # fmt: skip
def test_mistakes_are_named(grammar: str, words: str) -> None:
    with pytest.raises(InvalidSetting, match=words) as caught:
        check_grammar(grammar)
    assert "\n" not in str(caught.value)
    assert str(caught.value).count(";") >= 2


@pytest.mark.parametrize(
    "grammar",
    [
        "root ::= r0\n" + "".join(f'r{i} ::= r{i + 1} "x" | r{i + 1} "y"\n' for i in range(300)) + "r300 ::= [a]",
        "root ::= r0\n" + "".join(f"r{i} ::= r{i + 1} r{i + 1}\n" for i in range(300)) + "r300 ::= [a]?",
        "root ::= " + "[a]? " * 40_000,
    ],
)
def test_bombs_are_measured_quickly(grammar: str) -> None:
    started = perf_counter()
    with pytest.raises(InvalidSetting):
        check_grammar(grammar)
    assert perf_counter() - started < 5


def test_long_chains_are_fine() -> None:
    check_grammar("root ::= r0\n" + "".join(f"r{i} ::= r{i + 1}\n" for i in range(5000)) + "r5000 ::= [a]")


PIECES = st.sampled_from(
    [
        "root",
        "::=",
        '"',
        "a",
        "[",
        "]",
        "(",
        ")",
        "*",
        "+",
        "?",
        "{",
        "}",
        "2",
        ",",
        "|",
        "\n",
        " ",
        "\\",
        "<",
        ">",
        "!",
    ]
)


@given(st.lists(PIECES, max_size=40).map("".join))
def test_any_text_passes_or_is_refused(text: str) -> None:
    with suppress(InvalidSetting):
        check_grammar(f"root ::= {text}")

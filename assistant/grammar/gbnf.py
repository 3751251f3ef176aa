"""Reads a grammar in llama.cpp's GBNF and refuses what llama.cpp would fail at, hang at or take for something else.

llama.cpp prints a mistake on the terminal, ends the process at some and never ends at others: rules that begin with
themselves behind a piece that may be empty, doublings, very deep nesting. So a grammar is parsed and measured here
first; llama.cpp's own parser does the work afterwards. Nothing here knows a model.
Source of the syntax: `grammars/README.md` and `llama_grammar_parser` of llama.cpp.
"""

import re
from dataclasses import dataclass, field

from assistant.errors import InvalidSetting

MAX_CHARACTERS = 1 << 18
MAX_RULES = 1 << 14
"""With those that llama.cpp makes of repetitions and groups."""
MAX_ELEMENTS = 1 << 18
"""Characters, classes and references, after repetitions were written out."""
MAX_NESTING = 100
MAX_REPEATS = 2000
"""llama.cpp refuses more (`MAX_REPETITION_THRESHOLD`), or silently takes it for "any number"."""
MAX_PATHS = 1 << 16
"""Ways from one rule to a character that it may begin with: llama.cpp walks each."""

_SPACE = re.compile(r"(?:[ \t]|\#[^\r\n]*)*")
_SPACE_AND_LINES = re.compile(r"(?:[ \t\r\n]|\#[^\r\n]*)*")
_NAME = re.compile(r"[a-zA-Z0-9-]+")
_CHARACTER = re.compile(r'\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[trn\\"\[\]-])|[^\\\0]', re.DOTALL)
_TIMES = re.compile(r"\{[ \t]*([0-9]{1,9})[ \t]*(,?)[ \t]*([0-9]{1,9})?[ \t]*\}")
_TOKEN = re.compile(r"!?<(?:\[[0-9]{1,9}\]|[^\[>\r\n][^>\r\n]*)>")


def check_grammar(text: str) -> None:
    """Raises InvalidSetting where the grammar has a mistake or is too large, with its line."""
    if len(text) > MAX_CHARACTERS:
        raise InvalidSetting(f"the grammar has {len(text):,} characters; at most {MAX_CHARACTERS:,}; use a smaller one")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise InvalidSetting("the grammar holds half of a character pair; UTF-8 was expected; mend it")
    grammar = _Parser(text).grammar()
    if "root" not in grammar.rules:
        raise InvalidSetting("the grammar has no rule 'root'; that is where the answer begins; add one: root ::= ...")
    grammar.expect_defined()
    grammar.expect_beginnings()


@dataclass(slots=True)
class _Item:
    """An element of a sequence: a rule's name, or None for something that takes a character or a token."""

    rule: str | None
    empty: bool = False
    """An empty literal: it takes nothing."""
    size: int = 1


@dataclass(slots=True)
class _Grammar:
    rules: dict[str, list[list[_Item]]] = field(default_factory=dict)
    uses: dict[str, int] = field(default_factory=dict)
    """The first line each name is used in."""

    def expect_defined(self) -> None:
        for name, line in self.uses.items():
            if name not in self.rules:
                raise _mistake(line, f"uses the rule {name[:60]!r}, which nothing defines", "define it")

    def expect_beginnings(self) -> None:
        """No rule may begin with itself, and the ways to a first character are few."""
        empty = self._may_be_empty()
        first: dict[str, list[str]] = {}
        for name, alternatives in self.rules.items():
            first[name] = []
            for sequence in alternatives:
                for item in sequence:
                    if item.rule is not None:
                        first[name].append(item.rule)
                    if not (item.empty or item.rule in empty):
                        break
        paths: dict[str, int] = {}
        for start in first:
            self._count_paths(start, first, paths)

    def _count_paths(self, start: str, first: dict[str, list[str]], paths: dict[str, int]) -> None:
        """Depth first, without recursion: chains of rules may be long."""
        open_rules: dict[str, None] = {}
        todo = [(start, False)]
        while todo:
            name, left = todo.pop()
            if left:
                del open_rules[name]
                paths[name] = 1 + sum(paths[other] for other in first[name])
                if paths[name] > MAX_PATHS:
                    raise InvalidSetting(
                        f"the rule {_shown(name)} of the grammar may begin in more than {MAX_PATHS:,} ways; fewer were "
                        "expected, since each is tried at every word; give its alternatives a common beginning"
                    )
            elif name in open_rules:
                raise InvalidSetting(
                    f"the rule {_shown(name)} of the grammar may begin with itself (or repeats a piece that may be "
                    "empty); a character before that was expected, or it never ends; turn the rule around"
                )
            elif name not in paths:
                open_rules[name] = None
                todo.append((name, True))
                todo += [(other, False) for other in first[name]]

    def _may_be_empty(self) -> set[str]:
        """Rules that can stand for nothing, also through others."""
        empty: set[str] = set()
        users: dict[str, set[str]] = {}
        for name, alternatives in self.rules.items():
            for sequence in alternatives:
                for item in sequence:
                    if item.rule is not None:
                        users.setdefault(item.rule, set()).add(name)
        todo = list(self.rules)
        while todo:
            name = todo.pop()
            if name not in empty and any(
                all(item.empty or item.rule in empty for item in sequence) for sequence in self.rules[name]
            ):
                empty.add(name)
                todo += users.get(name, ())
        return empty


class _Parser:
    """One pass over the text. Repetitions and groups become rules of their own, as in llama.cpp."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0
        self._elements = 0
        self._made = 0
        self._grammar = _Grammar()

    def grammar(self) -> _Grammar:
        self._skip(lines=True)
        while self._at < len(self._text):
            name = self._match(_NAME, "the name of a rule")
            self._skip(lines=False)
            if not self._text.startswith("::=", self._at):
                raise self._wrong("::=")
            self._at += 3
            self._skip(lines=True)
            if name in self._grammar.rules:
                raise self._mistake(f"defines the rule {_shown(name)} again", "give it another name")
            self._add(name, self._alternatives(lines=False))
            if self._at < len(self._text) and self._text[self._at] not in "\r\n":
                raise self._wrong("an element or the end of the line")
            self._skip(lines=True)
        return self._grammar

    def _alternatives(self, *, lines: bool) -> list[list[_Item]]:
        found = [self._sequence(lines=lines)]
        while self._text.startswith("|", self._at):
            self._at += 1
            self._skip(lines=True)
            found.append(self._sequence(lines=lines))
        return found

    def _sequence(self, *, lines: bool) -> list[_Item]:
        items: list[_Item] = []
        while self._at < len(self._text):
            character = self._text[self._at]
            if character == '"':
                items.append(self._literal())
            elif character == "[":
                items.append(self._class())
            elif character == ".":
                self._at += 1
                items.append(_Item(None))
            elif character in "<!":
                self._match(_TOKEN, "a token as <[id]> or <text>")
                items.append(_Item(None))
            elif character == "(":
                items.append(self._group())
            elif character in "*+?{":
                if not items:
                    raise self._wrong(f"an element before {character}")
                items[-1] = self._repeated(items[-1])
            elif _NAME.match(character):
                name = self._match(_NAME, "the name of a rule")
                if name not in self._grammar.uses:
                    self._grammar.uses[name] = self._line()
                items.append(_Item(name))
            else:
                break
            self._skip(lines=lines)
        self._take(sum(item.size for item in items) + 1)
        return items

    def _literal(self) -> _Item:
        self._at += 1
        size = self._characters('"')
        return _Item(None, empty=size == 0, size=size)

    def _class(self) -> _Item:
        self._at += 2 if self._text.startswith("[^", self._at) else 1
        size = self._characters("]")
        if not size:
            raise self._wrong("a character in [ ]")
        return _Item(None, size=size)

    def _characters(self, end: str) -> int:
        """How many there are up to the end."""
        count = 0
        while not self._text.startswith(end, self._at):
            self._match(_CHARACTER, f"a character or {end}")
            count += 1
        self._at += 1
        return count

    def _group(self) -> _Item:
        self._depth += 1
        if self._depth > MAX_NESTING:
            raise self._mistake(f"nests more than {MAX_NESTING} groups", "give them rules of their own")
        self._at += 1
        self._skip(lines=True)
        alternatives = self._alternatives(lines=True)
        if not self._text.startswith(")", self._at):
            raise self._wrong(")")
        self._at += 1
        self._depth -= 1
        return self._rule(alternatives)

    def _repeated(self, item: _Item) -> _Item:
        sign = self._text[self._at]
        if sign == "{":
            found = _TIMES.match(self._text, self._at)
            if found is None:
                raise self._wrong("{n}, {n,} or {n,m}")
            least = int(found[1])
            most = int(found[3]) if found[3] else None if found[2] else least
            if max(least, most or 0) > MAX_REPEATS or (most is not None and most < least):
                raise self._mistake(f"repeats {found[0]}", f"use a growing range up to {MAX_REPEATS}")
            if found[3] and not found[2]:
                raise self._wrong("a comma between the two numbers")
            self._at = found.end()
        else:
            least, most = {"*": (0, None), "+": (1, None), "?": (0, 1)}[sign]
            self._at += 1
        self._take(item.size * max(least, most or 0))
        self._made += max(0, (most or 0) - least)
        once = [item]
        if most is None:  # S* is S' ::= S S' |
            again = self._rule([])
            if again.rule is not None:
                self._grammar.rules[again.rule] = [[item, again], []]
            return again if least == 0 else self._rule([[item, again]])
        if least == 0:
            return self._rule([once, []] if most else [[]])
        return self._rule([once])

    def _rule(self, alternatives: list[list[_Item]]) -> _Item:
        self._made += 1
        name = f"{self._line()} {self._made}"  # a space: no rule of the grammar has such a name
        self._add(name, alternatives)
        return _Item(name)

    def _add(self, name: str, alternatives: list[list[_Item]]) -> None:
        self._grammar.rules[name] = alternatives
        if len(self._grammar.rules) + self._made > MAX_RULES:
            raise self._mistake(f"makes more than {MAX_RULES:,} rules", "use fewer, or smaller ranges")

    def _take(self, elements: int) -> None:
        self._elements += elements
        if self._elements > MAX_ELEMENTS:
            raise self._mistake(f"has more than {MAX_ELEMENTS:,} elements, repeats counted", "use a smaller grammar")

    def _match(self, pattern: re.Pattern[str], expected: str) -> str:
        found = pattern.match(self._text, self._at)
        if found is None:
            raise self._wrong(expected)
        self._at = found.end()
        return found[0]

    def _skip(self, *, lines: bool) -> None:
        found = (_SPACE_AND_LINES if lines else _SPACE).match(self._text, self._at)
        self._at = found.end() if found else self._at

    def _line(self) -> int:
        return self._text.count("\n", 0, self._at) + 1

    def _wrong(self, expected: str) -> InvalidSetting:
        found = repr(self._text[self._at : self._at + 20]) if self._at < len(self._text) else "its end"
        return _mistake(self._line(), f"has {found} where {expected} was expected", "mend it")

    def _mistake(self, found: str, advice: str) -> InvalidSetting:
        return _mistake(self._line(), found, advice)


def _mistake(line: int, found: str, advice: str) -> InvalidSetting:
    return InvalidSetting(f"line {line} of the grammar {found}; GBNF that llama.cpp takes was expected; {advice}")


def _shown(name: str) -> str:
    line, made, _ = name.partition(" ")
    return f"in line {line}" if made else repr(name[:60])

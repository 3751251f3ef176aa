"""What Go's `text/template` makes of a template, for as much of its language as ours are written in.

An oracle of its own: it reads the written template, and knows nothing of how that came about. `test_real_go.py` holds
it to Go itself.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from assistant.messages import Message

_ACTION = re.compile(r'\{\{((?:"(?:\\.|[^"\\])*"|[^"}]|\}(?!\}))*)\}\}', re.DOTALL)
_WORD = re.compile(r'"(?:\\.|[^"\\])*"|[()]|:=|=|,|[^\s()=:,"]+')


@dataclass
class Node:
    """An action and what stands in it; `otherwise`: behind its `else`."""

    action: tuple[str, ...]
    inside: list["str | Node"] = field(default_factory=list)
    otherwise: list["str | Node"] = field(default_factory=list)


def collate(messages: Sequence[Message]) -> dict[str, Any]:
    """The values that Ollama gives a template: its `template.Execute` and `collate`."""
    joined: list[dict[str, str]] = []
    for message in messages:
        if joined and joined[-1]["Role"] == message.role:
            joined[-1]["Content"] += "\n\n" + message.content
        else:
            joined.append({"Role": message.role, "Content": message.content})
    system = "\n\n".join(message.content for message in messages if message.role == "system")
    return {"System": system, "Messages": joined, "Response": ""}


def execute(template: str, messages: Sequence[Message]) -> str:
    """The text that the template writes for these messages in Ollama."""
    parts = iter(_parts(template))
    nodes, ended_by = _block(parts)
    assert ended_by == ()
    data = collate(messages)
    out: list[str] = []
    _run(nodes, data, {"$": data}, out)
    return "".join(out)


def _parts(template: str) -> Iterator[str | tuple[str, ...]]:
    at = 0
    for found in _ACTION.finditer(template):
        text = template[at : found.start()]
        assert "{{" not in text
        yield text
        yield tuple(_WORD.findall(found[1]))
        at = found.end()
    assert "{{" not in template[at:]
    yield template[at:]


def _block(parts: Iterator[str | tuple[str, ...]]) -> tuple[list[str | Node], tuple[str, ...]]:
    """Nodes up to the `end` or `else` of this block, which comes with them."""
    nodes: list[str | Node] = []
    for part in parts:
        if isinstance(part, str):
            nodes.append(part)
        elif part[0] in {"end", "else"}:
            return nodes, part
        elif part[0] in {"if", "range"}:
            nodes.append(_branch(part, parts))
        else:
            nodes.append(Node(part))
    return nodes, ()


def _branch(action: tuple[str, ...], parts: Iterator[str | tuple[str, ...]]) -> Node:
    inside, ended_by = _block(parts)
    if ended_by[:2] == ("else", "if"):
        return Node(action, inside, [_branch(ended_by[1:], parts)])
    otherwise: list[str | Node] = []
    if ended_by == ("else",):
        otherwise, ended_by = _block(parts)
    assert ended_by == ("end",)
    return Node(action, inside, otherwise)


def _run(nodes: Sequence[str | Node], dot: Any, variables: dict[str, Any], out: list[str]) -> None:
    for node in nodes:
        if isinstance(node, str):
            out.append(node)
            continue
        match node.action:
            case ("if", *words):
                _run(node.inside if _value(words, dot, variables) else node.otherwise, dot, _Scope(variables), out)
            case ("range", index, ",", "$_", ":=", *words):
                for number, item in enumerate(_value(words, dot, variables)):
                    scope = _Scope(variables)
                    scope.declare(index, number)
                    _run(node.inside, item, scope, out)
            case (name, ":=", *words):
                value = _value(words, dot, variables)
                variables.declare(name, value) if isinstance(variables, _Scope) else variables.update({name: value})
            case (name, "=", *words):
                variables[name] = _value(words, dot, variables)
            case words:
                value = _value(words, dot, variables)
                assert isinstance(value, str)
                out.append(value)


class _Scope(dict[str, Any]):
    """Variables of a block; what is assigned and not declared there belongs to the block around it."""

    def __init__(self, around: dict[str, Any]) -> None:
        super().__init__()
        self._around = around

    def declare(self, name: str, value: Any) -> None:
        super().__setitem__(name, value)

    def __missing__(self, name: str) -> Any:
        return self._around[name]

    def __setitem__(self, name: str, value: Any) -> None:
        if name in self.keys():
            super().__setitem__(name, value)
        else:
            self._around[name] = value


def _value(words: Sequence[str], dot: Any, variables: dict[str, Any]) -> Any:
    left = list(words)
    value = _call(left, dot, variables)
    assert not left, f"{left} is left of {words}"
    return value


def _call(left: list[str], dot: Any, variables: dict[str, Any]) -> Any:
    """A call with its arguments, or a single operand; takes its words off the list."""
    match left[0]:
        case "eq":
            left.pop(0)
            return _operand(left, dot, variables) == _operand(left, dot, variables)
        case "not":
            left.pop(0)
            return not _operand(left, dot, variables)
        case "len":
            left.pop(0)
            return len(_operand(left, dot, variables))
        case "slice":
            left.pop(0)
            whole = _operand(left, dot, variables)
            return whole[_operand(left, dot, variables) :]
        case _:
            return _operand(left, dot, variables)


def _operand(left: list[str], dot: Any, variables: dict[str, Any]) -> Any:
    word = left.pop(0)
    if word == "(":
        value = _call(left, dot, variables)
        assert left.pop(0) == ")"
        return value
    if word.startswith('"'):
        return _unquoted(word)
    if word in {"true", "false"}:
        return word == "true"
    if word.isdigit():
        return int(word)
    if word.startswith("."):
        return dot[word[1:]]
    name, _, member = word.partition(".")
    return variables[name][member] if member else variables[name]


def _unquoted(word: str) -> str:
    plain = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\", '"': '"'}

    def one(found: re.Match[str]) -> str:
        text = found[1]
        return chr(int(text[1:], 16)) if text[0] in "uU" else plain[text]

    return re.sub(r'\\(u[0-9a-f]{4}|U[0-9a-f]{8}|[nrt\\"])', one, word[1:-1])

"""The regular form of a chat template in the language of Go's `text/template`, with the values that Ollama gives it.

Ollama (`template/template.go`) hands over `.Messages`, each with `.Role` and `.Content`, neighbours of one role joined,
and `.System`, the texts of all system messages; it has nothing that refuses messages, or strips a text.
"""

import re
from itertools import groupby

from assistant.library.exporting.turns import Turns

_SYNTAX = re.compile(r'\{|"{3,}')
"""What begins an action in Go, also with what follows here, and what ends a text in a Modelfile."""
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_CONTENT = "{{ .Content }}"


def go_template(turns: Turns) -> str:
    """The template, to stand between three quotation marks in a Modelfile."""
    if turns.begins_alike:
        head = _beginning(turns, ".System", less=turns.user_before)
        before = _text(turns.user_before)
    else:
        head = "{{ $first := true }}"
        begun = f"{{{{ if $first }}}}{_beginning(turns, '$.System')}{{{{ $first = false }}}}"
        before = f"{begun}{{{{ else }}}}{_text(turns.user_before)}{{{{ end }}}}"
    question = f"{before}{_CONTENT}{_text(turns.user_after)}{_if_last(_text(turns.opening))}"
    answer, continued = (_text(before) + _CONTENT for before in (turns.answer_before, turns.continued))
    after = _text(turns.answer_after)
    if continued != answer:
        answer = f"{{{{ if $last }}}}{continued}{{{{ else }}}}{answer}{after}{{{{ end }}}}"
    elif after:
        answer = f"{answer}{{{{ if not $last }}}}{after}{{{{ end }}}}"
    return (
        head + "{{ range $index, $_ := .Messages }}{{ $last := eq (len (slice $.Messages $index)) 1 }}"
        f'{{{{ if eq .Role "user" }}}}{question}{{{{ else if eq .Role "assistant" }}}}{answer}{{{{ end }}}}'
        "{{ end }}"
    )


def _beginning(turns: Turns, system: str, *, less: str = "") -> str:
    """What stands before the first question, the system message in it, less an end that is written elsewhere."""
    start = _text(turns.start.removesuffix(less))
    if not turns.takes_system:
        return start
    with_system = f"{_text(turns.system_before)}{{{{ {system} }}}}{_text(turns.system_after.removesuffix(less))}"
    otherwise = f"{{{{ else }}}}{start}" if start else ""
    return f"{{{{ if {system} }}}}{with_system}{otherwise}{{{{ end }}}}"


def _if_last(text: str) -> str:
    return f"{{{{ if $last }}}}{text}{{{{ end }}}}" if text else ""


def _text(text: str) -> str:
    """Text as itself, and as a quoted text in an action where Go or Ollama's reader of Modelfiles would take it for
    something else, or drop it: the reader keeps printable characters and line ends only."""
    unsafe = {place for found in _SYNTAX.finditer(text) for place in range(*found.span())}
    unsafe |= {place for place, letter in enumerate(text) if letter != "\n" and not letter.isprintable()}
    runs = groupby(enumerate(text), key=lambda item: item[0] in unsafe)
    return "".join(_piece("".join(letter for _, letter in run), quoted=quoted) for quoted, run in runs)


def _piece(text: str, *, quoted: bool) -> str:
    return '{{ "' + "".join(map(_escaped, text)) + '" }}' if quoted else text


def _escaped(letter: str) -> str:
    if letter in _ESCAPES or letter.isprintable():
        return _ESCAPES.get(letter, letter)
    return f"\\u{ord(letter):04x}" if ord(letter) <= 0xFFFF else f"\\U{ord(letter):08x}"

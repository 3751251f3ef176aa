"""Reads a Modelfile by the rules of Ollama's own reader (`parser/parser.go`): rune by rune, in states.

A value ends at a line end, unless its quotation marks are still open there; of all other characters only the printable
ones come through.
"""

NAMES = {"from", "license", "template", "system", "parameter", "message", "adapter"}


def read_modelfile(text: str) -> list[tuple[str, str]]:
    """Each instruction in small letters and its value; of a PARAMETER the name and its value."""
    commands: list[tuple[str, str]] = []
    state, name, buffer = "nothing", "", ""
    for letter in [*text, ""]:
        line_end, space = letter in {"\n", "\r", ""}, letter in {" ", "\t"}
        if state == "nothing":
            if letter == "#":
                state = "comment"
            elif not line_end and not space:
                state, buffer = "name", letter
        elif state == "comment":
            state = "nothing" if line_end else state
        elif state in {"name", "parameter"}:
            if space:
                name = buffer.lower() if state == "name" else buffer
                assert state == "parameter" or name in NAMES, name
                state, buffer = ("parameter" if name == "parameter" else "value"), ""
            else:
                assert letter.isidentifier() or letter.isdigit(), repr(letter)
                buffer += letter
        else:
            value = unquoted(buffer.strip())
            if line_end and value is not None:
                commands.append((name, value))
                state, buffer = "nothing", ""
            elif line_end or space or letter.isprintable():
                buffer += letter
    assert state in {"nothing", "comment"}, f"{name} is not ended"
    return commands


def unquoted(value: str) -> str | None:
    """The value without its quotation marks; None where they are open."""
    for marks in ('"""', '"'):
        if value.startswith(marks):
            whole = len(value) >= 2 * len(marks) and value.endswith(marks)
            return value[len(marks) : -len(marks)] if whole else None
    return value

"""The user's own editor for what stands in a field. The screen is out of the way meanwhile."""

import os
import shlex
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from shutil import which
from typing import Any

from textual.app import App, SuspendNotSupported

from assistant import printable
from tui.language import _

_LARGEST = 1 << 22


class NoEditor(Exception):
    """It cannot be edited; the text is one line a user can act on."""


def editor(environment: Mapping[str, str] = os.environ) -> list[str]:
    """The command of the user's editor. Raises NoEditor."""
    for name in ("VISUAL", "EDITOR"):
        try:
            command = shlex.split(environment.get(name, ""))
        except ValueError:
            command = []
        if command:
            if which(command[0]) is None:
                raise NoEditor(
                    _("{name} is {command!r}, which is not there; an editor was expected; set another").format(
                        name=name, command=command[0]
                    )
                )
            return command
    raise NoEditor(_("no editor is set; $VISUAL or $EDITOR was expected; set one, as in EDITOR=nano"))


def edit_over(app: App[Any], text: str) -> str:
    """What became of the text in the user's editor, which has the terminal until it is closed. Raises NoEditor."""
    command = editor()
    try:
        with app.suspend():
            return edit(text, command)
    except SuspendNotSupported:
        raise NoEditor(_("this terminal cannot be lent to an editor; write here")) from None


def edit(text: str, command: list[str]) -> str:
    """What became of the text in the editor. Waits until that is closed. Raises NoEditor."""
    with tempfile.TemporaryDirectory(prefix="luciole-") as folder:  # of its own, which only the user may enter
        path = Path(folder, "message.md")
        path.write_text(text, encoding="utf-8", newline="\n")
        try:
            code = subprocess.run([*command, str(path)], check=False).returncode
            data = path.read_bytes()[:_LARGEST]
        except OSError as error:
            raise NoEditor(
                _("{command} failed ({reason}); an edited file was expected; the text is as it was").format(
                    command=command[0], reason=error.strerror
                )
            ) from None
    if code:
        raise NoEditor(
            _("{command} ended with {code}; 0 was expected; the text is as it was").format(
                command=command[0], code=code
            )
        )
    edited = printable(data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n"))
    return edited if text.endswith("\n") else edited.removesuffix("\n")

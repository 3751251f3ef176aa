"""The command line in this process, with an engine that plays a script where the model would be."""

import io
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from assistant.__main__ import main
from assistant.engine import EngineSettings
from assistant.fake import FakeEngine
from assistant.gguf.header import Header


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    code: int
    out: str
    err: str


class Terminal(io.StringIO):
    """A standard input that says it is a terminal."""

    def isatty(self) -> bool:
        return True


Luciole = Callable[..., Outcome]


@pytest.fixture
def luciole(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Luciole:
    """`luciole("chat", "Hi", stdin=b"")`; `stdin=None` is a terminal."""

    def run(*arguments: str, stdin: bytes | None = b"") -> Outcome:
        stream = Terminal() if stdin is None else io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8")
        monkeypatch.setattr(sys, "stdin", stream)
        capsys.readouterr()
        code = main(arguments)
        out, err = capsys.readouterr()
        return Outcome(code, out, err)

    return run


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[[Sequence[str | type[BaseException]]], list[str]]:
    """What a person types at the prompt, line by line; an exception is raised there. Gives the prompts shown."""

    def prepare(lines: Sequence[str | type[BaseException]]) -> list[str]:
        left = iter(lines)
        prompts: list[str] = []

        def read(prompt: str = "") -> str:
            prompts.append(prompt)
            line = next(left, EOFError)
            if isinstance(line, str):
                return line
            raise line

        monkeypatch.setattr("builtins.input", read)
        return prompts

    return prepare


@dataclass
class Door:
    """The place where commands get their engine; remembers what was asked for."""

    engine: FakeEngine
    model: str | None = None
    settings: EngineSettings | None = None


Opens = Callable[[FakeEngine], Door]
Typed = Callable[[Sequence[str | type[BaseException]]], list[str]]


_SILENT = Header(3, 32, {}, (), 0, 0)
"""Of a file that says nothing of how it wants to be sampled."""


@pytest.fixture
def opens(monkeypatch: pytest.MonkeyPatch) -> Opens:
    """Let the commands find this engine behind `open_engine`."""

    def replace(engine: FakeEngine) -> Door:
        door = Door(engine)

        def open_engine(model: str | None = None, settings: EngineSettings | None = None) -> FakeEngine:
            door.model, door.settings = model, settings
            return engine

        monkeypatch.setattr("assistant.models.open_engine", open_engine)
        monkeypatch.setattr("assistant.sampling_defaults._found", lambda _: (Path("fake.gguf"), _SILENT))
        return door

    return replace

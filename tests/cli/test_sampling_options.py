"""How answers are written, as the command line says it: what reaches the engine, and what is refused before it."""

import json
from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path

import gguf
import pytest

from assistant.events import Event
from assistant.fake import FakeEngine
from assistant.messages import Message, Sampling
from assistant.summary.values import SUMMARY_SAMPLING
from tests.cli.conftest import Luciole, Opens


class Listening(FakeEngine):
    """Remembers how it was asked."""

    sampling: Sampling | None = None

    def stream(self, messages: Sequence[Message], sampling: Sampling) -> Generator[Event, None, None]:
        self.sampling = sampling
        return super().stream(messages, sampling)


def test_chat_hands_all_of_them_on(luciole: Luciole, opens: Opens, tmp_path: Path) -> None:
    grammar = tmp_path / "answer.gbnf"
    grammar.write_text('root ::= "yes" | "no"\n')
    engine = Listening()
    opens(engine)
    arguments = "--temperature 0.5 --top-k 3 --top-p 0.7 --min-p 0.1 --repeat-penalty 1.2 --presence-penalty 0.3"
    arguments += " --frequency-penalty -0.2 --seed 7 --stop END --stop ### --max-tokens 9"
    shown = luciole("chat", *arguments.split(), "--grammar", str(grammar), "Hi")
    assert (shown.code, shown.err) == (0, "")
    expected = Sampling(0.5, 3, 0.7, 0.1, 1.2, 0.3, -0.2, seed=7, stop=("END", "###"), max_tokens=9)
    assert engine.sampling == replace(expected, grammar='root ::= "yes" | "no"\n')


def test_what_is_not_given_is_the_models(luciole: Luciole, opens: Opens) -> None:
    engine = Listening()
    opens(engine)
    luciole("chat", "--top-k", "3", "Hi")
    assert engine.sampling == Sampling(top_k=3)


def test_a_schema_is_checked_before_anything_is_loaded(luciole: Luciole, opens: Opens, tmp_path: Path) -> None:
    schema = tmp_path / "schema.json"
    engine = Listening()
    opens(engine)
    schema.write_text('{"type": "string", "pattern": "a"}')
    shown = luciole("chat", "--json-schema", str(schema), "Hi")
    assert (shown.code, engine.sampling) == (1, None)
    assert shown.err.startswith("error: the JSON schema at #/pattern is a keyword that cannot be kept")
    schema.write_text('\ufeff{"type": "string"}', encoding="utf-8")
    assert luciole("chat", "--json-schema", str(schema), "Hi").code == 0
    assert engine.sampling == Sampling(json_schema='{"type": "string"}')
    schema.write_bytes(b"\xff\xfe")
    assert luciole("chat", "--json-schema", str(schema), "Hi").err.count("\n") == 1


def test_a_summary_keeps_its_own_defaults(luciole: Luciole, opens: Opens, tmp_path: Path) -> None:
    document = tmp_path / "report.md"
    document.write_text("The plan is agreed.")
    engine = Listening()
    opens(engine)
    luciole("summarize", str(document), "--repeat-penalty", "1.3")
    assert engine.sampling == replace(SUMMARY_SAMPLING, repeat_penalty=1.3)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ("--temperature 6", 2, "'--temperature'"),
        ("--temperature nan", 1, "temperature is nan"),
        ("--top-p 1.1", 2, "'--top-p'"),
        ("--seed 4294967295", 2, "'--seed'"),
        ("--grammar missing.gbnf", 2, "missing.gbnf"),
        ("--stop=", 2, "--stop is an empty text"),
    ],
)
def test_what_cannot_be(luciole: Luciole, opens: Opens, arguments: str, code: int, words: str) -> None:
    opens(FakeEngine())
    shown = luciole("chat", *arguments.split(), "Hi")
    assert shown.code == code
    assert words in shown.err


def test_one_of_grammar_and_schema(luciole: Luciole, opens: Opens, tmp_path: Path) -> None:
    opens(FakeEngine())
    file = tmp_path / "file"
    file.write_text('root ::= "a"')
    shown = luciole("chat", "--grammar", str(file), "--json-schema", str(file), "Hi")
    assert shown.code == 2
    assert "leave one out" in shown.err


def test_inspect_shows_what_the_file_says(luciole: Luciole, tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_float32("general.sampling.temp", 0.7)
    writer.add_int32("general.sampling.top_k", 20)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    assert json.loads(luciole("inspect", str(path), "--json").out)["sampling"]["top_k"] == 20
    (line,) = (line for line in luciole("inspect", str(path)).out.splitlines() if line.startswith("sampling"))
    assert line.split(None, 1)[1].strip() == "temp 0.7, top_k 20"

"""`luciole export`: the answer on stdout or in a new file, notes on stderr, refusals with a way out."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from assistant.library.origin import Origin, write_origin
from assistant.plan import asking
from tests.assistant.library.exporting.modelfile_reader import read_modelfile
from tests.cli.conftest import Luciole

STARTER = "SmolLM2-135M-Instruct.Q4_1"
CHOSEN = {"context": 8192, "kv": "q8_0/f16", "flash": True, "gpu_layers": 0, "batch": 512}
VOCABULARY = {"bos": "<|im_start|>", "eos": "<|im_end|>", "adds_bos": False, "adds_eos": False, "ends": ["<|im_end|>"]}


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the child would say; `request` is what it was asked."""
    found: dict[str, Any] = {"plan": {"chosen": CHOSEN, "reason": "too little memory", "vocabulary": VOCABULARY}}

    def ask(module: str, request: dict[str, object], *, seconds: float) -> dict[str, Any]:
        assert module == "assistant.llama.planner"
        found["request"] = request
        answer: dict[str, Any] = found["plan"]
        return answer

    monkeypatch.setattr(asking, "ask", ask)
    return found


def test_a_modelfile_on_stdout(luciole: Luciole, answers: dict[str, Any], starter_gguf: Path) -> None:
    shown = luciole("export", "starter", "--ollama", "--context", "4096", "--kv", "q8_0/f16", "--gpu-layers", "3")
    assert shown.code == 0
    assert answers["request"] | {"path": ""} == {
        "path": "", "context": 4096, "text": None, "answer": 1024, "gpu_layers": 3, "kv": ("q8_0", "f16"),
        "threads": None, "export": True,
    }  # fmt: skip
    commands = read_modelfile(shown.out)
    assert commands[0] == ("from", str(starter_gguf))
    assert [value for name, value in commands if name == "stop"] == ["<|im_end|>"]
    assert ("license", "apache-2.0") in commands
    assert ("num_ctx", "8192") in commands
    assert shown.out.startswith(f"# {STARTER}, written by luciole export --ollama\n# ollama create smollm2-135m-")
    assert "note: the begin token <|im_start|> comes once" in shown.err
    assert "OLLAMA_KV_CACHE_TYPE=f16" in shown.err


def test_settings_of_the_user_hold_there_too(luciole: Luciole, answers: dict[str, Any], luciole_home: Path) -> None:
    folder = luciole_home / "config"
    folder.mkdir()
    (folder / "settings.toml").write_text('[sampling."smollm2*"]\ntemperature = 0.77\nstop = ["so long"]\n')
    for target in ("--ollama", "--llama-cpp", "--lmstudio"):
        shown = luciole("export", "starter", target)
        assert "0.77" in shown.out
        assert "so long" in shown.out


def test_as_json(luciole: Luciole, answers: dict[str, Any], starter_gguf: Path) -> None:
    found = {target: json.loads(luciole("export", "starter", f"--{target}", "--json").out) for target in
             ("ollama", "lmstudio", "llama-cpp")}  # fmt: skip
    for target, facts in found.items():
        assert facts["for"] == target
        assert facts["model"] == STARTER
        assert facts["files"] == [str(starter_gguf)]
        assert isinstance(facts["notes"], list)
    assert dict(read_modelfile(found["ollama"]["text"]))["template"] == found["ollama"]["template"]
    assert found["ollama"]["parameters"]["stop"] == ["<|im_end|>"]
    assert found["llama-cpp"]["llama-server"][:3] == ["llama-server", "-m", str(starter_gguf)]
    assert found["lmstudio"]["commands"][0][:2] == ["lms", "import"]


def test_a_new_file(luciole: Luciole, answers: dict[str, Any], tmp_path: Path) -> None:
    output = tmp_path / "Modelfile"
    shown = luciole("export", "starter", "--ollama", "-o", str(output))
    assert (shown.code, shown.out) == (0, "")
    written = output.read_text()
    assert read_modelfile(written)[0][0] == "from"
    again = luciole("export", "starter", "--ollama", "-o", str(output))
    assert again.code == 1
    assert "File exists" in again.err
    assert output.read_text() == written


def test_another_template(luciole: Luciole, answers: dict[str, Any], tmp_path: Path) -> None:
    jinja = tmp_path / "chat.jinja"
    jinja.write_text("{% for m in messages %}{{ '[' + m.role + ']' + m.content }}{% endfor %}{{ '[assistant]' }}\n")
    found = dict(read_modelfile(luciole("export", "starter", "--ollama", "--template", str(jinja)).out))
    assert "[user]{{ .Content }}" in found["template"]
    lines = luciole("export", "starter", "--llama-cpp", "--template", str(jinja)).out
    assert f"--jinja --chat-template-file {jinja} " in lines
    shown = luciole("export", "starter", "--lmstudio", "--template", str(jinja)).out
    assert "to be entered" in shown


def test_an_irregular_template_is_refused_or_left_out(
    luciole: Luciole, answers: dict[str, Any], tmp_path: Path
) -> None:
    jinja = tmp_path / "chat.jinja"
    jinja.write_text("{{ messages[-1].content }}")
    refused = luciole("export", "starter", "--ollama", "--template", str(jinja))
    assert (refused.code, refused.out) == (1, "")
    assert refused.err.startswith("error: the model's chat template leaves messages out")
    assert "--no-template" in refused.err
    bare = luciole("export", "starter", "--ollama", "--no-template")
    assert bare.code == 0
    assert "template" not in dict(read_modelfile(bare.out))
    assert "there is no TEMPLATE" in bare.err


@pytest.mark.parametrize("content", [None, b"\xff\xfe\xff"])
def test_a_template_that_cannot_be_read(
    luciole: Luciole, answers: dict[str, Any], tmp_path: Path, content: bytes | None
) -> None:
    jinja = tmp_path / "chat.jinja"
    if content is not None:
        jinja.write_bytes(content)
    shown = luciole("export", "starter", "--ollama", "--template", str(jinja))
    assert shown.code == 1
    assert "chat.jinja cannot be read" in shown.err


def test_usage(luciole: Luciole, answers: dict[str, Any]) -> None:
    assert luciole("export", "starter").code == 2
    assert "--ollama, --lmstudio or --llama-cpp" in luciole("export", "starter").err
    assert luciole("export", "starter", "--llama-cpp", "--no-template").code == 2
    assert luciole("export", "starter", "--ollama", "--no-template", "--template", "x").code == 2
    assert luciole("export", "nobody", "--ollama").code == 1


def test_what_does_not_fit_is_refused_as_by_plan(luciole: Luciole, answers: dict[str, Any]) -> None:
    answers["plan"] = {"chosen": None, "reason": "too little memory", "vocabulary": VOCABULARY}
    shown = luciole("export", "starter", "--llama-cpp")
    assert (shown.code, shown.out, shown.err) == (1, "", "error: too little memory\n")


def test_where_a_model_came_from_goes_with_it(
    luciole: Luciole, answers: dict[str, Any], luciole_home: Path, starter_gguf: Path
) -> None:
    file = luciole_home / "data" / "models" / "mine.gguf"
    file.parent.mkdir(parents=True)
    file.symlink_to(starter_gguf)
    pulled = datetime(2026, 11, 21, tzinfo=UTC)
    origin = Origin(
        "someone/Small-GGUF", "a" * 40, "q4_1", ("x.gguf",), ("",), "mit", "https://example.org", pulled, (), False
    )
    write_origin(file, origin)
    commands = read_modelfile(luciole("export", "mine", "--ollama").out)
    assert ("from", str(file)) in commands
    assert ("license", "apache-2.0\nmit\nhttps://example.org") in commands
    assert "--user-repo someone/Small-GGUF --hard-link" in luciole("export", "mine", "--lmstudio").out


def test_for_real(luciole: Luciole, starter_gguf: Path) -> None:
    """The child plans, and tells what llama.cpp takes the vocabulary for."""
    facts = json.loads(luciole("export", "starter", "--ollama", "--context", "4096", "--json").out)
    assert facts["parameters"]["num_ctx"] == "4096"
    assert facts["parameters"]["stop"] == ["<|im_end|>"]
    assert facts["template"].startswith("{{ if .System }}<|im_start|>system\n")
    assert facts["notes"][0].startswith("the begin token <|im_start|> comes once: this template writes it")

"""The engine in a child process: it answers, whatever else is printed, lies about, or comes out of the child."""

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from assistant.errors import EngineFailed, InvalidModelFile
from assistant.events import Finished
from assistant.paths import engine_log
from assistant.process.engine import EngineProcess
from tests.assistant.process.support import ONE, other_worker
from tests.contract.support import ANSWER, GREEDY, SHORT, answer


def test_it_answers(engine: EngineProcess) -> None:
    events = list(engine.stream(SHORT, GREEDY))
    assert answer(events) == ANSWER
    assert isinstance(events[-1], Finished)
    assert engine.info
    assert (engine.info.architecture, engine.info.layers, engine.info.quantization) == ("llama", 30, "Q4_1")


@pytest.mark.parametrize(
    "line",
    [
        "Hello, I am llama.cpp",
        "",
        "\\x1b[2J",
        "{}",
        '{"id":1,"event":{"kind":"Text"}}',
        '{"id":1,"error":{}}',
        '{"id":1,"value":"many"}',
        "x" * 70_000_000,
    ],
    ids=lambda line: line[:12] or "empty",
)
def test_nonsense_ends_the_child(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, starter_gguf: Path
) -> None:
    text = f'"x" * {len(line)}' if len(line) > 1000 else repr(line).replace("\\\\x", "\\x")
    other_worker(monkeypatch, tmp_path, f"print({text}, flush=True)\ntime.sleep(60)\n")
    with closing(EngineProcess(starter_gguf)) as engine:
        with pytest.raises(EngineFailed, match=r"a reply was expected.*next question starts it anew") as error:
            list(engine.stream(SHORT, GREEDY))
        assert engine.child_id is None
        assert "\x1b" not in str(error.value)
        assert len(str(error.value)) < 500


def test_replies_to_other_calls_are_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, starter_gguf: Path
) -> None:
    other_worker(monkeypatch, tmp_path, """for n in (77, 1): print('{"id":%d,"value":%d,"done":true}' % (n, n))\n""")
    with closing(EngineProcess(starter_gguf)) as engine:
        assert engine.count("a") == 1


def test_a_child_that_ends_at_once_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, starter_gguf: Path
) -> None:
    other_worker(monkeypatch, tmp_path, "sys.exit('out of order')\n")
    with closing(EngineProcess(starter_gguf)) as engine:
        for _ in range(2):
            with pytest.raises(EngineFailed, match=r"exit code 1"):
                list(engine.load())
    assert "out of order" in engine_log().read_text(encoding="utf-8"), "its last words are in the log"


def test_without_llama_cpp_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, starter_gguf: Path) -> None:
    (tmp_path / "llama_cpp.py").write_text("raise RuntimeError('libllama.so: no such file')\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with closing(EngineProcess(starter_gguf)) as engine:
        for _ in range(2):
            with pytest.raises(EngineFailed, match=r"libllama\.so.*pip install"):
                list(engine.stream(SHORT, GREEDY))


def test_a_folder_named_like_the_package_is_not_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, starter_gguf: Path
) -> None:
    for name in ("assistant", "json", "llama_cpp"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise SystemExit(99)\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with closing(EngineProcess(starter_gguf, ONE)) as engine:
        assert engine.count("one two") == 2


def test_a_relative_path_survives_a_change_of_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, starter_gguf: Path
) -> None:
    (tmp_path / "模型.gguf").symlink_to(starter_gguf)
    monkeypatch.chdir(tmp_path)
    with closing(EngineProcess(Path("模型.gguf"), ONE)) as engine:
        monkeypatch.chdir("/")
        assert engine.count("one two") == 2


def test_errors_of_the_model_arrive_with_their_kind(tmp_path: Path) -> None:
    (tmp_path / "m.gguf").write_bytes(b"GGUF" + b"\xff" * 60)
    with closing(EngineProcess(tmp_path / "m.gguf")) as engine:
        for _ in range(2):
            with pytest.raises(InvalidModelFile, match="version"):
                list(engine.load())
        assert engine.child_id is not None, "an error is no death"


def test_two_programs_share_one_log(starter_gguf: Path) -> None:
    with closing(EngineProcess(starter_gguf, ONE)) as first, closing(EngineProcess(starter_gguf, ONE)) as second:
        list(first.load())
        list(second.load())
        assert first.count("a") == second.count("a") == 1
    log = engine_log().read_text(encoding="utf-8")
    assert log.count("general.architecture str") == 2
    assert "\0" not in log


QUIET = """
import os, sys
from contextlib import closing, suppress
from pathlib import Path
from assistant import AssistantError, EngineSettings, Message, Sampling
from assistant.llama.engine import LlamaEngine
from assistant.process.engine import EngineProcess
for kind in (EngineProcess, LlamaEngine):
    for context in (None, 9999):
        with closing(kind(Path(sys.argv[1]), EngineSettings(context=context, threads=1))) as engine:
            with suppress(AssistantError):
                list(engine.stream([Message("user", "Hi")], Sampling(max_tokens=3)))
os.write(1, b"done")
"""


def test_llama_cpp_never_writes_on_the_terminal(starter_gguf: Path) -> None:
    done = subprocess.run([sys.executable, "-c", QUIET, str(starter_gguf)], capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"done", b"")


def test_threads_sleep_when_others_need_the_cores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, starter_gguf: Path
) -> None:
    """Unless the user has decided how threads wait."""
    body = "import os; print('{\"id\":1,\"value\":%s,\"done\":true}' % os.environ.get('GOMP_SPINCOUNT', '-1'))\n"
    for name, value, expected in (("A", "1", 1000), ("GOMP_SPINCOUNT", "7", 7), ("OMP_WAIT_POLICY", "active", -1)):
        with monkeypatch.context() as patch:
            patch.delenv("GOMP_SPINCOUNT", raising=False)
            patch.setenv(name, value)
            other_worker(patch, tmp_path, body)
            with closing(EngineProcess(starter_gguf)) as engine:
                assert engine.count("a") == expected

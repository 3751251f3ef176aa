"""A question to a child process: its answer, its errors, its death, and the death of whoever asked."""

import os
import subprocess
import sys
import time
from pathlib import Path
from textwrap import dedent

import psutil
import pytest

from assistant.errors import EngineFailed
from assistant.plan.asking import ask


@pytest.fixture
def child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return tmp_path / "questioned.py"


def write(path: Path, body: str) -> None:
    text = f"""
        import os, sys, time
        from assistant.errors import EngineFailed
        from assistant.plan.asking import serve

        def answer(request):
            {body}

        serve(answer)
    """
    path.write_text(dedent(text), encoding="utf-8")


def test_an_answer(child: Path) -> None:
    write(child, 'print("a driver says hello"); return {"twice": request["number"] * 2, "text": "Glühwürmchen"}')
    assert ask("questioned", {"number": 21}, seconds=20) == {"twice": 42, "text": "Glühwürmchen"}


def test_an_error_of_ours_is_one_here(child: Path) -> None:
    write(child, 'raise EngineFailed("the model is odd; an even one was expected; take another")')
    with pytest.raises(EngineFailed, match=r"^the model is odd; an even one was expected; take another$"):
        ask("questioned", {}, seconds=20)


@pytest.mark.parametrize("body", ["os.abort()", "os._exit(0)", "raise ValueError", 'return {"set": {1}}'])
def test_no_answer_is_an_error(child: Path, body: str) -> None:
    write(child, body)
    with pytest.raises(EngineFailed, match="gave no answer") as caught:
        ask("questioned", {}, seconds=20)
    assert "\n" not in str(caught.value)


def test_a_hanging_child_is_ended(child: Path) -> None:
    write(child, "time.sleep(60)")
    before = time.monotonic()
    with pytest.raises(EngineFailed, match="no answer within 1 s"):
        ask("questioned", {}, seconds=1)
    assert time.monotonic() - before < 10
    assert not psutil.Process().children()


def test_an_interruption_ends_it(child: Path) -> None:
    write(child, "time.sleep(60)")
    until = time.monotonic() + 0.5
    assert ask("questioned", {}, seconds=30, interrupted=lambda: time.monotonic() > until) is None
    assert not psutil.Process().children()


def test_the_child_dies_with_whoever_asked(child: Path) -> None:
    mark = child.parent / "number"
    write(child, f'open({str(mark)!r}, "w").write(str(os.getpid())); time.sleep(60)')
    code = 'from assistant.plan.asking import ask; ask("questioned", {}, seconds=60)'
    parent = subprocess.Popen([sys.executable, "-c", code], env=os.environ)
    number = wait_for(lambda: mark.is_file() and mark.read_text(encoding="ascii"))
    parent.kill()
    parent.wait()
    wait_for(lambda: not psutil.pid_exists(int(number)))


def wait_for(condition):
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError("it did not happen within 20 s")

"""`kill -9` at any moment: the file stays whole, and at most the last second of the running answers is gone."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from threading import Thread
from time import monotonic, sleep

import pytest

from assistant.conversation.store import Store, store_path

TALKER = Path(__file__).with_name("talker.py")
AT_ONCE = 6


@dataclass
class Talk:
    """One program that talks until it is killed; hears each word with its time."""

    process: subprocess.Popen[str]
    heard: list[tuple[float, str]] = field(default_factory=list)
    killed: float = 0.0

    def listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.heard.append((monotonic(), line.rstrip("\n")))


@pytest.mark.parametrize("rounds", [4, pytest.param(8, marks=pytest.mark.slow)])
def test_a_kill_at_any_moment_takes_at_most_the_last_second(rounds: int) -> None:
    random = Random(7)
    cut = 0
    for _ in range(rounds):
        talks = []
        for _ in range(AT_ONCE):
            process = subprocess.Popen([sys.executable, TALKER], stdout=subprocess.PIPE, text=True)
            talk = Talk(process)
            Thread(target=talk.listen, daemon=True).start()
            talks.append(talk)
        for talk in talks:  # in any order of time, once all have begun
            end = monotonic() + 60
            while not talk.heard:
                assert monotonic() < end
                sleep(0.01)
        for talk in talks:
            sleep(random.uniform(0.0, 0.7))
            talk.killed = monotonic()
            talk.process.kill()
        for talk in talks:
            assert talk.process.wait(10) == -9
            assert talk.process.stdout is not None
            talk.process.stdout.close()
        cut += sum(_checked(talk) for talk in talks)
        with closing(sqlite3.connect(store_path())) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert cut >= AT_ONCE, "many were killed in the middle of an answer"


def _checked(talk: Talk) -> bool:
    """What was heard a second before the end is there; True where an answer was cut in the middle."""
    identity, *words = [line for at, line in talk.heard if at < talk.killed - 1.0 or line == talk.heard[0][1]]
    if not words:
        return False
    with Store() as store:
        assert store.notice == ""
        _, tree = store.load(identity)
    said = [turn.content for turn in tree.path]
    assert " ".join(said).startswith(" ".join(words)), f"lost: {words[-20:]} of {said[-2:]}"
    return tree.path[-1].role == "assistant" and tree.path[-1].reason is None

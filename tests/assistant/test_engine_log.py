"""The engines' log: bounded, private, shared by programs, and never a reason to fail."""

import os
import stat
import sys
from pathlib import Path
from threading import Thread

import pytest

from assistant.engine_log import LARGE, EngineLog
from assistant.paths import engine_log

LINE = b"llama.cpp says this again and again\n"


def older() -> Path:
    return engine_log().with_name("engine.log.old")


def test_a_log_that_cannot_be_written_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LUCIOLE_HOME", str(tmp_path / "file"))
    log = EngineLog()
    log.write(b"to nowhere\n")
    log.close()
    descriptor = log.descriptor()
    assert os.write(descriptor, b"to nowhere") == 10
    os.close(descriptor)
    assert not engine_log().exists()


def test_nothing_is_made_before_there_is_something_to_say() -> None:
    EngineLog().close()
    assert not engine_log().exists()


def test_a_large_log_begins_anew() -> None:
    engine_log().write_bytes(b"x" * (LARGE + 1))
    log = EngineLog()
    log.write(b"line\n")
    log.close()
    descriptor = EngineLog().descriptor()
    os.write(descriptor, b"line\n")
    os.close(descriptor)
    assert engine_log().read_bytes() == b"line\n" * 2, "two programs append to one file"
    assert older().stat().st_size == LARGE + 1


def test_it_stays_bounded_during_one_long_run() -> None:
    logs = [EngineLog(large=10_000), EngineLog(large=10_000)]
    for _ in range(2000):
        for log in logs:
            log.write(LINE)
    for log in logs:
        log.close()
    sizes = [path.stat().st_size for path in (engine_log(), older())]
    assert 0 < max(sizes) <= 10_000 + len(LINE)
    assert sorted(path.name for path in engine_log().parent.iterdir()) == ["engine.log", "engine.log.old"]
    for path in (engine_log(), older()):
        assert set(path.read_bytes().splitlines(keepends=True)) == {LINE}, "whole lines only"


def test_many_writers_at_once_leave_whole_lines() -> None:
    def fill() -> None:
        log = EngineLog(large=20_000)
        for _ in range(1000):
            log.write(LINE)
        log.close()

    threads = [Thread(target=fill) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(engine_log().read_bytes().splitlines(keepends=True)) == {LINE}
    assert engine_log().stat().st_size <= 20_000 + 4 * len(LINE)


def test_one_that_was_removed_is_made_again() -> None:
    log = EngineLog()
    log.write(LINE)
    engine_log().unlink()
    log.write(LINE)
    log.close()
    assert engine_log().read_bytes() == LINE


def test_where_it_cannot_be_renamed_it_is_begun_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows, while another program has it open."""

    def refuse(*_: object) -> None:
        raise PermissionError(13, "used by another process")

    monkeypatch.setattr(Path, "replace", refuse)
    log = EngineLog(large=1000)
    for _ in range(200):
        log.write(LINE)
    log.close()
    assert engine_log().stat().st_size <= 1000 + len(LINE)
    assert not older().exists()


@pytest.mark.skipif(sys.platform == "win32", reason="file modes")
def test_it_is_private() -> None:
    engine_log().write_bytes(b"from an older version\n")
    engine_log().chmod(0o644)
    before = os.umask(0)
    try:
        log = EngineLog(large=30)
        for _ in range(3):
            log.write(LINE)
        log.close()
    finally:
        os.umask(before)
    for path in (engine_log(), older()):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

"""Fixtures for all tests: a home folder of their own, and real material made once per run."""

import gc
import os
import sys
from collections.abc import Callable, Generator
from itertools import count
from pathlib import Path
from time import sleep

import pytest

from bench.starter import STARTER_FILE, starter_folder
from tests.support import converted_file

# Whatever the environment says: hundreds of children would compile the program anew, each for itself.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

HEAVY = ("parity", "slow", "gpu")
"""Markers of tests that run only when asked for with `-m`."""
LONGEST = ("tests/tui/raw/", "tests/tui/documents/", "tests/tui/test_terminal.py", "tests/tui/test_snapshots.py")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the heavy tests out, unless markers were chosen on the command line; begin with the longest files.

    A file is one process's from its first to its last test: a long one that begins last is waited for by all others.
    """
    if not config.option.markexpr:
        heavy = {item for item in items if any(item.get_closest_marker(name) for name in HEAVY)}
        if heavy:
            config.hook.pytest_deselected(items=list(heavy))
            items[:] = [item for item in items if item not in heavy]
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


def pytest_collection_finish() -> None:
    """What was imported so far stays, so that nobody looks for garbage there: torch, Textual and all tests are a heap
    of a million objects, and looking through it again and again took a fifth of the processor's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 10, 10)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In continuous integration a skipped test is a failure: a proof that did not run proves nothing."""
    report = yield
    if os.environ.get("CI") and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and CI is set: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for a whole module that skips itself."""
    report = yield
    if os.environ.get("CI") and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"{collector.nodeid} was skipped, and CI is set: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def new_home(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """Makes an empty folder. pytest's own `mktemp` looks at all that were made before, which takes seconds in a run."""
    folder, numbers = tmp_path_factory.mktemp("homes"), count()

    def make() -> Path:
        home = folder / str(next(numbers))
        home.mkdir(mode=0o700)
        return home

    return make


@pytest.fixture(autouse=True)
def luciole_home(new_home: Callable[[], Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each test has its own data, config and cache folders; nothing of the user's is read or written."""
    home = new_home()
    monkeypatch.setenv("LUCIOLE_HOME", str(home))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    return home


@pytest.fixture(scope="session")
def starter_gguf() -> Path:
    """The installed starter model, SmolLM2-135M-Instruct in Q4_1."""
    return starter_folder() / STARTER_FILE


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Callable[[Path], object]], Path]:
    """Gives the path of that name, which is made once in a run, by whichever of its processes asks first."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    folder /= "made-once"
    folder.mkdir(exist_ok=True)

    def made(name: str, make: Callable[[Path], object]) -> Path:
        path, done, claim = folder / name, folder / f"{name}.done", folder / f"{name}.claim"
        while not done.exists():
            try:
                claim.mkdir()
            except FileExistsError:
                sleep(0.05)  # another process makes it
                continue
            try:
                if not done.exists():
                    make(path)
                    done.touch()
            finally:
                claim.rmdir()
        return path

    return made


@pytest.fixture(scope="session")
def real_checkpoints(made_once: Callable[[str, Callable[[Path], object]], Path]) -> tuple[Path, Path]:
    """The starter model as a bf16 Llama checkpoint, in one file and in shards; read-only for all tests."""

    def make(folder: Path) -> None:
        from bench.checkpoint import write_checkpoint

        write_checkpoint(folder / "smollm2", shards=folder / "smollm2-sharded")

    folder = made_once("checkpoints", make)
    return folder / "smollm2", folder / "smollm2-sharded"


@pytest.fixture(scope="session")
def real_checkpoint(real_checkpoints: tuple[Path, Path]) -> Path:
    """The real checkpoint, weights in one file."""
    return real_checkpoints[0]


@pytest.fixture(scope="session")
def sharded_checkpoint(real_checkpoints: tuple[Path, Path]) -> Path:
    """The real checkpoint, weights in five files with an index."""
    return real_checkpoints[1]


@pytest.fixture(scope="session")
def converted(
    real_checkpoint: Path, made_once: Callable[[str, Callable[[Path], object]], Path]
) -> Callable[[str], Path]:
    """The real checkpoint in the quantization asked for; each is made once per run."""

    def conversion(quantization: str) -> Path:
        name = f"smollm2-{quantization}.gguf"
        return made_once(name, lambda target: converted_file(real_checkpoint, target, quantization))

    return conversion

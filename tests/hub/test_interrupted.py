"""A pull that ends early, however often and however, goes on where it was; what is there at the end is right."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from assistant.errors import HubFailed
from assistant.hub.cache import Cached, RepositoryFile, cached
from assistant.hub.fetching import Came, fetch_file
from assistant.hub.listing import Listing, list_files
from assistant.hub.names import HubName
from assistant.hub.waiting import Waiting
from assistant.library.installed import installed
from assistant.library.pulling import Fetching, Pulled, PullPlan, plan_pull, pull
from assistant.paths import models_folder
from tests.assistant.library.models import model_bytes
from tests.hub.server import Server

REPOSITORY, FILE = "someone/Little-GGUF", "Little-Q4_K_M.gguf"
MODEL = model_bytes() + random.Random(7).randbytes(300_000)


def listing(server: Server) -> Listing:
    """What the hub lists, asked without waiting."""
    with pytest.raises(StopIteration) as stopped:
        next(list_files(HubName(REPOSITORY), lambda: False))
    found = stopped.value.value
    assert isinstance(found, Listing)
    return found


@pytest.fixture
def plan(server: Server) -> PullPlan:
    server.add(REPOSITORY, {FILE: MODEL})
    return plan_pull(HubName(REPOSITORY))


def half(plan: PullPlan) -> Path:
    return cached(REPOSITORY).partial(plan.chosen[0])


def nothing_counts() -> None:
    """Neither the model folder nor the hub's own programs have anything."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    assert list(models_folder().iterdir()) == []
    with pytest.raises(LocalEntryNotFoundError):
        snapshot_download(REPOSITORY, local_files_only=True)


def finished(plan: PullPlan) -> Pulled:
    *_, last = pull(plan)
    assert isinstance(last, Pulled)
    assert last.model.path.read_bytes() == MODEL
    assert [model.name for model in installed() if model.place == "folder"] == ["Little-Q4_K_M"]
    assert not half(plan).exists()
    assert not list(cached(REPOSITORY).folder.rglob("*luciole*"))
    return last


def test_ten_times_and_whole(server: Server, plan: PullPlan) -> None:
    """Nothing that was there is fetched again: all answers together are the file once."""
    for number in range(10):
        server.fail("^/cdn/", cut=20_000 + number * 1_111)
        with closing(pull(plan)) as events:
            for event in events:
                assert not isinstance(event, Pulled)
                if isinstance(event, Waiting):
                    break
        nothing_counts()
        assert half(plan).stat().st_size == server.sent("^/cdn/")
    again = plan_pull(HubName(REPOSITORY))
    assert again.left == len(MODEL) - server.sent("^/cdn/")
    finished(again)
    assert server.sent("^/cdn/") == len(MODEL)
    assert len(server.asked("^/cdn/")) == 11


def test_a_lost_connection_is_taken_up_by_itself(server: Server, plan: PullPlan) -> None:
    server.fail("^/cdn/", cut=100_000, times=2)
    events = list(pull(plan))
    waits = [event for event in events if isinstance(event, Waiting)]
    assert [wait.attempt for wait in waits] == [2, 2]  # what came in between begins the count anew
    assert "127.0.0.1" in waits[0].reason
    assert isinstance(events[-1], Pulled)
    assert server.sent("^/cdn/") == len(MODEL)
    ranges = [request.headers.get("Range") for request in server.asked("^/cdn/")]
    assert ranges == [None, f"bytes=100000-{len(MODEL) - 1}", f"bytes=200000-{len(MODEL) - 1}"]
    assert all(request.headers.get("If-Range") for request in server.asked("^/cdn/")[1:])


def test_a_connection_that_brings_nothing_is_given_up(server: Server, plan: PullPlan) -> None:
    server.fail("^/cdn/", cut=0, times=100)
    with pytest.raises(HubFailed, match=r"the connection to .* was lost"):
        list(pull(plan))
    assert len(server.asked("^/cdn/")) == 5
    nothing_counts()


def test_a_proxy_that_ignores_ranges(server: Server, plan: PullPlan) -> None:
    server.fail("^/cdn/", cut=100_000)
    server.fail("^/cdn/", ignore_range=True)
    told = [event for event in pull(plan) if isinstance(event, Fetching)]
    assert told[-1].done == len(MODEL)
    assert told[-1].reused == 0
    assert server.sent("^/cdn/") == 100_000 + len(MODEL)
    assert installed()[0].path.read_bytes() == MODEL


def test_a_file_that_changed_meanwhile_is_not_glued_to_the_old_half(server: Server, plan: PullPlan) -> None:
    """The validator of the half no longer fits, so all of the new one comes, and its hash refuses it."""
    server.fail("^/cdn/", cut=100_000)
    server.fail("^/cdn/", change=lambda content: bytes(reversed(content)))
    events = list(pull(plan))
    assert any(isinstance(event, Waiting) and "hash" in event.reason for event in events)
    asked = server.asked("^/cdn/")
    assert [request.status for request in asked] == [200, 200, 200]
    assert installed()[0].path.read_bytes() == MODEL


def test_a_half_without_a_validator_is_taken_up_too(server: Server, plan: PullPlan) -> None:
    place = cached(REPOSITORY)
    place.prepare(plan.chosen[0])
    half(plan).write_bytes(MODEL[:77_777])
    finished(plan)
    assert server.sent("^/cdn/") == len(MODEL) - 77_777


@pytest.mark.parametrize(
    "left", [b"x" * 50_000, b"x" * len(MODEL), b"x" * (len(MODEL) + 9)], ids=["half", "all", "more"]
)
def test_a_half_of_something_else_is_thrown_away(left: bytes, server: Server, plan: PullPlan) -> None:
    cached(REPOSITORY).prepare(plan.chosen[0])
    half(plan).write_bytes(left)
    finished(plan)


def test_wrong_bytes_are_fetched_once_more_and_then_refused(server: Server, plan: PullPlan) -> None:
    server.fail("^/cdn/", change=lambda content: content[:-1] + b"!", times=2)
    with pytest.raises(HubFailed, match=f"{FILE} did not come as announced .*hash"):
        list(pull(plan))
    assert len(server.asked("^/cdn/")) == 2
    assert not half(plan).exists()
    nothing_counts()
    finished(plan)


@pytest.mark.parametrize("change", [lambda content: content[:-5], lambda content: content + b"more"])
def test_another_length_is_refused(change: Callable[[bytes], bytes], server: Server, plan: PullPlan) -> None:
    server.fail("^/cdn/", change=change, times=5)
    with pytest.raises(HubFailed, match="bytes came where"):
        list(pull(plan))
    nothing_counts()


def test_a_half_outlives_an_answer_that_is_something_else(server: Server, plan: PullPlan) -> None:
    """What stands between may answer anything; that says nothing against what came before."""
    server.fail("^/cdn/", cut=100_000)
    server.fail("^/cdn/", status=200, body=b"{}", headers={"Content-Type": "application/json"})
    finished(plan)
    assert server.sent("^/cdn/") == len(MODEL) + 2


def test_what_the_cache_holds_is_compared_too(server: Server, plan: PullPlan) -> None:
    """The hub's own client compares no hash: what it left may be wrong."""
    from huggingface_hub import hf_hub_download

    path = Path(hf_hub_download(REPOSITORY, FILE, revision=plan.revision))
    path.resolve().write_bytes(b"x" * len(MODEL))
    finished(plan)


def test_what_is_there_is_not_fetched(server: Server, plan: PullPlan) -> None:
    from huggingface_hub import hf_hub_download

    hf_hub_download(REPOSITORY, FILE, revision=plan.revision)
    before = len(server.requests)
    last = finished(plan)
    assert len(server.requests) == before
    assert last.origin.cached_before


def test_being_interrupted_while_nothing_comes(server: Server, plan: PullPlan) -> None:
    hold = threading.Event()
    server.fail("^/cdn/", cut=100_000, hold=hold)
    began = time.monotonic()
    events = list(pull(plan, interrupted=lambda: half(plan).exists() and half(plan).stat().st_size == 100_000))
    assert time.monotonic() - began < 3
    assert not any(isinstance(event, Pulled) for event in events)
    hold.set()
    finished(plan)
    assert server.sent("^/cdn/") == len(MODEL)


def test_what_came_before_a_standstill_is_told(server: Server, plan: PullPlan) -> None:
    """A burst and then nothing: the burst counts, though nothing came after it that could have told of it."""
    hold = threading.Event()
    server.fail("^/cdn/", cut=100_000, hold=hold)
    for event in pull(plan):
        if isinstance(event, Fetching) and event.done == 100_000:
            break
        assert not isinstance(event, Waiting)
    hold.set()
    assert plan.here() == 100_000


def test_so_much_is_taken_up_as_was_left(plan: PullPlan, monkeypatch: pytest.MonkeyPatch) -> None:
    """Said from the first word on, before all of it is read."""
    monkeypatch.setattr("assistant.hub.half._BLOCK", 1000)
    cached(REPOSITORY).prepare(plan.chosen[0])
    half(plan).write_bytes(MODEL[:77_777])
    with closing(pull(plan)) as events:
        assert next(events) == Fetching(FILE, 1, 1, 1000, len(MODEL), 1000, len(MODEL), 77_777)


def test_being_interrupted_while_waiting(server: Server, plan: PullPlan) -> None:
    server.fail("^/cdn/", status=503, headers={"Retry-After": "200"})
    events: list[object] = []
    coming = pull(plan, interrupted=lambda: any(isinstance(event, Waiting) for event in events))
    for event in coming:
        events.append(event)
    assert events[-1] == Waiting("127.0.0.1 has trouble (503)", 200, 2)


def test_the_hub_says_how_long_to_wait(server: Server, plan: PullPlan) -> None:
    server.fail("^/cdn/", status=429, headers={"Retry-After": "0"})
    waits = [event for event in pull(plan) if isinstance(event, Waiting)]
    assert waits == [Waiting("127.0.0.1 is asked too often (429)", 0, 2)]


def test_two_that_pull_the_same_fetch_it_once(server: Server, plan: PullPlan) -> None:
    hold = threading.Event()
    server.fail("^/cdn/", cut=100_000, hold=hold)
    results: list[object] = []
    first = threading.Thread(target=lambda: results.extend(pull(plan)))
    first.start()
    while not half(plan).exists() or half(plan).stat().st_size < 100_000:
        assert first.is_alive()
        time.sleep(0.01)
    told: list[object] = []
    for event in pull(plan):
        told.append(event)
        if isinstance(event, Waiting):
            hold.set()
    first.join()
    assert any(isinstance(event, Waiting) and "another program" in event.reason for event in told)
    assert isinstance(told[-1], Pulled)
    assert isinstance(results[-1], Pulled)
    assert told[-1].model.path == results[-1].model.path
    assert server.sent("^/cdn/") == len(MODEL)


def test_one_file_alone(server: Server) -> None:
    """Small files are known by git's hash; an empty one asks for nothing."""
    server.add(REPOSITORY, {"a.txt": b"little", "empty": b""})
    found = listing(server)
    for path, content in {"a.txt": b"little", "empty": b""}.items():
        file = found.file(path)
        assert isinstance(file, RepositoryFile)
        assert file.sha256 is None
        *_, last = fetch_file(found, file, lambda: False)
        assert last == Came(len(content), 0)
        assert cached(REPOSITORY).blob(file).read_bytes() == content
    assert isinstance(cached(REPOSITORY), Cached)
    assert [request.path for request in server.asked("resolve")] == [f"/{REPOSITORY}/resolve/{found.revision}/a.txt"]


CHILD = f"""
from assistant import HubName, plan_pull, pull
for event in pull(plan_pull(HubName({REPOSITORY!r}))):
    pass
print(type(event).__name__)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX")
def test_killed_ten_times_and_whole(server: Server, plan: PullPlan, tmp_path: Path) -> None:
    environment = os.environ | server.environment
    for number in range(1, 11):
        hold = threading.Event()
        server.fail("^/cdn/", cut=20_000, hold=hold)
        with subprocess.Popen([sys.executable, "-c", CHILD], env=environment) as child:
            while not half(plan).exists() or half(plan).stat().st_size < number * 20_000:
                assert child.poll() is None
                time.sleep(0.01)
            child.send_signal(signal.SIGKILL)
        hold.set()
        nothing_counts()
    done = subprocess.run([sys.executable, "-c", CHILD], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "Pulled\n"
    assert done.stderr == ""
    assert server.sent("^/cdn/") == len(MODEL)
    assert (models_folder() / FILE).read_bytes() == MODEL

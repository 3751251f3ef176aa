"""A pull or a removal that ends between any two of its changes to the disk: the next one makes good what it left."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from assistant.hub.cache import cached
from assistant.hub.names import HubName
from assistant.library.changes import remove_model, rename_model
from assistant.library.installed import Installed, installed
from assistant.library.pulling import plan_pull, pull
from assistant.paths import models_folder
from tests.assistant.library.models import model_bytes
from tests.hub.server import Server

REPOSITORY, FILE = "someone/Little-GGUF", "Little-Q4_K_M.gguf"
MODEL = model_bytes() + bytes(4000)
CHANGES = ((Path, "replace"), (Path, "rename"), (Path, "unlink"), (Path, "symlink_to"), (Path, "rmdir"), (os, "link"))


class Killed(BaseException):
    """Nothing of ours catches it, as nothing catches a SIGKILL; what `finally` tidies, the next run would have."""


@contextmanager
def ends_before(change: int) -> Iterator[list[int]]:
    """The process ends before so many changes, from 0; gives how many there were."""
    made: list[int] = []

    def counted(call: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any, **options: Any) -> Any:
            if len(made) >= change:
                raise Killed
            made.append(len(made))
            return call(*arguments, **options)

        return run

    patches = [patch.object(place, name, counted(getattr(place, name))) for place, name in CHANGES]
    for each in patches:
        each.start()
    try:
        yield made
    finally:
        for each in patches:
            each.stop()


def own() -> list[Installed]:
    return [model for model in installed() if model.place == "folder"]


def ended_everywhere(act: Callable[[], object], prepare: Callable[[], object], again: Callable[[], object]) -> int:
    """End `act` before each of its changes, then do `again` and remove what is there: nothing may be left."""
    for change in range(100):
        prepare()
        try:
            with ends_before(change) as made:
                act()
        except Killed:
            pass
        again()
        for model in own():
            assert model.path.read_bytes() == MODEL
            remove_model(model)
        assert list(models_folder().iterdir()) == []
        assert not cached(REPOSITORY).folder.exists(), f"before change {change}"
        if len(made) < change:
            return change
    raise AssertionError("it never came to its end")


def fetch() -> None:
    for _ in pull(plan_pull(HubName(REPOSITORY))):
        pass


def fetch_if_missing() -> None:
    if not own():
        fetch()


@pytest.fixture(autouse=True)
def repository(server: Server) -> None:
    server.add(REPOSITORY, {FILE: MODEL})


def test_a_pull() -> None:
    assert ended_everywhere(fetch, lambda: None, fetch_if_missing) > 8


def test_a_removal() -> None:
    def remove() -> None:
        for model in own():
            remove_model(model)

    assert ended_everywhere(remove, fetch, lambda: None) > 4


def test_a_new_name() -> None:
    """Where it came from, and with it what goes when it goes, comes along."""

    def rename() -> None:
        for model in own():
            if model.name != "other":
                rename_model(model, "other")

    def rename_again() -> None:
        rename()
        assert [(model.name, model.origin is not None) for model in own()] == [("other", True)]

    assert ended_everywhere(rename, fetch, rename_again) >= 2

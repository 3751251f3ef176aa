"""`luciole models pull`, and names on the hub behind -m: told, asked, fetched from a local hub, interrupted."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assistant.fake import FakeEngine
from assistant.library import pulling
from assistant.library.importing import Step
from assistant.library.installed import look
from assistant.library.origin import Origin, write_origin
from assistant.library.pulling import PullPlan
from assistant.models import find_model
from assistant.paths import models_folder
from tests.assistant.library.models import model_bytes, write_parts
from tests.cli.conftest import Luciole, Opens, Typed
from tests.hub.server import Server, hub

CARD = {"license": "other", "license_name": "tiny terms", "license_link": "https://example.org/terms"}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with hub(tmp_path_factory.mktemp("hub")) as found:
        yield found


@pytest.fixture
def server(running: Server, luciole_home: Path, monkeypatch: pytest.MonkeyPatch) -> Server:
    """The module's hub, without what an earlier test added, and an empty cache."""
    running.repositories.clear()
    running.faults.clear()
    running.requests.clear()
    running.cache = luciole_home / "hub"
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(running.cache))
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    return running


@pytest.fixture
def little(server: Server) -> Server:
    """A repository with two quantizations of a small model."""
    files = {f"little-{kind}.gguf": model_bytes(name=kind) + bytes(5000) for kind in ("q4_k_m", "q8_0")}
    server.add("owner/Little-GGUF", {**files, "README.md": b"words"}, card=CARD)
    return server


def names() -> list[str]:
    return sorted(path.name for path in models_folder().iterdir())


def test_a_pull(luciole: Luciole, little: Server) -> None:
    shown = luciole("models", "pull", "owner/Little-GGUF")
    assert shown.code == 0
    name, rest = shown.out.split(": ", 1)
    assert name == "little-q4_k_m"
    assert f"; revision {little.repositories['owner/Little-GGUF'].revision[:8]}\n" in rest
    assert shown.out.endswith('try it: luciole chat -m little-q4_k_m "Hello"\n')
    told = {line[:12].strip(): " ".join(line[12:].split()) for line in shown.err.split("\n")}
    assert "licence     tiny terms\n            https://example.org/terms\n" in shown.err
    assert (told["becomes"], told["type"]) == ("little-q4_k_m", "q4_k_m is the usual one")
    assert told["also there"] == "q8_0 5.4 KiB"
    assert told["files"] == "5.4 KiB little-q4_k_m.gguf"
    assert told["disk"].startswith("needs 5.4 KiB of ")
    assert "fetching: little-q4_k_m.gguf: 5.4 KiB\n" in shown.err
    assert names() == ["little-q4_k_m.gguf", "little-q4_k_m.gguf.origin.json"]


def test_where_it_came_from_is_shown(luciole: Luciole, little: Server) -> None:
    luciole("models", "pull", "owner/Little-GGUF:Q8_0", "-y")
    revision = little.repositories["owner/Little-GGUF"].revision
    shown = luciole("models", "show", "owner/Little-GGUF:q8_0").out
    assert f"owner/Little-GGUF:q8_0 at {revision[:12]}" in shown
    assert "tiny terms\n              https://example.org/terms\n" in shown
    origin = json.loads(luciole("models", "show", "little-q8_0", "--json").out)["origin"]
    assert (origin["repository"], origin["revision"]) == ("owner/Little-GGUF", revision)
    assert "5.4 KiB are free again" in luciole("models", "remove", "-y", "owner/Little-GGUF").err
    assert names() == []
    assert not [path for path in little.cache.rglob("*") if path.is_file() and path.stat().st_size > 1000]


def test_a_second_pull_fetches_nothing(luciole: Luciole, little: Server) -> None:
    luciole("models", "pull", "owner/Little-GGUF")
    little.requests.clear()
    assert luciole("models", "pull", "https://huggingface.co/owner/Little-GGUF/tree/main").code == 0
    shown = luciole("models", "pull", "owner/Little-GGUF", "--json")
    assert (shown.code, little.requests) == (0, [])
    commit = little.repositories["owner/Little-GGUF"].revision
    assert f"owner/Little-GGUF is here already, at {commit[:12]};" in shown.err  # main may have moved since
    assert json.loads(shown.out)["model"]["name"] == "little-q4_k_m"


def test_a_second_pull_of_a_branch_too(luciole: Luciole, little: Server) -> None:
    """Only the hub knows what it stands for; that it is here is found when that is known, and no failure."""
    found = little.repositories["owner/Little-GGUF"]
    found.branches["v1"] = found.revision
    assert luciole("models", "pull", "owner/Little-GGUF", "--revision", "v1").code == 0
    sent = little.sent("cdn")
    shown = luciole("models", "pull", "owner/Little-GGUF", "--revision", "v1", "--json")
    assert (shown.code, little.sent("cdn")) == (0, sent)
    assert f"is here already, at {found.revision[:12]};" in shown.err
    assert json.loads(shown.out)["fetched"] == 0


def test_a_dry_run(luciole: Luciole, little: Server) -> None:
    shown = luciole("models", "pull", "owner/Little-GGUF:q8_0", "--dry-run")
    assert (shown.code, shown.err) == (0, "")
    assert "little-q8_0.gguf" in shown.out
    plan = json.loads(luciole("models", "pull", "owner/Little-GGUF", "-q", "q8_0", "--dry-run", "--json").out)
    assert (plan["name"], plan["kind"], plan["bytes"]) == ("little-q8_0", "gguf", plan["left"])
    assert plan["files"] == [{"path": "little-q8_0.gguf", "bytes": plan["bytes"], "have": 0}]
    assert plan["licence"] == {"name": "tiny terms", "link": "https://example.org/terms", "gated": False}
    assert [kind["quantization"] for kind in plan["there"]] == ["q4_k_m", "q8_0"]
    assert names() == []
    assert not little.asked("resolve")


def test_a_pull_as_json(luciole: Luciole, server: Server, tmp_path: Path) -> None:
    paths = write_parts("big-q4_k_m", tmp_path)
    server.add("owner/Big", {path.name: path.read_bytes() for path in paths})
    shown = luciole("models", "pull", "owner/Big", "--name", "huge", "--json")
    assert shown.code == 0
    found = json.loads(shown.out)
    assert (found["model"]["name"], found["licence"]["name"], len(found["files"])) == ("huge", "apache-2.0", 3)
    assert found["fetched"] == sum(path.stat().st_size for path in paths)
    assert find_model("owner/Big") == models_folder() / "huge-00001-of-00003.gguf"


def test_it_asks_first(luciole: Luciole, little: Server, typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.commands.asking.can_ask", lambda: True)
    typed(["n"])
    shown = luciole("models", "pull", "owner/Little-GGUF")
    assert (shown.code, shown.out, names()) == (0, "", [])
    assert shown.err.endswith("fetch it? [Y/n] note: nothing was fetched\n")
    typed([""])
    assert luciole("models", "pull", "owner/Little-GGUF").code == 0
    assert len(names()) == 2


def test_it_does_not_ask_for_what_has_no_room(
    luciole: Luciole, little: Server, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.commands.asking.can_ask", lambda: True)
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 3000})())
    typed([])
    shown = luciole("models", "pull", "owner/Little-GGUF")
    assert (shown.code, shown.out, names()) == (1, "", [])
    assert "of 2.9 KiB free: too little\n" in shown.err
    assert "[Y/n]" not in shown.err
    assert little.asked("cdn") == []


def test_a_copy_on_another_disk_is_said(luciole: Luciole, little: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.library.importing._link", lambda *_: False)
    shown = luciole("models", "pull", "owner/Little-GGUF")
    assert re.search(r"note: the copy stays in the hub's cache: [\d.]+ KiB\n", shown.err)
    shown = luciole("models", "pull", "owner/Little-GGUF:q8_0", "--remove-source")
    assert re.search(r"note: the copy in the hub's cache is removed: [\d.]+ KiB are free again\n", shown.err)


def test_what_the_cache_holds_is_said(luciole: Luciole, little: Server) -> None:
    luciole("models", "pull", "owner/Little-GGUF")
    shown = luciole("models", "pull", "owner/Little-GGUF", "--name", "again")
    assert re.search(r"fetching: little-q4_k_m.gguf: [\d.]+ KiB, is here already\n", shown.err)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["little"], "'little' is no name on the hub; owner/name or owner/name:q4_k_m was expected"),
        (["owner/name:q8_0", "-q", "q4_0"], "name two types"),
        (["owner/name", "--convert", "-q", "iq4_xs"], "cannot be converted to"),
        (["."], "lies on the disk"),
    ],
)
def test_wrong_usage(luciole: Luciole, server: Server, arguments: list[str], words: str) -> None:
    shown = luciole("models", "pull", *arguments)
    assert (shown.code, shown.out, server.requests) == (2, "", [])
    assert words in shown.err


def test_refusals_are_one_line(luciole: Luciole, little: Server) -> None:
    little.add("owner/Closed", {"a-q4_k_m.gguf": model_bytes() + bytes(5000)}, gated="manual")
    for name, words in (
        ("owner/Missing", "there is no repository owner/Missing"),
        ("owner/Little-GGUF:q2_k", "it offers"),
        ("owner/Closed", "accept them at"),
    ):
        shown = luciole("models", "pull", name)
        assert (shown.code, shown.out) == (1, "")
        assert words in shown.err.split("\n")[-2]
    assert names() == []


def test_waits_are_said(luciole: Luciole, little: Server) -> None:
    little.fail("/cdn/", cut=2000)
    shown = luciole("models", "pull", "owner/Little-GGUF")
    assert shown.code == 0
    assert "trying again now (attempt 2)" in shown.err


def test_an_interruption_keeps_what_came(luciole: Luciole, little: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    little.piece = 512
    fault = little.fail("/cdn/", cut=3000)
    real = pulling.pull

    def pull(plan: PullPlan, *, keep_source: bool) -> Iterator[object]:
        for event in real(plan, keep_source=keep_source):
            if fault.times == 0:
                raise KeyboardInterrupt
            yield event

    monkeypatch.setattr(pulling, "pull", pull)
    shown = luciole("models", "pull", "owner/Little-GGUF")
    assert (shown.code, shown.out, names()) == (130, "", [])
    assert "the same command goes on from there" in shown.err
    assert shown.err.endswith("interrupted\n")
    monkeypatch.setattr(pulling, "pull", real)
    shown = luciole("models", "pull", "owner/Little-GGUF")
    assert shown.code == 0
    assert "resumed at" in shown.err


def test_behind_m_it_is_fetched_once(luciole: Luciole, little: Server, opens: Opens) -> None:
    door = opens(FakeEngine(["Fine.", "Fine."]))
    shown = luciole("chat", "-m", "owner/Little-GGUF:q8_0", "Hi")
    assert (shown.code, shown.out, door.model) == (0, "Fine.\n", "little-q8_0")
    assert "owner/Little-GGUF:q8_0 is not here yet" in shown.err
    little.requests.clear()
    shown = luciole("chat", "-m", "owner/Little-GGUF:q8_0", "Hi")
    assert (shown.code, shown.out, door.model) == (0, "Fine.\n", "owner/Little-GGUF:q8_0")
    assert little.requests == []


def test_behind_m_it_asks(
    luciole: Luciole, little: Server, opens: Opens, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    opens(FakeEngine([]))
    monkeypatch.setattr("assistant.commands.asking.can_ask", lambda: True)
    typed(["n"])
    shown = luciole("chat", "-m", "owner/Little-GGUF", "Hi")
    assert (shown.code, shown.out, names()) == (1, "", [])
    assert shown.err.endswith("fetch it with: luciole models pull owner/Little-GGUF\n")


def test_nothing_is_fetched_for_wrong_usage(luciole: Luciole, little: Server) -> None:
    assert luciole("chat", "-m", "owner/Little-GGUF", "--temperature", "-1", "Hi").code == 2
    assert luciole("plan", "owner/Little-GGUF", "--kv", "q9").code == 2
    assert little.requests == []


def test_the_screens_model_is_fetched_too(luciole: Luciole, little: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str | None] = []
    monkeypatch.setattr("tui.__main__.run", lambda model=None: opened.append(model))
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    assert luciole("-m", "owner/Little-GGUF", stdin=None).code == 0
    assert opened == ["little-q4_k_m"]


def test_a_checkpoint(luciole: Luciole, server: Server, typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked and told; that the converter is run, and how, is the library's own test."""
    from tests.hub.server import LARGE

    server.add("owner/Tiny", {"config.json": b"{}", "model.safetensors": bytes(4 * LARGE), "evil.py": b"!"})
    kept: list[bool] = []

    def pull(plan: PullPlan, *, keep_source: bool) -> Iterator[object]:
        kept.append(keep_source)
        path = models_folder() / "tiny.gguf"
        path.write_bytes(model_bytes())
        yield pulling.Fetching("model.safetensors", 2, 2, 1, 2, 3, 4, 0)
        yield Step("blk.0.\x1b[2Jattn", 1, 2)
        pulled = _pulled(path, plan)
        yield pulled if keep_source else replace(pulled, freed=pulled.kept, kept=0)

    monkeypatch.setattr(pulling, "pull", pull)
    monkeypatch.setattr("assistant.commands.asking.can_ask", lambda: True)
    typed(["y", "n"])
    shown = luciole("models", "pull", "owner/Tiny", "--convert", "-q", "q8_0")
    assert shown.code == 0
    assert "fetch and convert it? [Y/n]" in shown.err
    assert "keep the checkpoint, 4.0 KiB, in the hub's cache when it is converted? [Y/n]" in shown.err
    assert "note: the checkpoint in the hub's cache is removed: 4.0 KiB are free again" in shown.err
    assert "warning: logits not compared" in shown.err
    assert "evil.py" not in shown.err
    shown = luciole("models", "pull", "owner/Tiny", "-y", "--json")
    assert json.loads(shown.out)["warnings"] == ["logits not compared"]
    assert "note: the checkpoint stays in the hub's cache: 4.0 KiB" in shown.err
    assert luciole("models", "pull", "owner/Tiny", "-y", "--remove-source").code == 0
    assert kept == [False, True, False]


def test_an_interrupted_comparison_leaves_the_model(
    luciole: Luciole, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.add("owner/Tiny", {"config.json": b"{}", "model.safetensors": bytes(4096)})

    def pull(plan: PullPlan, *, keep_source: bool) -> Iterator[object]:
        path = models_folder() / "tiny.gguf"
        path.write_bytes(model_bytes())
        write_origin(path, _pulled(path, plan).origin)
        yield Step("compared with the source", 0, 0)
        raise KeyboardInterrupt

    monkeypatch.setattr(pulling, "pull", pull)
    shown = luciole("models", "pull", "owner/Tiny")
    assert shown.code == 130
    assert "note: tiny is here, but not compared with its source; luciole verify does it\n" in shown.err


def _pulled(path: Path, plan: PullPlan) -> pulling.Pulled:
    origin = Origin(
        plan.name.repository, plan.revision, "q8_0", ("config.json",), ("",), "mit", "", datetime.now(UTC), (), True
    )
    return pulling.Pulled(look(path, "folder"), origin, 0, 4096, ("logits not compared",))

"""A list of files is a stranger's text: hostile names, a great many files, twins; and which files make a model."""

import json

import pytest

from assistant.errors import HubFailed
from assistant.hub.names import HubName
from assistant.library.pulling import Pulled, PullPlan, plan_pull, pull
from assistant.paths import models_folder
from tests.assistant.library.models import model_bytes, write_parts
from tests.hub.server import Server, git_id

REPOSITORY = "someone/Little-GGUF"
MODEL = model_bytes() + bytes(4000)


def plan(quantization: str | None = None, *, convert: str | None = None) -> PullPlan:
    return plan_pull(HubName(REPOSITORY, quantization), convert=convert)


def paths(found: PullPlan) -> list[str]:
    return [file.path for file in found.files]


HOSTILE = (
    "../../evil-Q4_K_M.gguf",
    "/etc/evil-Q4_K_M.gguf",
    "a\\evil-Q4_K_M.gguf",
    "\x1b[31mevil-Q4_K_M.gguf",
    "a//b-Q4_K_M.gguf",
)


def test_hostile_names_are_left_out(server: Server) -> None:
    added = server.add(REPOSITORY, {"Little-Q4_K_M.gguf": MODEL})
    for path in HOSTILE:
        added.listed[path] = {"type": "file", "path": path, "size": 5, "oid": git_id(b"12345")}
    added.listed["huge"] = {"type": "file", "path": "x-Q4_K_M.gguf", "size": -5, "oid": git_id(b"")}
    added.listed["hash"] = {"type": "file", "path": "y-Q4_K_M.gguf", "size": 5, "oid": "../../../blob"}
    found = plan()
    assert paths(found) == ["Little-Q4_K_M.gguf"]
    assert found.warnings == (f"7 files of {REPOSITORY} were left out: their names are not safe",)
    *_, last = pull(found)
    assert isinstance(last, Pulled)


def test_names_that_differ_by_case_only(server: Server) -> None:
    server.add(REPOSITORY, {"Little-Q4_K_M.gguf": MODEL, "little-q4_k_m.gguf": MODEL + b"other"})
    with pytest.raises(HubFailed, match="has 2 models in q4_k_m"):
        plan()
    server.add(REPOSITORY, {"x/Little-Q4_K_M.gguf": MODEL, "X/little-q8_0.gguf": MODEL, "x/little-q8_0.GGUF": MODEL})
    assert paths(plan()) == ["x/Little-Q4_K_M.gguf"]
    server.add(REPOSITORY, {"Little-Q4_K_M.gguf": MODEL, "little-q4_k_m.GGUF/x.txt": MODEL, "LITTLE-q4_k_m.gguf": b"x"})
    with pytest.raises(HubFailed, match="has 2 models in q4_k_m"):
        plan()


def test_ten_thousand_files(server: Server) -> None:
    added = server.add(REPOSITORY, {"Little-Q4_K_M.gguf": MODEL})
    for number in range(10_000):
        path = f"folder/{number}.txt"
        added.listed[path] = {"type": "file", "path": path, "size": 1, "oid": "0" * 40}
    assert paths(plan()) == ["Little-Q4_K_M.gguf"]
    assert len(server.asked("/tree/")) == 11


def test_the_next_page_is_of_the_same_host(server: Server) -> None:
    server.add(REPOSITORY, {"Little-Q4_K_M.gguf": MODEL})
    link = {"Link": f'<http://localhost:{server.port}/api/models/{REPOSITORY}/tree/x>; rel="next"'}
    server.fail("/tree/", status=200, headers=link, body=b"[]")
    with pytest.raises(HubFailed, match="did not answer as a hub does"):
        plan()


def test_the_usual_one_is_taken(server: Server) -> None:
    files = {
        "Little-Q8_0.gguf": MODEL,
        "Little-q4_k_m.gguf": MODEL,
        "mmproj-Little-Q4_K_M.gguf": MODEL,
        "x.imatrix": b"",
    }
    server.add(REPOSITORY, files)
    found = plan()
    assert paths(found) == ["Little-q4_k_m.gguf"]
    assert found.why == "q4_k_m is the usual one"
    assert dict(found.there) == {"q8_0": len(MODEL), "q4_k_m": len(MODEL)}
    for asked in ("Q8_0", "q8-0", "Little-Q8_0"):
        assert paths(plan(asked)) == ["Little-Q8_0.gguf"]


def test_the_only_one_is_taken_and_of_several_one_is_named(server: Server) -> None:
    server.add(REPOSITORY, {"Little.gguf": MODEL})
    assert plan().why == "it is the only one"
    server.add(REPOSITORY, {"Little-Q8_0.gguf": MODEL, "Little-Q5_K_M.gguf": MODEL + b"x"})
    with pytest.raises(
        HubFailed, match=r"has no q4_k_m; .* q8_0 \([\d.]+ (B|KiB)\), q5_k_m \([\d.]+ (B|KiB)\); name it as"
    ):
        plan()


def test_dynamic_quantizations_stand_in(server: Server) -> None:
    server.add(REPOSITORY, {"Little-UD-Q4_K_XL.gguf": MODEL, "Little-Q8_0.gguf": MODEL})
    assert paths(plan("q4_k_xl")) == ["Little-UD-Q4_K_XL.gguf"]
    assert paths(plan("UD-Q4_K_XL")) == ["Little-UD-Q4_K_XL.gguf"]


def test_parts_come_together(server: Server) -> None:
    parts = [path.read_bytes() for path in write_parts("Big-Q4_K_M")]
    for path in models_folder().iterdir():
        path.unlink()
    names = [f"Q4_K_M/Big-Q4_K_M-{number:05d}-of-00003.gguf" for number in (1, 2, 3)]
    server.add(REPOSITORY, dict(zip(names, parts, strict=True)))
    found = plan()
    assert (paths(found), found.model) == (names, "Big-Q4_K_M")
    *_, last = pull(found)
    assert isinstance(last, Pulled)
    assert [path.name for path in last.model.parts] == [name.rpartition("/")[2] for name in names]
    assert last.model.origin == last.origin
    assert last.model.stem == "Big-Q4_K_M"


def test_parts_that_are_not_all_there_are_no_offer(server: Server) -> None:
    server.add(REPOSITORY, {"Big-Q4_K_M-00001-of-00002.gguf": MODEL, "Big-Q8_0.gguf": MODEL})
    assert paths(plan()) == ["Big-Q8_0.gguf"]


CHECKPOINT: dict[str, bytes] = {
    "config.json": b"{}",
    "generation_config.json": b"{}",
    "tokenizer.json": b"{}",
    "tokenizer_config.json": b"{}",
    "chat_template.jinja": b"x",
    "modeling_little.py": b"import os",
    "model.onnx": b"x",
    "tf_model.h5": b"x",
    "flax_model.msgpack": b"x",
    "consolidated.00.pth": b"x",
    "original/consolidated.00.pth": b"x",
    "pytorch_model.bin": b"x",
    "optimizer.pt": b"x",
    "README.md": b"x",
}
SMALL = ["config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja"]


def test_files_of_a_checkpoint(server: Server) -> None:
    """What the converter reads and nothing else: safetensors before torch, no code, no other framework's weights."""
    server.add(REPOSITORY, {**CHECKPOINT, "model.safetensors": bytes(5000)})
    found = plan()
    assert (found.kind, found.quantization, found.model) == ("checkpoint", "q4_k_m", "Little-GGUF-q4_k_m")
    assert paths(found) == [*SMALL, "model.safetensors"]
    server.add(REPOSITORY, CHECKPOINT)
    assert paths(plan()) == [*SMALL, "pytorch_model.bin"]
    assert plan("q8_0").quantization == "q8_0"
    with pytest.raises(HubFailed, match="not what it can be converted to"):
        plan("iq1_s")


def test_shards_are_those_of_the_index(server: Server) -> None:
    index = json.dumps(
        {"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors", "c": "model-1.safetensors"}}
    )
    shards = {"model-1.safetensors": bytes(2000), "model-2.safetensors": bytes(3000), "other.safetensors": b"x"}
    server.add(REPOSITORY, {**CHECKPOINT, **shards, "model.safetensors.index.json": index.encode()})
    assert paths(plan()) == [*SMALL, "model.safetensors.index.json", "model-1.safetensors", "model-2.safetensors"]
    assert not server.cache.exists()


@pytest.mark.parametrize(
    ("index", "match"),
    [
        (b"{", "no index of weights"),
        (b'{"weight_map": {"a": 7}}', "no index of weights"),
        (b'{"weight_map": {"a": "../../x.safetensors"}}', "names ../../x.safetensors, which is not there"),
        (b'{"weight_map": {}}', "names no file"),
    ],
)
def test_an_index_that_is_none(index: bytes, match: str, server: Server) -> None:
    server.add(REPOSITORY, {**CHECKPOINT, "model.safetensors.index.json": index})
    with pytest.raises(HubFailed, match=match):
        plan()


def test_a_repository_with_both(server: Server) -> None:
    """The GGUF, unless a conversion is asked for, or only that gives what is asked for."""
    server.add(REPOSITORY, {**CHECKPOINT, "Little-Q8_0.gguf": MODEL})
    assert plan().kind == "gguf"
    assert plan("q5_k_m").kind == "checkpoint"
    assert plan(convert="q8_0").kind == "checkpoint"
    with pytest.raises(HubFailed, match="has no 'iq2_xs'"):
        plan("iq2_xs")


def test_a_revision_is_recorded_as_its_commit(server: Server) -> None:
    old = server.add(REPOSITORY, {"Little-Q4_K_M.gguf": MODEL})
    new = server.add(REPOSITORY, {"Little-Q4_K_M.gguf": MODEL + b"newer"})
    new.branches["v1"] = old.revision
    for asked, commit in {"v1": old.revision, "main": new.revision, old.revision: old.revision}.items():
        assert plan_pull(HubName(REPOSITORY, None, asked)).revision == commit
    *_, last = pull(plan_pull(HubName(REPOSITORY, None, "v1")))
    assert isinstance(last, Pulled)
    assert last.origin.revision == old.revision
    assert (server.cache / "models--someone--Little-GGUF" / "refs" / "v1").read_text() == old.revision


def test_licences(server: Server) -> None:
    """As the card says; a file's name becomes an address, a hostile text one line."""
    server.add(REPOSITORY, {"Little-Q4_K_M.gguf": MODEL}, licence=None)
    assert "names no licence" in plan().warnings[0]
    server.add(
        REPOSITORY,
        {"Little-Q4_K_M.gguf": MODEL},
        licence="other",
        card={"license_name": "little\x1b[31m\nlicence", "license_link": "LICENSE"},
    )
    found = plan().licence
    assert found.name == "little[31m licence"
    assert found.link == f"{server.endpoint}/{REPOSITORY}/blob/main/LICENSE"
    server.add(REPOSITORY, {"Little-Q4_K_M.gguf": MODEL}, licence=None, card={"license": ["mit", "apache-2.0"]})
    assert plan().licence.name == "mit, apache-2.0"

"""A model is pulled from the local hub: the plan, the fetching, the model that is there."""

from pathlib import Path

from assistant.hub.names import HubName
from assistant.library.installed import installed
from assistant.library.pulling import Fetching, Pulled, plan_pull, pull
from tests.assistant.library.models import model_bytes
from tests.hub.server import Server

MODEL = model_bytes() + bytes(4000)
REPOSITORY = "someone/Little-GGUF"
FILE = "Little-Q4_K_M.gguf"


def test_a_repository_of_one_file(server: Server) -> None:
    added = server.add(REPOSITORY, {FILE: MODEL, "README.md": b"# Little"}, licence="mit")
    plan = plan_pull(HubName(REPOSITORY))
    assert (plan.kind, plan.model, plan.quantization) == ("gguf", "Little-Q4_K_M", "q4_k_m")
    assert (plan.revision, plan.bytes, plan.left) == (added.revision, len(MODEL), len(MODEL))
    assert (plan.licence.name, plan.licence.gated) == ("mit", False)
    assert server.sent("resolve|cdn") == 0
    *events, last = pull(plan)
    assert isinstance(last, Pulled)
    assert last.model.name == "Little-Q4_K_M"
    assert (last.freed, last.kept) == (0, 0)
    told = [event for event in events if isinstance(event, Fetching)]
    assert (told[-1].done, told[-1].all_done, told[-1].reused) == (len(MODEL), len(MODEL), 0)
    assert server.sent("cdn") == len(MODEL)
    (model,) = installed()[:1]
    assert model.origin == last.origin
    assert model.path.read_bytes() == MODEL
    assert model.path.stat().st_nlink == 2
    assert (last.origin.repository, last.origin.revision, last.origin.licence) == (REPOSITORY, added.revision, "mit")


def test_the_hubs_own_programs_find_it(server: Server, tmp_path: Path) -> None:
    from huggingface_hub import hf_hub_download, snapshot_download

    server.add(REPOSITORY, {FILE: MODEL})
    list(pull(plan_pull(HubName(REPOSITORY))))
    before = len(server.requests)
    folder = Path(snapshot_download(REPOSITORY, local_files_only=True))
    assert [path.name for path in folder.iterdir()] == [FILE]
    assert Path(hf_hub_download(REPOSITORY, FILE, local_files_only=True)).read_bytes() == MODEL
    assert len(server.requests) == before


def test_nothing_else_is_asked_or_told(server: Server) -> None:
    """The hub's client would look for the program that called us, and name what else is installed."""
    added = server.add(REPOSITORY, {FILE: MODEL})
    list(pull(plan_pull(HubName(REPOSITORY))))
    assert [request.path for request in server.requests] == [
        f"/api/models/{REPOSITORY}/revision/main",
        f"/api/models/{REPOSITORY}/tree/{added.revision}",
        f"/{REPOSITORY}/resolve/{added.revision}/{FILE}",
        f"/cdn/{REPOSITORY}/{added.revision}/{FILE}",
    ]
    for request in server.requests:
        told = {part.partition("/")[0].strip() for part in request.headers["User-Agent"].split(";")}
        assert told == {"luciole", "hf_hub", "python"}

"""Stands for the hub in the room of models: plans and pulls by script, with no socket and no file but the model."""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from threading import Event as Flag
from typing import Any

from assistant import (
    AssistantError,
    Fetching,
    HubName,
    HubWaiting,
    Licence,
    Origin,
    PlannedFile,
    Pulled,
    PullPlan,
    Step,
)
from assistant.hub.cache import RepositoryFile
from assistant.hub.listing import Listing
from assistant.library.installed import look
from tests.assistant.library.models import write_model

GIB = 1 << 30
COMMIT = "3f2a9c1e" * 5
THERE = (("q2_k", GIB), ("q4_k_m", 2 * GIB), ("q8_0", 4 * GIB), ("f16", 400 * GIB), ("bf16", 90 * GIB))


def plan_of(name: HubName, **changed: Any) -> PullPlan:
    """A plan of two files, a part of which is here."""
    wanted = name.quantization or "q4_k_m"
    bytes_ = dict(THERE).get(wanted, 2 * GIB)
    stem = f"{name.repository.split('/')[1]}-{wanted}"
    files = (
        PlannedFile(f"{stem}-00001-of-00002.gguf", bytes_ // 2, bytes_ // 2),
        PlannedFile(f"{stem}-00002-of-00002.gguf", bytes_ - bytes_ // 2, 0),
    )
    left = sum(file.bytes - file.have for file in files)
    licence = Licence("apache-2.0", f"https://huggingface.co/{name.repository}/blob/main/LICENSE", gated=False)
    plan = PullPlan(
        name=name, revision=COMMIT, kind="gguf", files=files, bytes=bytes_, left=left, needed=left, free=100 * GIB,
        licence=licence, model=stem, quantization=wanted, why="", there=THERE, warnings=(),
        listing=Listing(name.repository, COMMIT, "main", (), licence),
        chosen=(RepositoryFile("model.safetensors", 16 * GIB, None, ""),),
    )  # fmt: skip
    return replace(plan, **changed)


def origin_of(plan: PullPlan, **changed: Any) -> Origin:
    """Where its model is from."""
    files = tuple(file.path for file in plan.files)
    origin = Origin(
        repository=plan.name.repository, revision=plan.revision, quantization=plan.quantization, files=files,
        sha256=("",) * len(files), licence=plan.licence.name, link=plan.licence.link,
        pulled=datetime(2026, 11, 21, 12, tzinfo=UTC), brought=files, converted=plan.kind == "checkpoint",
    )  # fmt: skip
    return replace(origin, **changed)


@dataclass
class Hub:
    """What was asked for, and the answers; `held` keeps a pull where it is."""

    planned: list[tuple[str, str | None, str | None]] = field(default_factory=list)
    pulled: list[tuple[PullPlan, bool]] = field(default_factory=list)
    changed: dict[str, object] = field(default_factory=dict)
    """Fields of the plan that are others than in `plan_of`."""
    refusal: AssistantError | None = None
    """Of the hub, when it is asked."""
    failure: AssistantError | None = None
    """Of a pull, when it is let go on."""
    busy: HubWaiting | None = None
    """Told when it is asked for a plan; the answer comes when `held` is set."""
    waiting: HubWaiting | None = None
    converts: Step | None = None
    warnings: tuple[str, ...] = ()
    """Of what came."""
    held: Flag = field(default_factory=Flag)
    closed: Flag = field(default_factory=Flag)

    def plan(
        self,
        name: HubName,
        *,
        convert: str | None = None,
        called: str | None = None,
        told: Callable[[HubWaiting], None],
        interrupted: Callable[[], bool],
    ) -> PullPlan:
        self.planned.append((str(name), convert, called))
        if self.busy is not None:
            told(self.busy)
            while not self.held.wait(0.02):
                if interrupted():
                    self.closed.set()
                    break
        if self.refusal is not None:
            raise self.refusal
        plan = plan_of(name, **self.changed)
        plan = replace(plan, quantization=convert) if convert else plan
        return replace(plan, model=called) if called else plan

    def pull(
        self, plan: PullPlan, *, keep_source: bool, interrupted: Callable[[], bool]
    ) -> Generator[Fetching | HubWaiting | Step | Pulled, None, None]:
        self.pulled.append((plan, keep_source))
        try:
            done, half = plan.bytes - plan.left, plan.left // 2
            file = plan.files[-1]
            yield Fetching(file.path, 2, 2, 0, file.bytes, done, plan.bytes, 0)
            yield Fetching(file.path, 2, 2, half, file.bytes, done + half, plan.bytes, 0)
            for event in (self.waiting, self.converts):
                if event is not None:
                    yield event
            while not self.held.wait(0.02):
                if interrupted():
                    break
            if interrupted():
                return
            if self.failure is not None:
                raise self.failure
            model = look(write_model(plan.model), "folder")
            freed, kept = (0, plan.bytes) if keep_source else (plan.bytes, 0)
            yield Pulled(model, origin_of(plan), *((0, 0) if plan.kind == "gguf" else (freed, kept)), self.warnings)
        finally:
            self.closed.set()

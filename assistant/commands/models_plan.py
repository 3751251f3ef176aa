"""What a pull would fetch: repository, licence, files and sizes, room on the disk; for people and as JSON."""

from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistant.library.pulling import PlannedFile, PullPlan

_SHOWN = 12
"""Files that are listed one by one."""


def tell_plan(plan: "PullPlan", *, err: bool) -> None:
    """Rows, then a table of the files; `err`: on stderr."""
    from assistant.commands.rows import print_rows
    from assistant.console import note
    from assistant.figures import size

    licence = plan.licence.name or "not stated"
    here = plan.bytes - plan.left
    already = f"; {size(here)} are here already" if here else ""
    others = [f"{kind} {size(count)}" for kind, count in plan.there if kind != plan.quantization]
    print_rows(
        [
            ("repository", f"{plan.name.repository} at {plan.revision[:12]}"),
            ("licence", licence),
            *([("", plan.licence.link)] if plan.licence.link else []),
            *([("gated", _gated())] if plan.licence.gated else []),
            ("becomes", plan.model),
            ("type", plan.why if plan.quantization in plan.why else f"{plan.quantization}: {plan.why}"),
            *([("also there", ", ".join(others))] if others else []),
            *_files(plan.files),
            ("in all", f"{size(plan.bytes)}{already}"),
            ("disk", f"needs {size(plan.needed)} of {size(plan.free)} free" + ("" if plan.fits else ": too little")),
        ],
        err=err,
    )
    for warning in plan.warnings:
        note(warning, "warning")


def _gated() -> str:
    from assistant.hub.standing import hub_standing

    token = "" if hub_standing().token else ", and HF_TOKEN set"
    return f"its terms must be accepted on its page by someone signed in{token}"


def plan_facts(plan: "PullPlan") -> dict[str, object]:
    """The fields of `--json`."""
    return {
        "repository": plan.name.repository,
        "revision": plan.revision,
        "kind": plan.kind,
        "name": plan.model,
        "quantization": plan.quantization,
        "why": plan.why,
        "licence": asdict(plan.licence),
        "files": [asdict(file) for file in plan.files],
        "bytes": plan.bytes,
        "left": plan.left,
        "disk": {"needed": plan.needed, "free": plan.free},
        "there": [{"quantization": quantization, "bytes": count} for quantization, count in plan.there],
        "warnings": list(plan.warnings),
    }


def _files(files: "tuple[PlannedFile, ...]") -> list[tuple[str, str]]:
    from assistant.figures import size

    rows = [(file.path, size(file.bytes)) for file in files[:_SHOWN]]
    if len(files) > _SHOWN:
        rest = files[_SHOWN:]
        rows.append((f"{len(rest):,} more", size(sum(file.bytes for file in rest))))
    return [("files" if number == 0 else "", f"{count:>9}  {path}") for number, (path, count) in enumerate(rows)]

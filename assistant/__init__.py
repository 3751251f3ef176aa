"""A GGUF in, events out: chat and summaries. Imports nothing of `tui`, and `convert` only from the command line.

A public name is imported when it is first asked for: the screen is there before what it needs later.
"""

import ast
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # and read by `_homes`
    from assistant.attachments import Attachment, attach, detach, rough_tokens
    from assistant.characters.changes import describe as describe_character
    from assistant.characters.changes import new_character
    from assistant.characters.folder import Listed, character_folder, load_character
    from assistant.characters.folder import characters as listed_characters
    from assistant.characters.playing import Playing
    from assistant.characters.values import Character, Dialogue, Line
    from assistant.checks.live import checker_of, marked_live
    from assistant.checks.values import Checked, Claim, Source
    from assistant.conversation.conversation import Conversation
    from assistant.conversation.exchange import export_json, import_json
    from assistant.conversation.export import export_conversation
    from assistant.conversation.keeper import Keeper
    from assistant.conversation.markdown import export_markdown
    from assistant.conversation.part import Part
    from assistant.conversation.search import found_in
    from assistant.conversation.store import Entry, Hit, Store
    from assistant.conversation.summaries import keep_summary
    from assistant.conversation.tree import Tree
    from assistant.conversation.turns import Forgot, Heading, Notice, Turn
    from assistant.conversation.window import WhenFull, Window
    from assistant.documents.document import Document, Place, Places
    from assistant.documents.read import read_document, read_documents
    from assistant.engine import Engine, EngineSettings, ModelInfo
    from assistant.errors import (
        AssistantError,
        ConversionFailed,
        EngineFailed,
        HistoryFailed,
        HubFailed,
        InvalidCharacter,
        InvalidDocument,
        InvalidModelFile,
        InvalidSetting,
        ModelNotFound,
        OutputFailed,
        PromptTooLong,
        TemplateFailed,
    )
    from assistant.events import Event, Finished, FinishReason, Loading, Reading, Settled, Text, Usage, coalesce
    from assistant.fake import FAKE_INFO, FakeEngine
    from assistant.gguf.header import Rope
    from assistant.hardware import Hardware
    from assistant.hardware import hardware as this_machine
    from assistant.hub.listing import Licence
    from assistant.hub.names import HubName, hub_name
    from assistant.hub.waiting import Waiting as HubWaiting
    from assistant.library.changes import freed_by_removing, make_default, remove_model, rename_model
    from assistant.library.conversion import (
        QUANTIZATIONS,
        Converted,
        Fact,
        Preview,
        convert_folder,
        preview_conversion,
    )
    from assistant.library.importing import Imported, Step, import_file
    from assistant.library.installed import Installed, installed
    from assistant.library.memory import MemoryRow, memory_rows
    from assistant.library.origin import Origin
    from assistant.library.pull_plan import PlannedFile, PullPlan, plan_pull
    from assistant.library.pulling import Fetching, Pulled, pull
    from assistant.messages import Message, Plain, Prompt, Role, Sampling
    from assistant.models import find_model, open_engine
    from assistant.output import write_file
    from assistant.pasted import keep_pasted
    from assistant.questions.ask import Questions, content_of
    from assistant.questions.export import export_findings
    from assistant.questions.values import Answer
    from assistant.questions.values import Decided as AnswerDecided
    from assistant.sampling_defaults import info_sampling, info_summary_sampling
    from assistant.sanitize import one_line, printable
    from assistant.settings import Language, ScreenSettings, Settings, SubmitKey, read_settings, settings_path
    from assistant.settings_file import set_default, set_value
    from assistant.summary.asked import length_of, tongue_of
    from assistant.summary.kept import Kept, KeptPieces
    from assistant.summary.report import Result, place_words, report
    from assistant.summary.summarize import summarize
    from assistant.summary.values import Coverage, Decided, Discarded, PieceDone, Request, Seconds, Summary
    from assistant.typed import Typed, keep_typed, read_typed
    from assistant.watch.changes import Again, Changes, Hunk, difference, hunks
    from assistant.watch.follow import Cancelled, Changed, Following, Noted, Trouble, Version, Waiting, follow
    from assistant.watch.watcher import Watcher
    from assistant.whereabouts import is_new, locations

__all__ = [
    "FAKE_INFO",
    "QUANTIZATIONS",
    "Again",
    "Answer",
    "AnswerDecided",
    "AssistantError",
    "Attachment",
    "Cancelled",
    "Changed",
    "Changes",
    "Character",
    "Checked",
    "Claim",
    "Conversation",
    "ConversionFailed",
    "Converted",
    "Coverage",
    "Decided",
    "Dialogue",
    "Discarded",
    "Document",
    "Engine",
    "EngineFailed",
    "EngineSettings",
    "Entry",
    "Event",
    "Fact",
    "FakeEngine",
    "Fetching",
    "FinishReason",
    "Finished",
    "Following",
    "Forgot",
    "Hardware",
    "Heading",
    "HistoryFailed",
    "Hit",
    "HubFailed",
    "HubName",
    "HubWaiting",
    "Hunk",
    "Imported",
    "Installed",
    "InvalidCharacter",
    "InvalidDocument",
    "InvalidModelFile",
    "InvalidSetting",
    "Keeper",
    "Kept",
    "KeptPieces",
    "Language",
    "Licence",
    "Line",
    "Listed",
    "Loading",
    "MemoryRow",
    "Message",
    "ModelInfo",
    "ModelNotFound",
    "Noted",
    "Notice",
    "Origin",
    "OutputFailed",
    "Part",
    "PieceDone",
    "Place",
    "Places",
    "Plain",
    "PlannedFile",
    "Playing",
    "Preview",
    "Prompt",
    "PromptTooLong",
    "PullPlan",
    "Pulled",
    "Questions",
    "Reading",
    "Request",
    "Result",
    "Role",
    "Rope",
    "Sampling",
    "ScreenSettings",
    "Seconds",
    "Settings",
    "Settled",
    "Source",
    "Step",
    "Store",
    "SubmitKey",
    "Summary",
    "TemplateFailed",
    "Text",
    "Tree",
    "Trouble",
    "Turn",
    "Typed",
    "Usage",
    "Version",
    "Waiting",
    "Watcher",
    "WhenFull",
    "Window",
    "attach",
    "character_folder",
    "checker_of",
    "coalesce",
    "content_of",
    "convert_folder",
    "describe_character",
    "detach",
    "difference",
    "export_conversation",
    "export_findings",
    "export_json",
    "export_markdown",
    "find_model",
    "follow",
    "found_in",
    "freed_by_removing",
    "hub_name",
    "hunks",
    "import_file",
    "import_json",
    "info_sampling",
    "info_summary_sampling",
    "installed",
    "is_new",
    "keep_pasted",
    "keep_summary",
    "keep_typed",
    "length_of",
    "listed_characters",
    "load_character",
    "locations",
    "make_default",
    "marked_live",
    "memory_rows",
    "new_character",
    "one_line",
    "open_engine",
    "place_words",
    "plan_pull",
    "preview_conversion",
    "printable",
    "pull",
    "read_document",
    "read_documents",
    "read_settings",
    "read_typed",
    "remove_model",
    "rename_model",
    "report",
    "rough_tokens",
    "set_default",
    "set_value",
    "settings_path",
    "summarize",
    "this_machine",
    "tongue_of",
    "write_file",
]


def _homes() -> dict[str, tuple[str, str]]:
    """Module and name there of each public name, as the imports above say it: they are read here, and not run."""
    tree = ast.parse(Path(__file__).read_text(encoding="utf-8"))
    found = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module)
    homes = {alias.asname or alias.name: (str(node.module), alias.name) for node in found for alias in node.names}
    return {name: homes[name] for name in __all__}


_HOMES = _homes()


if not TYPE_CHECKING:  # which would take any name for a public one

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module 'assistant' has no attribute {name!r}")
        module, attribute = _HOMES[name]
        value: object = getattr(import_module(module), attribute)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

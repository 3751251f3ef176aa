"""A GGUF in, events out: chat and summaries. Imports nothing of `tui`, and `convert` only from the command line."""

from assistant.conversation import Conversation
from assistant.document import Document, read_document
from assistant.engine import Engine, EngineSettings, ModelInfo
from assistant.errors import (
    AssistantError,
    EngineFailed,
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
from assistant.messages import Message, Role, Sampling
from assistant.models import open_engine
from assistant.sanitize import one_line, printable
from assistant.summary import Summary, summarize

__all__ = [
    "FAKE_INFO",
    "AssistantError",
    "Conversation",
    "Document",
    "Engine",
    "EngineFailed",
    "EngineSettings",
    "Event",
    "FakeEngine",
    "FinishReason",
    "Finished",
    "InvalidDocument",
    "InvalidModelFile",
    "InvalidSetting",
    "Loading",
    "Message",
    "ModelInfo",
    "ModelNotFound",
    "OutputFailed",
    "PromptTooLong",
    "Reading",
    "Role",
    "Sampling",
    "Settled",
    "Summary",
    "TemplateFailed",
    "Text",
    "Usage",
    "coalesce",
    "one_line",
    "open_engine",
    "printable",
    "read_document",
    "summarize",
]

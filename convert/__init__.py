"""A Hugging Face folder in, a GGUF out, and where each value came from. Imports nothing else of ours."""

from convert.errors import ConversionError
from convert.pipeline import convert
from convert.report import Converted, Event, Fact, Report, Step

__all__ = ["ConversionError", "Converted", "Event", "Fact", "Report", "Step", "convert"]

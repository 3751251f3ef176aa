"""A Hugging Face folder in, a GGUF out, and where each value came from. Imports nothing else of ours."""

from convert.choices import Choices
from convert.errors import ConversionError
from convert.pipeline import convert
from convert.report import Converted, Event, Fact, Preview, Report, Step

__all__ = ["Choices", "ConversionError", "Converted", "Event", "Fact", "Preview", "Report", "Step", "convert"]

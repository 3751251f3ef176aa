"""Summaries: a document of any length, read as the strategy says, its claims looked up in the document."""

"""Checks: what a text claims of a document is looked for in the document."""

"""A GGUF in, events out: chat and summaries. Imports nothing of `tui`, and `convert` only from the command line."""

"""GGUF files read without trust: what a header says, checked against the file's own size."""

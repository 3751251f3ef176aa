"""Exact transcripts of the commands: what is on stdout, what on stderr, which exit code."""

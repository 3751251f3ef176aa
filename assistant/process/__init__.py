"""The same engine in a child process: the child, its death in words, and the pipe between."""

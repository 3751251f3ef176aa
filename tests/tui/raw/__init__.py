"""The screen in a pseudo-terminal: every byte that it writes is looked at."""

"""One set of promises for every engine."""

"""The room of history."""

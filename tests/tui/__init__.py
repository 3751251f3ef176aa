"""The screen, driven by keys and compared with pictures."""

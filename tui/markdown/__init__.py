"""Markdown from a model, drawn by ourselves: parsed into blocks, blocks into rows, rows into lines of a width.

Textual's own blocks are a widget or several each, and it makes the last one anew at every piece of a stream: lists,
tables and code then cost whole cores. Here only the last block is parsed again, and only what changed is drawn.
"""

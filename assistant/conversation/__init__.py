"""Conversations: the tree of what was said, what of it fits the model, and how it is kept, found, exported."""

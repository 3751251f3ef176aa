"""The hub alone: names, what a repository holds, and one file at a time into huggingface_hub's own cache.

Knows nothing of the model folder, of GGUF or of checkpoints. The only room of the house that opens sockets.
"""

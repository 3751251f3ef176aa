"""A Hugging Face folder in, a GGUF out, and where each value came from. Imports nothing else of ours."""

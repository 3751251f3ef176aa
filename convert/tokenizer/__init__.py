"""Tokenizer files of every kind to one vocabulary, and the comparison of its tokens with the source's."""

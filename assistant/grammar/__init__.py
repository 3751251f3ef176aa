"""What an answer must follow: grammars in GBNF, checked before llama.cpp sees them, and JSON schemas as grammars."""

"""Documents: a file of any usual kind becomes text with its structure, and a map back to page and line."""

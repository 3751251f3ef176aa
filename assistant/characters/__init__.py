"""Characters: a description, and a corpus of dialogues of which each prompt shows the most similar ones."""

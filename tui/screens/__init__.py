"""What is shown over the whole terminal: the house with its rooms, and what is asked or told above it."""

"""What is behind the prompt: files and pastes in a message, what it costs, what was sent before. No widgets."""

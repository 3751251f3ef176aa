"""Messages to a prompt, through the chat template that the model file carries."""

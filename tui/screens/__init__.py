"""The rooms of the screen: chat and help."""

"""What other programs need to run a model as it runs here: a Modelfile for Ollama, command lines, settings to enter."""

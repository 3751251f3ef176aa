"""The engine on llama.cpp in this process: the only room of this package that imports llama_cpp."""

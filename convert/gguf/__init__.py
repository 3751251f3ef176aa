"""The file that is written: its header, its types and blocks, its way onto the disk, and llama.cpp's opinion of it."""

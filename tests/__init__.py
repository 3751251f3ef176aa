"""Tests. Imported before anything that loads llama.cpp, and so the place for what its threads must know."""

import os

# Waiting threads of OpenMP spin; beside any busy program on two cores they would take the cores from those that work.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")

"""Events in, a terminal screen out. Imports only the public names of `assistant`."""

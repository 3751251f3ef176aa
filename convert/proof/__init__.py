"""Whether a file computes what its checkpoint computes: what every conversion checks, and what `verify` proves."""

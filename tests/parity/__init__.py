"""What llama.cpp computes with our files, beside what transformers computes with their sources."""

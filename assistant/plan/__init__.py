"""What fits this machine, and what of it is fastest: pure arithmetic on sizes and speeds that others measure."""

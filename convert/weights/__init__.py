"""Where a checkpoint's numbers lie, in every format they are published in, and how any rows of them are read."""

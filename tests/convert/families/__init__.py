"""Every family as a tiny random checkpoint in its true layout, held to transformers or to its nearest class."""

"""What the screen is made of. Widgets draw facts they are given; none knows an engine."""

"""The rooms of the house: each shows one kind of thing and does what can be done with it."""

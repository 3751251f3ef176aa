"""The rooms of the house: each shows one kind of thing and does what can be done with it."""

from tui.language import N_

TITLES = {"chat": N_("Chat"), "documents": N_("Documents"), "models": N_("Models"), "history": N_("History")}
"""Names and titles in the order of the bar; the titles are marked for translation."""

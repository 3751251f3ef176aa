"""A model that is asked for by its name: whether it is to be loaded, or has yet to be fetched from the hub."""

from textual.message import Message

from assistant import ModelNotFound, find_model, hub_name


class Sought(Message):
    """This model was looked for; `absent`: it is one of the hub, and not here."""

    def __init__(self, model: str, *, absent: bool) -> None:
        super().__init__()
        self.model = model
        self.absent = absent


def sought(model: str) -> Sought:
    """Look for it: reads what is kept of each model, and opens no socket. For a thread of its own."""
    if hub_name(model) is None:
        return Sought(model, absent=False)
    try:
        find_model(model)
    except ModelNotFound:
        return Sought(model, absent=True)
    return Sought(model, absent=False)

"""What is looked for while a command's argument is typed: files, folders, models. Asks the disk: for threads only."""

from collections.abc import Callable

from assistant import installed, printable
from tui.files import MOST, Found, find_files
from tui.fuzzy import rank


def find(kind: str, start: str, stopped: Callable[[], bool] = lambda: False) -> tuple[Found, ...]:
    """What `start` may mean, the best first. `kind`: one of `commands.COMPLETED`; `stopped` is asked meanwhile."""
    match kind:
        case "FOLDER":
            return tuple(found for found in find_files(start, stopped) if found.bytes is None)
        case "GGUF":
            return find_files(start, stopped, ending=".gguf")
        case "MODEL":
            models = [model for model in installed() if not model.problem and printable(model.name) == model.name]
            ranked = rank(start, models, lambda model: model.name, MOST)
            return tuple(Found(model.name, model.bytes, places) for model, places in ranked)
        case _:
            return find_files(start, stopped)

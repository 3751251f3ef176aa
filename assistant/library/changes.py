"""A model goes, gets another name, or becomes the default; its parts, its report and what is known of it go with it.

What a pull brought into the hub's cache for it goes too, where nothing else uses it.
"""

import os
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.errors import ModelNotFound
from assistant.library.files import expect_own, failed, files_of, report_of, targets
from assistant.library.installed import ENDING, Installed, look
from assistant.library.origin import Origin, origin_file, read_origin
from assistant.library.used import move_use
from assistant.paths import models_folder
from assistant.settings_file import set_default


def remove_model(model: Installed) -> int:
    """Remove a model of the model folder, its report and its source in the hub's cache; gives the bytes that are free.

    Where it was the default, none is set any more. Raises ModelNotFound for a model that lies elsewhere or is gone,
    OutputFailed, InvalidSetting.
    """
    expect_own(model)
    freed, source = freed_by_removing(model), _source(model)
    if source is not None:
        source.release()  # before the model: where it ends early, the model still says what is left to do
    try:
        report_of(model.path).unlink(missing_ok=True)
        origin_file(model.path).unlink(missing_ok=True)  # left alone, it would be the next model's of this name
        for file in files_of(model):  # the first part first: from then on the model is not there
            file.unlink(missing_ok=file != model.path)
    except FileNotFoundError as error:
        raise ModelNotFound(f"{model.path.name} is gone already; a model was expected there; look again") from error
    except OSError as error:
        raise failed(model.path, error, "removed") from error
    move_use(model.path, None)
    if model.is_default:
        set_default(None)  # the starter again: a name that stands for nothing would refuse every start
    return freed


def freed_by_removing(model: Installed) -> int:
    """Bytes that removing would free: none of a file that has another name elsewhere, or is a link."""
    source = _source(model)
    going = [*files_of(model), *(source.files() if source is not None else ())]
    states: dict[tuple[int, int], list[os.stat_result]] = {}
    for file in going:
        with suppress(OSError):
            state = file.lstat()
            if not file.is_symlink():
                states.setdefault((state.st_dev, state.st_ino), []).append(state)
    return sum(names[0].st_size for names in states.values() if len(names) >= names[0].st_nlink)


@dataclass(frozen=True, slots=True)
class _Source:
    """What a pull brought into the hub's cache for one model, and no other model needs."""

    origin: Origin
    paths: tuple[str, ...]

    def files(self) -> tuple[Path, ...]:
        """Those whose content would go."""
        from assistant.hub.cache import cached  # noqa: PLC0415  the hub's client takes a third of a second

        return cached(self.origin.repository).releasable(self.paths, self.origin.revision)

    def release(self) -> None:
        from assistant.hub.cache import cached  # noqa: PLC0415

        cached(self.origin.repository).release(self.paths, self.origin.revision)


def _source(model: Installed) -> _Source | None:
    """None: there is none, or it was there before."""
    origin = model.origin
    if origin is None or not origin.brought or model.place != "folder":
        return None
    others = (read_origin(path) for path in models_folder().glob(f"*{ENDING}") if path != model.path)
    used = {
        path
        for other in others
        if other is not None and (other.repository, other.revision) == (origin.repository, origin.revision)
        for path in other.brought  # an imported copy of such a model has none of it to answer for
    }
    paths = tuple(path for path in origin.brought if path not in used)
    return _Source(origin, paths) if paths else None


def rename_model(model: Installed, name: str) -> Installed:
    """Give a model of the model folder another name, also where it is the default; gives what it is then.

    Raises InvalidModelFile for what is no name, ModelNotFound for a model that lies elsewhere, OutputFailed,
    InvalidSetting.
    """
    expect_own(model)
    files = files_of(model)
    moves = list(zip(files, targets(name, files), strict=True))
    first = moves[0][1]
    beside = [(place(model.path), place(first)) for place in (report_of, origin_file)]
    moves += [(file, target) for file, target in beside if file.exists()]
    done: list[tuple[Path, Path]] = []
    try:
        for file, target in reversed(moves):  # the first part last: until then it has its old name, and can be renamed
            file.rename(target)
            done.append((file, target))
    except OSError as error:
        for file, target in done:
            with suppress(OSError):
                target.rename(file)
        raise failed(model.path, error, "renamed") from error
    move_use(model.path, first)
    renamed = replace(look(first, "folder"), is_default=model.is_default)
    if model.is_default:
        make_default(renamed)
    return renamed


def make_default(model: Installed) -> None:
    """Make a model the one that is meant where none is named. Raises InvalidSetting, OutputFailed."""
    set_default(model.name)

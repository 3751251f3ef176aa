"""A model goes, gets another name, or becomes the default; its parts, its report and what is known of it go with it."""

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from assistant.errors import ModelNotFound
from assistant.library.files import expect_own, failed, files_of, report_of, targets
from assistant.library.installed import Installed, look
from assistant.library.used import move_use
from assistant.settings_file import set_default


def remove_model(model: Installed) -> int:
    """Remove a model of the model folder and its report; gives the bytes that are free again.

    Where it was the default, none is set any more. Raises ModelNotFound for a model that lies elsewhere or is gone,
    OutputFailed, InvalidSetting.
    """
    expect_own(model)
    freed = freed_by_removing(model)
    try:
        for file in files_of(model):  # the first part first: from then on the model is not there
            file.unlink(missing_ok=file != model.path)
        report_of(model.path).unlink(missing_ok=True)
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
    freed = 0
    for file in files_of(model):
        with suppress(OSError):
            state = file.lstat()
            if not file.is_symlink() and state.st_nlink == 1:
                freed += state.st_size
    return freed


def rename_model(model: Installed, name: str) -> Installed:
    """Give a model of the model folder another name, also where it is the default; gives what it is then.

    Raises InvalidModelFile for what is no name, ModelNotFound for a model that lies elsewhere, OutputFailed,
    InvalidSetting.
    """
    expect_own(model)
    files = files_of(model)
    moves = list(zip(files, targets(name, files), strict=True))
    done: list[tuple[Path, Path]] = []
    try:
        for file, target in reversed(moves):  # the first part last
            file.rename(target)
            done.append((file, target))
    except OSError as error:
        for file, target in done:
            with suppress(OSError):
                target.rename(file)
        raise failed(model.path, error, "renamed") from error
    first = moves[0][1]
    with suppress(OSError):  # without its report the model is one that nobody has compared yet
        report_of(model.path).replace(report_of(first))
    move_use(model.path, first)
    renamed = replace(look(first, "folder"), is_default=model.is_default)
    if model.is_default:
        make_default(renamed)
    return renamed


def make_default(model: Installed) -> None:
    """Make a model the one that is meant where none is named. Raises InvalidSetting, OutputFailed."""
    set_default(model.name)

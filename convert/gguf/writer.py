"""The target on disk, either complete under its name or not there at all.

`Output` is a temporary file beside the target that is synced and renamed when everything is in it, and removed
otherwise.
"""

import errno
import os
import re
import shutil
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import psutil

from convert.errors import ConversionError, NotEnoughSpace, OutputExists, OutputFailed

_SENT_AT_ONCE = 1 << 26
"""Bytes that are collected before the disk is asked to take them."""


class Output:
    """The file being written. A context manager: without `finish`, nothing is left behind."""

    def __init__(self, target: Path, *, force: bool) -> None:
        """Raises OutputExists, OutputFailed. Removes what a killed conversion of the same target left."""
        self._target, self._force = target, force
        self._sending: Future[None] | None = None
        self.path = target.with_name(f".{target.name}.{os.getpid()}.partial")
        try:
            if target.is_dir():
                raise OutputExists(f"{target} is a folder; a file name was expected; give one with -o")
            if target.exists() and not target.is_file():
                raise OutputFailed(f"{target} is no regular file; a file name was expected; give one with -o")
            if target.exists() and not force:
                raise OutputExists(f"{target} exists; a new file was expected; choose another with -o, or use --force")
            if not target.parent.is_dir():
                raise OutputFailed(f"the folder {target.parent} does not exist; create it, or choose another with -o")
            _remove_leftovers(target)
        except OSError as error:
            raise _failed(error, target) from error

    def __enter__(self) -> "Output":
        return self

    def start(self, header: bytes, data: int) -> None:
        """Check that the disk has room for the header and `data` bytes, then write the header.

        Raises NotEnoughSpace before the first byte, OutputFailed.
        """
        self.total, self.done, self._sent = len(header) + data, 0, 0
        try:
            self._check_space(self.total)
            self._file = self.path.open("wb")
            self._sender = ThreadPoolExecutor(1)
        except OSError as error:
            raise _failed(error, self._target) from error
        self.write(memoryview(header))

    def write(self, data: memoryview) -> None:
        """Append bytes; `done` of `total` are then written.

        Raises NotEnoughSpace (the disk filled up all the same), OutputFailed.
        """
        try:
            self.done += self._file.write(data)
            self._send_on()
        except OSError as error:
            raise _failed(error, self._target) from error

    def sync(self) -> None:
        """Send everything to the disk; `path` can then be read. Raises NotEnoughSpace, OutputFailed."""
        try:
            self._sender.shutdown()
            if self._sending is not None:
                self._sending.result()  # an error is told once
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
        except OSError as error:
            raise _failed(error, self._target) from error

    def finish(self) -> None:
        """Take the final name, after `sync`; the file is then there, whole. Raises OutputExists, OutputFailed."""
        try:
            if self._target.exists() and not self._force:
                raise OutputExists(f"{self._target} appeared meanwhile; choose another name with -o, or use --force")
            self.path.replace(self._target)
            _sync_folder(self._target.parent)
        except OSError as error:
            raise _failed(error, self._target) from error

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if hasattr(self, "_sender"):
            self._sender.shutdown()
        if hasattr(self, "_file"):
            with suppress(OSError):  # a full disk: what was buffered is given up with the file
                self._file.close()
        self.path.unlink(missing_ok=True)

    def _send_on(self) -> None:
        """Let the disk work while the next blocks are made, so that little is left to wait for at the end."""
        if self.done - self._sent < _SENT_AT_ONCE or not (self._sending is None or self._sending.done()):
            return
        if self._sending is not None:
            self._sending.result()
        self._sent = self.done
        self._sending = self._sender.submit(os.fsync, self._file.fileno())

    def _check_space(self, needed: int) -> None:
        free = shutil.disk_usage(self._target.parent).free
        if needed > free:
            raise NotEnoughSpace(
                f"{self._target.name} needs {needed / 2**20:,.0f} MiB; {free / 2**20:,.0f} MiB are free on the disk of "
                f"{self._target.parent.resolve()}; free some space, or choose another folder with -o"
            )


def _remove_leftovers(target: Path) -> None:
    """Remove temporary files of this target whose process is gone. Raises OutputFailed where one is at work."""
    pattern = re.compile(rf"\.{re.escape(target.name)}\.(\d+)\.partial")
    for path in target.parent.iterdir():
        match = pattern.fullmatch(path.name)
        if match is None:
            continue
        process = int(match.group(1))
        if process != os.getpid() and psutil.pid_exists(process):
            raise OutputFailed(
                f"process {process} is writing {target.name}; one conversion of a target at a time was expected; "
                "wait for it, or choose another name with -o"
            )
        path.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Make the rename survive a power cut, where the system can sync folders."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _failed(error: OSError, target: Path) -> ConversionError:
    kind = NotEnoughSpace if error.errno == errno.ENOSPC else OutputFailed
    return kind(f"{target} cannot be written ({error.strerror}); nothing was left; choose another place with -o")

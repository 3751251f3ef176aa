"""Every way in which a file changes, with events alone and by looking alone; nothing is timed, all is waited for."""

import os
import shutil
import subprocess
import threading
from dataclasses import replace
from pathlib import Path
from time import sleep

import pytest
from watchdog.observers.inotify_c import InotifyFD

from assistant.errors import InvalidDocument
from assistant.watch.watcher import State, Timing, Watcher
from tests.assistant.watch.support import (
    HURRIED,
    await_state,
    await_true,
    await_version,
    read_text,
    watcher,
    watching_threads,
)

by_events_and_by_looking = pytest.mark.parametrize("events", [True, False], ids=["events", "looking"])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "report.md"
    path.write_text("The first version.\n")
    return path


@by_events_and_by_looking
class TestChanges:
    def test_what_is_there_at_first_is_the_first_version(self, file: Path, events: bool) -> None:
        with watcher(file, events=events) as watching:
            assert watching.state.version == 1

    def test_written_in_place(self, file: Path, events: bool) -> None:
        with watcher(file, events=events) as watching:
            file.write_text("The second version.\n")
            await_version(watching, 2)
            with file.open("r+") as stream:
                stream.write("Other")
            await_version(watching, 3)

    def test_renamed_over(self, file: Path, events: bool) -> None:
        with watcher(file, events=events) as watching:
            for number in range(2, 5):
                new = file.with_name(".report.md.swp")
                new.write_text(f"Version {number}.\n")
                new.replace(file)
                await_version(watching, number)

    def test_moved_away_and_written_anew(self, file: Path, events: bool) -> None:
        """As vim saves with a backup."""
        with watcher(file, events=events) as watching:
            file.rename(file.with_name("report.md~"))
            file.write_text("The second version.\n")
            file.with_name("report.md~").unlink()
            await_version(watching, 2)
            assert watching.take(file.read_text) == (2, "The second version.\n")

    def test_deleted_and_made_again(self, file: Path, events: bool) -> None:
        with watcher(file, events=events) as watching:
            file.unlink()
            state = await_state(watching, lambda state: bool(state.trouble))
            assert (state.version, state.trouble) == (1, f"{file} is gone")
            file.write_text("The second version.\n")
            state = await_version(watching, 2)
            assert not state.trouble

    def test_gone_and_back_unchanged_is_no_version(self, file: Path, events: bool) -> None:
        with watcher(file, events=events) as watching:
            file.rename(file.with_name("elsewhere"))
            await_state(watching, lambda state: bool(state.trouble))
            file.with_name("elsewhere").rename(file)
            assert await_state(watching, lambda state: not state.trouble).version == 1

    def test_not_there_at_first(self, tmp_path: Path, events: bool) -> None:
        file = tmp_path / "later.md"
        with watcher(file, events=events) as watching:
            assert await_state(watching, lambda state: bool(state.trouble)).version == 0
            file.write_text("Now.\n")
            assert not await_version(watching, 1).trouble

    def test_touched_is_nothing(self, file: Path, events: bool) -> None:
        with watcher(file, events=events) as watching:
            os.utime(file, (1, 1))
            file.chmod(0o600)
            await_true(lambda: watching.is_current(1))
            file.write_text("The first version.\n")
            await_true(lambda: watching.is_current(1))
            assert watching.state.version == 1

    def test_truncated_and_slowly_written_is_waited_for(self, file: Path, events: bool) -> None:
        patient = replace(HURRIED, patience=600.0)
        with watcher(file, events=events, timing=patient) as watching, file.open("w") as stream:
            stream.flush()
            sleep(6 * patient.quiet)
            assert watching.state == State(1)
            stream.write("The second version.\n")
            stream.flush()
            await_version(watching, 2)
            assert watching.state.version == 2

    def test_empty_for_long_is_told(self, file: Path, events: bool) -> None:
        with watcher(file, events=events) as watching:
            file.write_text("")
            state = await_state(watching, lambda state: bool(state.trouble))
            assert (state.version, state.trouble) == (1, f"{file} is empty")

    def test_a_folder_in_its_place_is_told(self, file: Path, events: bool) -> None:
        """Unreadable for anybody, the superuser included."""
        with watcher(file, file.with_name("other.md"), events=events) as watching:
            file.with_name("other.md").write_text("Something.\n")
            await_version(watching, 1)
            file.with_name("other.md").unlink()
            os.mkfifo(file.with_name("other.md"))
            state = await_state(watching, lambda state: bool(state.trouble))
            assert state.trouble == f"{file.with_name('other.md')} is no ordinary file"
            file.with_name("other.md").unlink()
            file.with_name("other.md").write_text("Something.\n")
            assert await_state(watching, lambda state: not state.trouble).version == 1

    def test_growing_without_rest_counts_now_and_then(self, file: Path, events: bool) -> None:
        done = threading.Event()

        def grow() -> None:
            with file.open("a") as stream:
                while not done.wait(HURRIED.quiet / 10):
                    stream.write("Another line.\n")
                    stream.flush()

        restless = replace(HURRIED, longest=0.3)
        with watcher(file, events=events, timing=restless) as watching:
            growing = threading.Thread(target=grow)
            growing.start()
            try:
                await_version(watching, 3)
            finally:
                done.set()
                growing.join()
            await_true(lambda: watching.take(file.read_text)[0] == watching.state.version)
            await_true(lambda: watching.is_current(watching.state.version))

    def test_many_quick_saves_are_one_change(self, file: Path, events: bool) -> None:
        restful = replace(HURRIED, quiet=0.5, longest=600.0)
        with watcher(file, events=events, timing=restful) as watching:
            for number in range(50):
                file.write_text(f"Version {number}.\n")
            await_version(watching, 2)
            await_true(lambda: watching.is_current(2))
            assert watching.take(file.read_text) == (2, "Version 49.\n")

    def test_a_link_pointed_elsewhere(self, tmp_path: Path, events: bool) -> None:
        one, other = tmp_path / "a" / "one.md", tmp_path / "b" / "other.md"
        for path in (one, other):
            path.parent.mkdir()
            path.write_text(f"This is {path.name}.\n")
        link = tmp_path / "c" / "link.md"
        link.parent.mkdir()
        link.symlink_to(one)
        with watcher(link, events=events) as watching:
            one.write_text("One, changed.\n")  # in the folder of the target
            await_version(watching, 2)
            new = link.with_name("new")
            new.symlink_to(other)
            new.replace(link)
            await_version(watching, 3)
            await_true(lambda: watching.is_current(3))
            await_true(lambda: other.parent in watching._files.folders({}))
            sleep(0.1)
            other.write_text("Other, changed.\n")  # in the folder of the new target
            await_version(watching, 4)

    def test_a_linked_folder_on_the_way_pointed_elsewhere(self, tmp_path: Path, events: bool) -> None:
        """As releases are switched."""
        for name in ("1", "2"):
            (tmp_path / "releases" / name).mkdir(parents=True)
            (tmp_path / "releases" / name / "manual.md").write_text(f"Manual {name}.\n")
        (tmp_path / "home").mkdir()
        current = tmp_path / "home" / "current"
        current.symlink_to(Path("..") / "releases" / "1")
        with watcher(current / "manual.md", events=events) as watching:
            new = current.with_name("next")
            new.symlink_to(Path("..") / "releases" / "2")
            new.replace(current)
            await_version(watching, 2)

    def test_a_folder_and_all_in_it(self, tmp_path: Path, events: bool) -> None:
        folder = tmp_path / "notes"
        (folder / "deep").mkdir(parents=True)
        (folder / "one.md").write_text("One.\n")
        # The system may not tell of what is written into a new folder at once.
        with watcher(folder, events=events, timing=replace(HURRIED, poll=1.0)) as watching:
            (folder / "deep" / "two.md").write_text("Two.\n")
            await_version(watching, 2)
            (folder / "new" / "deeper").mkdir(parents=True)
            (folder / "new" / "deeper" / "three.md").write_text("Three.\n")
            await_version(watching, 3)
            (folder / "new" / "deeper" / "three.md").rename(folder / "new" / "four.md")
            await_version(watching, 4)
            (folder / "one.md").unlink()
            await_version(watching, 5)
            shutil.rmtree(folder)
            state = await_state(watching, lambda state: bool(state.trouble))
            assert state.trouble.startswith(f"{folder} ")

    def test_saved_by_sed_and_cp(self, file: Path, events: bool) -> None:
        with watcher(file, events=events) as watching:
            subprocess.run(["sed", "-i", "s/first/second/", file], check=True)  # noqa: S607
            await_version(watching, 2)
            large = file.with_name("large.txt")
            large.write_bytes(b"A line of a large file.\n" * 220_000)
            subprocess.run(["cp", large, file], check=True)  # noqa: S607
            await_true(lambda: watching.take(file.stat)[1].st_size == large.stat().st_size)
            await_true(lambda: watching.is_current(watching.state.version))
            assert watching.take(file.read_bytes)[1] == large.read_bytes()


def test_a_file_in_a_folder_made_anew(tmp_path: Path) -> None:
    """The system's watch is gone with the old folder; whoever looks now and then notices."""
    file = tmp_path / "folder" / "report.md"
    file.parent.mkdir()
    file.write_text("The first version.\n")
    with watcher(file, timing=replace(HURRIED, poll=0.1)) as watching:
        shutil.rmtree(file.parent)
        await_state(watching, lambda state: bool(state.trouble))
        file.parent.mkdir()
        file.write_text("The second version.\n")
        await_version(watching, 2)


def test_without_events_looking_goes_on_and_more_often(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a network folder, where others write."""
    monkeypatch.setattr("assistant.watch.folders._Handler.on_any_event", lambda *_: None)
    with watcher(file, timing=replace(HURRIED, poll=0.1, poll_often=0.03)) as watching:
        assert watching._interval() == 0.1
        file.write_text("The second version.\n")
        await_version(watching, 2)
        assert watching._interval() == 0.03


@pytest.mark.parametrize("refused", ["_create_inotify_fd", "add_callback"])
def test_without_the_systems_help_it_is_said_and_looking_goes_on(
    file: Path, monkeypatch: pytest.MonkeyPatch, refused: str
) -> None:
    def refuse(*_: object) -> int:
        raise OSError(28, "inotify watch limit reached")

    monkeypatch.setattr(InotifyFD, refused, refuse)
    with watcher(file) as watching:
        assert watching.state.note == (
            "the system does not tell of changes (inotify watch limit reached); the files are looked at regularly"
        )
        file.write_text("The second version.\n")
        await_version(watching, 2)
    await_true(lambda: not watching_threads())


def test_the_same_mark_with_other_bytes_is_found(file: Path) -> None:
    """Written twice within one tick of the file system's clock."""
    stat = file.stat()
    with watcher(file, events=False, timing=replace(HURRIED, tick=0.3)) as watching:
        file.write_text("THE FIRST VERSION.\n")
        os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        marks = watching._files.marks()
        await_version(watching, 2)
        file.write_text("the first version.\n")
        watching._files.marks = lambda: marks  # type: ignore[method-assign]  # nobody can set the time of an entry
        await_version(watching, 3)


@by_events_and_by_looking
def test_what_was_read_while_it_changed_is_no_version(file: Path, events: bool) -> None:
    """There and back while it is read: the bytes are those of the version again, what was read is not."""
    text = file.read_text()
    with watcher(file, events=events) as watching:

        def read() -> str:
            file.write_text("Something else.\n")
            found = file.read_text()
            file.write_text(text)
            return found

        version, found = watching.take(read)
        assert (version, found) == (1, "Something else.\n")
        await_version(watching, 2)
        assert watching.take(file.read_text) == (2, text)


def test_an_error_of_reading_is_passed_on(file: Path) -> None:
    def read() -> None:
        raise InvalidDocument("no document")

    with watcher(file) as watching, pytest.raises(InvalidDocument):
        watching.take(read)


def test_current_is_what_is_on_the_disk_at_this_moment(file: Path) -> None:
    slow = replace(HURRIED, poll_often=600.0)
    with watcher(file, events=False, timing=slow) as watching:
        assert watching.is_current(1)
        file.write_text("The second version.\n")
        assert watching.state.version == 1
        assert not watching.is_current(1)
        assert watching.state.version == 2


def test_the_alarm_rings_until_it_is_heard(file: Path) -> None:
    rung = []
    with watcher(file) as watching:
        with watching.alarm(1, lambda: rung.append(1)):
            file.write_text("The second version.\n")
            await_true(lambda: len(rung) >= 3)
        heard = len(rung)
        sleep(0.2)
        assert len(rung) == heard


def test_closing_wakes_who_waits_and_ends_what_runs(file: Path) -> None:
    rung = threading.Event()
    watching = watcher(file)
    with watching:
        closing = threading.Timer(0.1, watching.close)
        closing.start()
        with watching.alarm(None, rung.set):
            assert watching.wait(watching.state).version == 1
            assert rung.wait(10)
        closing.join()
    assert watching.is_closed
    await_true(lambda: not watching_threads())


def test_no_thread_stays(file: Path) -> None:
    for _ in range(5):
        with watcher(file, file.parent):
            file.rename(file.with_name("other.md"))  # watchdog waits for the other half of such a move
            file.with_name("other.md").rename(file)
        assert "watcher" not in watching_threads()
    await_true(lambda: not watching_threads())


def test_a_failure_of_the_watcher_is_told(file: Path) -> None:
    """Not left behind in its thread, where nobody would hear of it and edits would be lost."""

    def fail() -> None:
        raise ZeroDivisionError

    with watcher(file, events=False) as watching:
        watching._files.marks = fail  # type: ignore[assignment,method-assign]
        with pytest.raises(ZeroDivisionError):
            await_version(watching, 2)


def test_the_defaults(file: Path) -> None:
    with Watcher([file]) as watching:
        assert watching.timing == Timing()
        file.write_text("The second version.\n")
        await_version(watching, 2)
        assert watching.take(read_text(file))[1].text == "The second version.\n"

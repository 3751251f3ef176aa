"""The file: made whole, migrated, refused, or set aside; nothing is ever deleted."""

import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random
from threading import Thread

import pytest

from assistant.conversation.database import APPLICATION, connect, open_database
from assistant.conversation.migrations import MIGRATIONS
from assistant.conversation.store import Store, store_path
from assistant.conversation.tree import Tree
from assistant.conversation.turns import Heading, Turn, new_id
from assistant.errors import HistoryFailed
from tests.assistant.conversation.support import kept, whole

VERSION_1 = """
PRAGMA application_id = 1282761577;
PRAGMA journal_mode = WAL;
CREATE TABLE conversations (id TEXT PRIMARY KEY, title TEXT NOT NULL DEFAULT '', system TEXT, created REAL NOT NULL,
    changed REAL NOT NULL, current TEXT, archived INTEGER NOT NULL DEFAULT 0, removed REAL);
CREATE TABLE turns (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
    conversation TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    parent TEXT REFERENCES turns (id) ON DELETE CASCADE,
    role TEXT NOT NULL CHECK (role IN ('user', 'assistant')), content TEXT NOT NULL, created REAL NOT NULL,
    model TEXT NOT NULL DEFAULT '', reason TEXT, usage TEXT, removed INTEGER NOT NULL DEFAULT 0,
    indexed INTEGER NOT NULL DEFAULT 0);
CREATE TABLE marks (turn TEXT PRIMARY KEY REFERENCES turns (id) ON DELETE CASCADE, turns INTEGER NOT NULL,
    tokens INTEGER NOT NULL, summary TEXT NOT NULL);
INSERT INTO conversations VALUES ('aaaabbbbcccc', 'Old', 'Be brief.', 1.5, 2.5, 'a1', 0, NULL);
INSERT INTO turns VALUES (1, 'q1', 'aaaabbbbcccc', NULL, 'user', 'Hello?', 1.5, '', NULL, NULL, 0, 0);
INSERT INTO turns VALUES (2, 'a1', 'aaaabbbbcccc', 'q1', 'assistant', 'Yes.', 2.5, 'small', 'stop',
    '{"prompt_tokens": 3, "answer_tokens": 1, "of_another_version": true}', 0, 0);
INSERT INTO marks VALUES ('q1', 0, 0, '');
PRAGMA user_version = 1;
"""
"""As the first version wrote it. Never changed: such files lie on users' disks."""

NEXT = ("ALTER TABLE turns ADD COLUMN note TEXT NOT NULL DEFAULT 'none'", "UPDATE turns SET note = upper(role)")


@pytest.fixture
def old() -> Path:
    path = store_path()
    connection = sqlite3.connect(path)
    connection.executescript(VERSION_1)
    connection.close()
    return path


def test_a_database_of_version_1_opens_and_has_everything(old: Path) -> None:
    with Store() as store:
        assert store.notice == ""
        heading, tree = store.load("aaaabbbbcccc")
        assert (heading.title, heading.system, heading.created) == ("Old", "Be brief.", 1.5)
        assert [(turn.content, turn.model, turn.reason) for turn in tree.path] == [
            ("Hello?", "", None),
            ("Yes.", "small", "stop"),
        ]
        usage = tree.path[1].usage
        assert usage is not None
        assert (usage.prompt_tokens, usage.answer_tokens) == (3, 1)
        assert [hit.excerpt for hit in store.search("hello")] == ["Hello?"]
    with closing(sqlite3.connect(old)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone()[0] == len(MIGRATIONS)


def test_the_schema_is_the_one_that_version_1_wrote(old: Path) -> None:
    """A migration that is edited, rather than appended, is seen here."""

    def columns(path: Path) -> list[list[tuple[object, ...]]]:
        connection = sqlite3.connect(path)
        tables = ("conversations", "turns", "marks")
        found = [connection.execute(f"PRAGMA table_info({table})").fetchall() for table in tables]
        connection.close()
        return found

    fresh = old.with_name("fresh.db")
    open_database(fresh, MIGRATIONS[:1]).connection.close()
    assert columns(fresh) == columns(old)


def test_a_further_version_is_reached_in_one_step(old: Path) -> None:
    connection, notice = open_database(old, [*MIGRATIONS, NEXT])
    assert notice == ""
    assert connection.execute("SELECT content, note FROM turns").fetchall() == [
        ("Hello?", "USER"),
        ("Yes.", "ASSISTANT"),
    ]
    assert connection.execute("PRAGMA user_version").fetchone()[0] == len(MIGRATIONS) + 1
    connection.close()


def test_a_step_that_fails_leaves_the_version_before_it(old: Path) -> None:
    broken = (*NEXT, "INSERT INTO nowhere VALUES (1)")
    with pytest.raises(HistoryFailed, match="no such table: nowhere"):
        open_database(old, [*MIGRATIONS, broken])
    connection = sqlite3.connect(old)
    assert connection.execute("PRAGMA user_version").fetchone()[0] == len(MIGRATIONS)
    assert "note" not in [row[1] for row in connection.execute("PRAGMA table_info(turns)")]
    connection.close()


def test_many_processes_may_migrate_at_once(old: Path) -> None:
    notices = []

    def opened() -> None:
        connection, notice = open_database(old, [*MIGRATIONS, NEXT])
        notices.append(notice)
        connection.close()

    threads = [Thread(target=opened) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert notices == [""] * 6


def test_a_newer_version_is_refused_and_untouched(old: Path) -> None:
    open_database(old, [*MIGRATIONS, NEXT]).connection.close()
    before = old.read_bytes()
    with pytest.raises(HistoryFailed, match=f"are of version {len(MIGRATIONS) + 1}; at most {len(MIGRATIONS)} was"):
        Store()
    assert old.read_bytes() == before


def test_only_the_user_may_read_it() -> None:
    kept("Hello?")
    for path in store_path().parent.glob("conversations.db*"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name
    with Store():
        for path in store_path().parent.glob("conversations.db*"):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name


def random_bytes(path: Path) -> None:
    path.write_bytes(Random(1).randbytes(40_000))


def damaged_page(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[4096:12288] = Random(2).randbytes(8192)
    path.write_bytes(data)


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-5000])


def cut_in_the_header(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:50])


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def another_programs(path: Path) -> None:
    path.unlink()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE notes (text)")
    connection.close()


@pytest.mark.parametrize(
    "damage",
    [random_bytes, damaged_page, truncated, cut_in_the_header, emptied, another_programs],
    ids=lambda d: d.__name__,
)
def test_a_damaged_file_is_set_aside_whole_and_a_new_one_begun(damage: Callable[[Path], None]) -> None:
    for number in range(40):
        kept(f"Question {number} " * 50)
    path = store_path()
    damage(path)
    before = path.read_bytes()
    with Store() as store:
        assert store.entries() == []
        assert "were damaged (" in store.notice
        assert "they lie untouched in " in store.notice
    (aside,) = path.parent.glob("conversations.damaged-20*.db")
    assert str(aside) in store.notice
    assert aside.read_bytes() == before
    conversation = kept("Hello again?")
    with Store() as store:
        assert store.notice == ""
        assert whole(store.load(conversation.id)) == whole((conversation.heading, conversation.tree))


def test_damage_on_one_day_twice_keeps_both() -> None:
    for _ in range(3):
        kept("Hello?")
        random_bytes(store_path())
        Store().close()
    assert len(list(store_path().parent.glob("conversations.damaged-20*.db"))) == 3


def test_many_that_find_the_damage_at_once_set_aside_one_file_and_share_the_new_one() -> None:
    path = store_path()
    for _ in range(5):
        path.write_bytes(b"no database" * 50_000)
        names: list[str] = []

        def begin(names: list[str]) -> None:
            with Store() as store:
                heading = Heading(new_id(), 1.0)
                store.add(heading, Tree([Turn(new_id(), None, "user", "Hello?", 1.0)]))
                names.append(heading.id)

        threads = [Thread(target=begin, args=(names,)) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        (aside,) = path.parent.glob("conversations.damaged-*")
        assert aside.read_bytes() == b"no database" * 50_000
        aside.unlink()
        with Store() as store:
            assert sorted(names) == sorted(entry.heading.id for entry in store.entries())
            assert len(names) == 6


@pytest.mark.parametrize("moment", ["after it was opened", "before it is opened"])
def test_what_another_program_has_put_right_meanwhile_is_left_alone(moment: str) -> None:
    path = store_path()
    path.write_bytes(b"no database" * 50_000)
    identity = ""

    def slowly(path: Path) -> sqlite3.Connection:
        nonlocal identity
        if identity:
            return connect(path)
        identity = "set"
        if moment.startswith("before"):
            path.rename(path.with_name("aside.db"))  # and the new one is not made yet
            return connect(path)
        connection = connect(path)
        with Store(path) as other:
            assert "they lie untouched" in other.notice
        identity = kept("Hello?", path=path).id
        return connection

    with Store(connect=slowly) as store:
        assert store.notice == ""
        assert [entry.heading.id for entry in store.entries()] == ([] if identity == "set" else [identity])
    assert len(list(path.parent.glob("conversations.damaged-*"))) == (0 if identity == "set" else 1)


def killed(path: Path) -> None:
    """The files as a kill leaves them: the last turns are in the log only."""
    kept("Hello?")
    writer = Store()
    other = Store()  # whoever closes the last connection would empty the log
    writer.write([other.load(other.find("last"))[0]])
    files = {end: path.with_name(path.name + end).read_bytes() for end in ("", "-wal", "-shm")}
    writer.close()
    other.close()
    for end, data in files.items():
        path.with_name(path.name + end).write_bytes(data)


def test_a_missing_log_leaves_an_older_whole_state() -> None:
    path = store_path()
    killed(path)
    path.with_name(path.name + "-wal").unlink()
    with Store() as store:
        assert store.notice == ""
        assert len(store.entries()) == 1


def test_a_log_whose_database_is_gone_is_kept() -> None:
    path = store_path()
    killed(path)
    log = path.with_name(path.name + "-wal").read_bytes()
    path.unlink()
    with Store() as store:
        assert "only its log is left" in store.notice
    (aside,) = path.parent.glob("conversations.damaged-20*.db-wal")
    assert aside.read_bytes() == log


def test_a_damaged_log_costs_only_what_was_in_it() -> None:
    path = store_path()
    killed(path)
    path.with_name(path.name + "-wal").write_bytes(Random(3).randbytes(20_000))
    with Store() as store:
        assert len(store.entries()) == 1


@pytest.mark.parametrize("obstacle", ["folder", "file"])
def test_what_the_system_refuses_is_said(tmp_path: Path, obstacle: str) -> None:
    path = tmp_path / "there" / "conversations.db"
    if obstacle == "folder":
        path.mkdir(parents=True)
    else:
        (tmp_path / "there").write_text("no folder")
    with pytest.raises(HistoryFailed, match="cannot be used") as refused:
        Store(path)
    assert str(refused.value).count(";") == 2
    assert "\n" not in str(refused.value)


def test_nobody_finds_a_half_made_file(tmp_path: Path) -> None:
    """Several programs that start at once on a new machine: one makes it, all use it, no draft is left."""
    path = tmp_path / "conversations.db"
    notices = []

    def begin() -> None:
        with Store(path) as store:
            notices.append(store.notice)

    threads = [Thread(target=begin) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert notices == [""] * 8
    assert [found.name for found in tmp_path.iterdir()] == ["conversations.db"]
    assert int.from_bytes(b"Luci", "big") == APPLICATION

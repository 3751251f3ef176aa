"""The schema of the conversations, as the list of steps that lead to it: a database of version n has had the first n.

Steps are appended and never changed. Each runs in one transaction with the new version number, so a database is always
of a whole version. The full-text index is no part of it: it can be made again at any time, and not every SQLite can
(see `search.py`).
"""

Migration = tuple[str, ...]
"""SQL statements, in order."""

MIGRATIONS: tuple[Migration, ...] = (
    (
        """
        CREATE TABLE conversations (
            id TEXT PRIMARY KEY,
            title TEXT NOT NULL DEFAULT '',
            system TEXT,                            -- NULL: by the language of the question
            created REAL NOT NULL,                  -- seconds since 1970
            changed REAL NOT NULL,
            current TEXT,                           -- the turn that the path ends with
            archived INTEGER NOT NULL DEFAULT 0,
            removed REAL                            -- when it was removed
        )
        """,
        """
        CREATE TABLE turns (
            number INTEGER PRIMARY KEY AUTOINCREMENT,    -- the order in which they came, never used again
            id TEXT NOT NULL UNIQUE,
            conversation TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
            parent TEXT REFERENCES turns (id) ON DELETE CASCADE,
            role TEXT NOT NULL CHECK (role IN ('user', 'assistant')),
            content TEXT NOT NULL,
            created REAL NOT NULL,
            model TEXT NOT NULL DEFAULT '',
            reason TEXT,                                 -- NULL: a question, or an answer without its end
            usage TEXT,                                  -- JSON
            removed INTEGER NOT NULL DEFAULT 0,
            indexed INTEGER NOT NULL DEFAULT 0           -- the full-text index has these words
        )
        """,
        "CREATE INDEX turns_of_conversation ON turns (conversation, number)",
        "CREATE INDEX turns_of_parent ON turns (parent)",
        "CREATE INDEX turns_to_index ON turns (number) WHERE indexed = 0",
        """
        CREATE TABLE marks (                             -- what the model no longer sees before this turn
            turn TEXT PRIMARY KEY REFERENCES turns (id) ON DELETE CASCADE,
            turns INTEGER NOT NULL,
            tokens INTEGER NOT NULL,
            summary TEXT NOT NULL
        )
        """,
    ),
    (
        # What the conversation is about: paths of files, a line each, and a hash of their text; empty: no document.
        "ALTER TABLE conversations ADD COLUMN document TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE conversations ADD COLUMN content TEXT NOT NULL DEFAULT ''",
    ),
    (
        "ALTER TABLE conversations ADD COLUMN sampling TEXT",  # JSON; NULL: as the model's answers are written
    ),
    (
        # The character that is played, what the user is called there, and whether dialogues are drawn; empty: none.
        "ALTER TABLE conversations ADD COLUMN character TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE conversations ADD COLUMN user TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE conversations ADD COLUMN retrieval INTEGER NOT NULL DEFAULT 1",
        "ALTER TABLE turns ADD COLUMN speaker TEXT NOT NULL DEFAULT ''",  # name of the character; empty: nobody's part
        "ALTER TABLE turns ADD COLUMN dialogues TEXT",  # a JSON list of the ids that were drawn; NULL: none
    ),
)

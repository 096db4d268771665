"""The file a spool is: its tables, and writing to it whole or not at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from inference.edge.waiting import SpoolFull

_SCHEMA = """
CREATE TABLE IF NOT EXISTS captures (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, worth INTEGER NOT NULL, source TEXT NOT NULL,
    filename TEXT NOT NULL, taken_at REAL NOT NULL, said TEXT NOT NULL, bytes INTEGER NOT NULL,
    captured_at REAL, refused TEXT);
CREATE TABLE IF NOT EXISTS images (seq INTEGER PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS files (path TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS counts (
    source TEXT, hour INTEGER, model TEXT, policy TEXT, label TEXT, bucket INTEGER, captures INTEGER NOT NULL,
    PRIMARY KEY (source, hour, model, policy, label, bucket));
CREATE TABLE IF NOT EXISTS reports (seq INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL, refused TEXT);
CREATE TABLE IF NOT EXISTS lost (one INTEGER PRIMARY KEY CHECK (one = 1), captures INTEGER NOT NULL);
INSERT OR IGNORE INTO lost VALUES (1, 0);
"""


def connect(path: Path) -> sqlite3.Connection:
    """The database in that file, made where it is missing, for one thread's use. What is committed is on the disk."""
    database = sqlite3.connect(path, timeout=60, isolation_level=None)
    # An emptied spool gives its disk back.
    database.execute("PRAGMA auto_vacuum = FULL")
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.executescript(_SCHEMA)
    return database


@contextmanager
def writing(database: sqlite3.Connection) -> Iterator[None]:
    """A transaction: all of what is inside, or nothing. Raises SpoolFull where the disk is full."""
    try:
        database.execute("BEGIN IMMEDIATE")
        yield
        database.execute("COMMIT")
    except BaseException as error:
        # On a full disk SQLite has rolled back by itself.
        if database.in_transaction:
            database.execute("ROLLBACK")
        if isinstance(error, sqlite3.OperationalError) and "full" in str(error):
            raise SpoolFull from error
        raise

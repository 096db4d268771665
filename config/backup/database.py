"""One PostgreSQL database as a backup sees it: a snapshot to read from, and the programs that dump and load."""

import contextlib
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import pq, sql

from config.backup.errors import BackupError
from config.postgres import cluster, place

# A backup outlasts what a request may take; it holds no lock that anything but a migration waits for.
UNLIMITED = "-c transaction_timeout=0 -c idle_in_transaction_session_timeout=0 -c statement_timeout=0"
LOCK_SECONDS = 60
# Whoever finds a backup must not be signed in by it, nor need anybody stay signed in after a disaster.
DATA_LEFT_OUT = ("django_session",)
KEYWORDS = {
    option.keyword.decode(): option.envvar.decode()
    for option in pq.Conninfo.get_defaults()
    if option.envvar is not None
}
OURS = """
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
  AND NOT EXISTS (SELECT 1 FROM pg_depend AS d WHERE d.objid = c.oid AND d.deptype = 'e')
"""
TABLES = f"SELECT n.nspname, c.relname {OURS} AND c.relkind = 'r' ORDER BY 1, 2"
SIZE = f"SELECT coalesce(sum(pg_table_size(c.oid)), 0)::bigint {OURS} AND c.relkind = 'r'"


@dataclass(frozen=True)
class Database:
    """Where a database is, in libpq's words."""

    parameters: Mapping[str, str]

    @classmethod
    def of_django(cls, settings: Mapping[str, Any]) -> "Database":
        """That of an entry of Django's DATABASES; what is not libpq's (the pool, our limits) is left out."""
        named = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
        given = {word: settings.get(key) for word, key in named.items()} | settings.get("OPTIONS", {})
        return cls(
            {
                word: str(value)
                for word, value in given.items()
                if value and word in KEYWORDS and word != "options"
            }
        )

    @classmethod
    def of_url(cls, url: str) -> "Database":
        """That of a PostgreSQL address."""
        return cls({word: str(value) for word, value in psycopg.conninfo.conninfo_to_dict(url).items()})

    @contextlib.contextmanager
    def connected(self) -> Iterator[psycopg.Connection]:
        """A connection of its own, each statement a transaction. Raises BackupError where there is none."""
        try:
            connection = psycopg.connect(options=UNLIMITED, autocommit=True, **self.parameters)  # type: ignore[arg-type]
        except psycopg.Error as error:
            raise BackupError(f"The database does not answer: {' '.join(str(error).split())}.") from None
        with connection:
            yield connection

    def run(self, program: str, *words: str) -> None:
        """Run one of PostgreSQL's programs on this database. Raises BackupError with its last words."""
        # By the environment: what stands in a command line can be read by everybody on the machine.
        account = {KEYWORDS[word]: value for word, value in self.parameters.items()}
        command = [str(place.installed() / "bin" / program), "--no-password", *words]
        try:
            done = subprocess.run(
                command,
                env=cluster.plain_environment() | account,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                umask=0o077,
            )
        except OSError as error:
            raise BackupError(f"{command[0]} cannot be run: {error.strerror}.") from None
        if done.returncode:
            raise BackupError(f"{program} did not succeed: {cluster.last_words(done.stderr)}")

    def dump(self, file: Path, snapshot: str) -> None:
        """Write what the snapshot shows into one file of PostgreSQL's own compressed form."""
        left_out = [f"--exclude-table-data={table}" for table in DATA_LEFT_OUT]
        self.run(
            "pg_dump",
            "--format=custom",
            "--no-owner",
            "--no-privileges",
            "--no-comments",
            f"--snapshot={snapshot}",
            f"--lock-wait-timeout={LOCK_SECONDS}s",
            f"--file={file}",
            *left_out,
        )

    def load(self, file: Path) -> None:
        """Make everything that is in the dump, or nothing: it is one transaction."""
        name = self.parameters["dbname"]
        self.run(
            "pg_restore",
            "--single-transaction",
            "--exit-on-error",
            "--no-owner",
            "--no-privileges",
            f"--dbname={name}",
            str(file),
        )
        with self.connected() as connection:
            connection.execute("ANALYZE")


@contextlib.contextmanager
def snapshot(database: Database) -> Iterator[tuple[psycopg.Connection, str]]:
    """A transaction that reads the database as it is now however long that takes, and its name for pg_dump."""
    with database.connected() as connection, connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        row = connection.execute("SELECT pg_export_snapshot()").fetchone()
        assert row is not None
        yield connection, row[0]


def rows_by_table(connection: psycopg.Connection) -> dict[str, int]:
    """How many rows each table has, of those whose rows are in a backup."""
    counts = {}
    for schema, table in connection.execute(TABLES).fetchall():
        if table not in DATA_LEFT_OUT:
            counting = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(schema, table))
            counts[table if schema == "public" else f"{schema}.{table}"] = _one(connection, counting)
    return counts


def bytes_of_tables(connection: psycopg.Connection) -> int:
    """What the tables take without their indexes: a dump, which is compressed, is rarely larger."""
    return _one(connection, SIZE)


def applied_migrations(connection: psycopg.Connection) -> dict[str, list[str]]:
    """The names of each app's migrations that were applied; none where nothing ever was."""
    if not table_names(connection) & {"django_migrations"}:
        return {}
    found: dict[str, list[str]] = {}
    for app, name in connection.execute("SELECT app, name FROM django_migrations ORDER BY app, name"):
        found.setdefault(app, []).append(name)
    return found


def table_names(connection: psycopg.Connection) -> set[str]:
    """The tables there are, whosever schema they are in."""
    return {table for _, table in connection.execute(TABLES)}


def last_seal(connection: psycopg.Connection) -> str | None:
    """The audit log's last seal as `verify_audit` prints it; None where nothing is sealed."""
    if "people_auditseal" not in table_names(connection):
        return None
    row = connection.execute(
        "SELECT number || ':' || encode(digest, 'hex') FROM people_auditseal ORDER BY number DESC LIMIT 1"
    ).fetchone()
    return row[0] if row else None


def _one(connection: psycopg.Connection, query: Any) -> int:
    row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])

"""The PostgreSQL server that DATABASE_URL names: is it reachable, and of the right kind?"""

import re
from urllib.parse import unquote, urlsplit

from config.postgres.errors import PostgresError

OLDEST = 17
CONNECT_SECONDS = 10
VECTOR = """
SELECT a.installed_version IS NOT NULL
    OR (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
    OR EXISTS (SELECT 1 FROM pg_available_extension_versions v WHERE v.name = a.name AND v.trusted)
FROM pg_available_extensions a WHERE a.name = 'vector'
"""


def check_url(url: str) -> None:
    """Raises PostgresError unless `url` has the form of a PostgreSQL address. Connects to nothing."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  (reading it is what checks it)
    except ValueError:
        raise PostgresError(_malformed("its host or port cannot be read")) from None
    if parts.scheme not in ("postgresql", "postgres"):
        raise PostgresError(_malformed(f"it begins with {parts.scheme or 'no scheme'}"))
    if not parts.path.strip("/"):
        raise PostgresError(_malformed("it names no database"))


def check_server(url: str) -> None:
    """Raises PostgresError, never naming the password, unless a PostgreSQL with pgvector answers at `url`."""
    import psycopg

    check_url(url)
    parts = urlsplit(url)
    where = f"{parts.hostname or 'the local socket'}, database {unquote(parts.path.strip('/'))}"
    try:
        with psycopg.connect(url, connect_timeout=CONNECT_SECONDS) as connected:
            version = connected.info.server_version // 10_000
            vector = connected.execute(VECTOR).fetchone()
    except psycopg.Error as error:
        raise PostgresError(
            f"DATABASE_URL: cannot use the server at {where}: {_reason(error, url)}"
        ) from None
    if version < OLDEST:
        raise PostgresError(
            f"DATABASE_URL: the server at {where} is PostgreSQL {version}: {OLDEST} or newer is needed."
        )
    if vector is None:
        raise PostgresError(
            f"DATABASE_URL: the server at {where} has no extension `vector`: install pgvector there."
        )
    if not vector[0]:
        raise PostgresError(
            f"DATABASE_URL: the role may not make the extension `vector` at {where}: "
            "run CREATE EXTENSION vector there as a superuser."
        )


def _malformed(why: str) -> str:
    return f"DATABASE_URL is not a PostgreSQL address: {why}. Write postgresql://USER:PASSWORD@HOST:PORT/DATABASE."


def _reason(error: Exception, url: str) -> str:
    """What the driver said, unless that quotes the password (after an unescaped @ it is taken for a host)."""
    said = " ".join(str(error).split())
    userinfo = urlsplit(url).netloc.rpartition("@")[0]
    password = userinfo.partition(":")[2]
    pieces = {piece for piece in re.split(r"[@:/?#\s]", f"{password}@{unquote(password)}") if piece}
    if any(piece in said for piece in pieces):
        return "its reason repeats part of the password, so it is left out. Write @ : / in it as %40 %3A %2F."
    return said

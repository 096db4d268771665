"""PostgreSQL for this process: the server that DATABASE_URL names, else one that we start and stop."""

from pathlib import Path

from config.postgres.errors import PostgresError
from config.postgres.given import check_server, check_url
from config.postgres.server import Server, connection

__all__ = ["PostgresError", "Server", "connection", "prepare"]


def prepare(url: str | None, var: Path, *, needed: bool) -> None:
    """Have a database until this process ends; where none is needed, only see that `url` could be one.

    Raises PostgresError, one line that says what to do.
    """
    if url:
        (check_server if needed else check_url)(url)
    elif needed:
        Server(var).ensure()

"""PostgreSQL for this process: the server that DATABASE_URL names, else one that we start and stop."""

from pathlib import Path

from config.postgres.errors import PostgresError
from config.postgres.given import check_server, check_url
from config.postgres.server import Server, connection

__all__ = ["PostgresError", "Server", "connection", "mend", "prepare"]

_held: Server | None = None


def prepare(url: str | None, var: Path, *, needed: bool) -> None:
    """Have a database until this process ends; where none is needed, only see that `url` could be one.

    Raises PostgresError, one line that says what to do.
    """
    global _held
    if url:
        (check_server if needed else check_url)(url)
    elif needed:
        _held = Server(var)
        _held.ensure()


def mend() -> bool:
    """Start the embedded server again should it have ended under us; whether it had. Raises PostgresError."""
    return _held is not None and _held.mend()

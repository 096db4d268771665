"""What can go wrong with the embedded PostgreSQL, as one line a person can act on."""


class PostgresError(Exception):
    """The message says what happened, where, and what to do about it."""

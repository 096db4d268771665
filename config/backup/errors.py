"""What keeps a backup from being made, believed or restored, as one line a person can act on."""


class BackupError(Exception):
    """The message says what happened, where, and what to do about it."""

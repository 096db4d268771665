"""Backups: one snapshot of the database, every object it names, and a list by which both can be believed."""

from config.backup.errors import BackupError

__all__ = ["BackupError"]

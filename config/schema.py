"""Bringing the database's schema up to date before anything uses it."""

import subprocess
import sys
from functools import lru_cache

from django.conf import settings
from django.core.management import CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader


def is_current() -> bool:
    """Whether every migration has been applied."""
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


@lru_cache
def leaves() -> frozenset[tuple[str, str]]:
    """(app, migration) of the last migrations that this release has: with these applied, all are."""
    return frozenset(MigrationLoader(None).graph.leaf_nodes())


def bring_up_to_date() -> None:
    """Apply what is missing, in a process of its own: it has the time limits that migrations need.

    Raises CommandError where that fails.
    """
    if is_current():
        return
    command = [sys.executable, str(settings.ROOT / "manage.py"), "migrate", "--verbosity", "0"]
    if subprocess.run(command).returncode:
        raise CommandError(
            "The database could not be brought up to date (see above), so nothing was started."
        )

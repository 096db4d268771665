"""Whether this process can do all that a web process is for: what must hold, each thing looked at anew."""

import logging
import os
from dataclasses import asdict, dataclass
from typing import Any

import psycopg
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from config import schema
from config.watching.figures import INFERENCE, LISTENING
from people.services.listening import connection_parameters

logger = logging.getLogger(__name__)

PATIENCE_SECONDS = 2
STORAGE_KEPT_SECONDS = 10
PROBE_BYTES = 4096
WITHOUT_CHAMPION = """
SELECT count(*) FROM people_project p
WHERE NOT EXISTS (SELECT FROM inference_modelversion m WHERE m.project_id = p.id AND m.stage = 'champion')
"""


@dataclass(frozen=True)
class Readiness:
    """`database`: it answers and takes writes; `migrations`: all of this release; `storage`: takes a file.

    Projects without a champion and the inference processes that work are told, and make nothing unready: people
    label without either, captures wait, and to take the pages away would mend nothing. None: it cannot be known.
    """

    database: bool = False
    migrations: bool = False
    storage: bool = False
    inference_processes: int | None = None
    projects_without_champion: int | None = None

    @property
    def good(self) -> bool:
        return self.database and self.migrations and self.storage

    def as_json(self) -> dict[str, Any]:
        return {"status": "ok" if self.good else "not ready", **asdict(self)}


def readiness() -> Readiness:
    """What holds now. The storage is tried at most every ten seconds, the database each time, two seconds long."""
    storage = bool(cache.get_or_set("readiness.storage", _storage_takes_files, STORAGE_KEPT_SECONDS))
    try:
        # A connection of its own: where all of the pool are at work the process is busy, and not unready.
        given = {**connection_parameters(), "connect_timeout": PATIENCE_SECONDS}
        with psycopg.connect(**given, autocommit=True) as asking:
            asking.execute(f"SET statement_timeout = '{PATIENCE_SECONDS}s'")
            if _one(asking, "SELECT current_setting('transaction_read_only') = 'on'"):
                return Readiness(storage=storage)
            if not schema.leaves() <= set(asking.execute("SELECT app, name FROM django_migrations")):
                return Readiness(database=True, storage=storage)
            return Readiness(
                database=True,
                migrations=True,
                storage=storage,
                inference_processes=_one(asking, INFERENCE, {"listening": LISTENING}),
                projects_without_champion=_one(asking, WITHOUT_CHAMPION),
            )
    except psycopg.errors.UndefinedTable:
        return Readiness(database=True, storage=storage)
    except psycopg.Error as error:
        logger.warning("not ready: the database does not answer: %s", error)
        return Readiness(storage=storage)


def _one(asking: psycopg.Connection, statement: Any, terms: dict[str, Any] | None = None) -> Any:
    (value,) = asking.execute(statement, terms).fetchone() or (None,)
    return value


def _storage_takes_files() -> bool:
    name = f"readiness/{os.uname().nodename}-{os.getpid()}"
    try:
        default_storage.delete(default_storage.save(name, ContentFile(bytes(PROBE_BYTES))))
    # A bucket's faults are of many kinds, none of them an OSError.
    except Exception as error:
        logger.warning("not ready: the storage takes no file: %s", error)
        return False
    return True

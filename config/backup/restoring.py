"""Restoring a backup into an installation in which there is nothing yet."""

import shutil
from collections.abc import Callable
from pathlib import Path

from django.core.files import File
from django.core.files.storage import InvalidStorageError, Storage, storages

from config.backup import checking
from config.backup import database as db
from config.backup.errors import BackupError
from config.backup.folder import held, object_path
from config.backup.manifest import DUMP, Manifest, Reading, Stored, lines, read_manifest

NAMED_AT_MOST = 5
KEPT = {"people_user": "users", "people_project": "projects", "labeling_image": "images"}


def restore(
    database: db.Database, backup: Path, *, progress: Callable[[], object] = lambda: None
) -> Manifest:
    """Have the backup's objects in the storage, then its database, whole or not at all; migrating it comes after.

    Objects come first: one that is stopped can be begun again, and finds those that are there. `progress` is called
    twice an object. Raises BackupError, with nothing written, where something is in the installation already, where
    the backup is not as it was written, or where a newer release made it.
    """
    manifest = read_manifest(backup)
    checking.check_release(manifest)
    check_empty(database)
    with held(backup.parent, alone=False):
        _refuse(list(checking.faults(backup, manifest, progress)))
        wanted = [stored for stored in lines(backup) if stored.sha256]
        _check_room(wanted)
        absent = [stored for stored in wanted if not _is_there(stored)]
        for stored in absent:
            _put(stored, object_path(backup.parent, stored.sha256))
            progress()
        database.load(backup / DUMP)
    with database.connected() as connection:
        found = db.rows_by_table(connection)
    if found != manifest.rows:
        differing = sorted(table for table, count in manifest.rows.items() if found.get(table) != count)
        raise BackupError(f"What was loaded is not what was dumped: the rows of {', '.join(differing)}.")
    return manifest


def check_empty(database: db.Database) -> None:
    """Raises BackupError, naming what there is, unless the database has no table yet."""
    with database.connected() as connection:
        there = db.table_names(connection)
        if not there:
            return
        found = []
        for table, word in KEPT.items():
            if table in there:
                row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # type: ignore[arg-type]
                found.append(f"{row[0] if row else 0:,} {word}")
    raise BackupError(
        f"The database is not empty: it has {len(there)} tables"
        f"{' with ' + ', '.join(found) if found else ''}. Restore into one in which nothing was made, not even by "
        "migrate: set VOUCH_VAR to a new folder, or DATABASE_URL to a new database."
    )


def _refuse(faults: list[str]) -> None:
    if faults:
        more = len(faults) - NAMED_AT_MOST
        raise BackupError(
            " ".join(faults[:NAMED_AT_MOST])
            + (f" And {more:,} more." if more > 0 else "")
            + " Nothing was restored: use another backup."
        )


def _check_room(wanted: list[Stored]) -> None:
    needed: dict[str, int] = {}
    for stored in wanted:
        needed[stored.storage] = needed.get(stored.storage, 0) + stored.bytes
    for alias, size in needed.items():
        location = getattr(_storage(alias), "location", None)
        if not isinstance(location, str):
            continue
        folder = Path(location)
        while not folder.exists():
            folder = folder.parent
        if (free := shutil.disk_usage(folder).free) < size:
            raise BackupError(
                f"The disk of {folder} has {free // 2**20:,} MB left and the objects need {size // 2**20:,}: "
                "free some space, or set VOUCH_VAR to a folder on another disk."
            )


def _is_there(stored: Stored) -> bool:
    """Whether the storage has these bytes under this key. Raises BackupError where it has others."""
    storage = _storage(stored.storage)
    if not storage.exists(stored.key):
        return False
    with storage.open(stored.key) as file:
        reading = Reading(file)
        for _ in reading:
            pass
    if reading.sha256 != stored.sha256:
        raise BackupError(
            f"The storage {stored.storage} has {stored.key} already, with other bytes: restore into an empty one."
        )
    return True


def _put(stored: Stored, path: Path) -> None:
    with path.open("rb") as file:
        name = _storage(stored.storage).save(stored.key, File(file))
    if name != stored.key:
        raise BackupError(f"The storage {stored.storage} keeps {stored.key} as {name}.")


def _storage(alias: str) -> Storage:
    try:
        return storages[alias]
    except InvalidStorageError:
        raise BackupError(
            f"The backup has objects of a storage {alias!r}, which STORAGES here does not name."
        ) from None

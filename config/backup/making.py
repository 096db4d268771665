"""Making a backup while the system runs: the dump first, from one snapshot, then the objects its rows name.

Nothing has to stand still for that. The bytes of an object are there before any row names it, a name made of a hash
never gets other bytes, and an object goes only when it is erased or its work is done: so whatever the snapshot names
can be copied after it, but for what was deleted in between, which the list of objects names.
"""

import datetime
import importlib.metadata
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import psycopg
from django.core.files.storage import storages

from config.backup import database as db
from config.backup import named
from config.backup.errors import BackupError
from config.backup.folder import UNFINISHED, held, keep_object, object_path, prune, remove_unfinished
from config.backup.manifest import (
    DUMP,
    FORMAT,
    OBJECTS,
    Manifest,
    Reading,
    Stored,
    flush,
    hashed,
    lines,
    write_line,
    write_manifest,
)

WANTED = "wanted.ndjson"
MARGIN_BYTES = 64 * 2**20
AT_ONCE = 1000


@dataclass(frozen=True)
class Made:
    """A finished backup; `copied` objects of `copied_bytes` were not in the folder before."""

    path: Path
    manifest: Manifest
    copied: int
    copied_bytes: int
    pruned: int


def make(
    database: db.Database,
    folder: Path,
    *,
    keep: int | None = None,
    progress: Callable[[], object] = lambda: None,
) -> Made:
    """A new backup in the folder; with `keep`, all but so many of the newest are deleted afterwards.

    `progress` is called after each object. Raises BackupError or OSError; then there is nothing that looks like one.
    """
    # It holds photographs, addresses and the secrets of webhooks.
    (folder / "objects").mkdir(mode=0o700, parents=True, exist_ok=True)
    with held(folder, alone=True):
        remove_unfinished(folder)
        draft = folder / f"{UNFINISHED}.{os.getpid()}"
        draft.mkdir(mode=0o700)
        try:
            manifest, copied, copied_bytes = _fill(draft, folder, database, progress)
            path = _finish(draft, folder, manifest)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
        pruned = prune(folder, keep)[0] if keep is not None else 0
    return Made(path, manifest, copied, copied_bytes, pruned)


def _fill(
    draft: Path, folder: Path, database: db.Database, progress: Callable[[], object]
) -> tuple[Manifest, int, int]:
    with db.snapshot(database) as (connection, name):
        migrations = db.applied_migrations(connection)
        if "people" not in migrations:
            raise BackupError("The database has no tables of Vouch: there is nothing to back up.")
        (made_at,) = connection.execute("SELECT now()").fetchone() or ()
        _check_room(folder, db.bytes_of_tables(connection) + _want(connection, draft, folder))
        database.dump(draft / DUMP, name)
        rows = db.rows_by_table(connection)
        seal = db.last_seal(connection)
        server = str(connection.info.server_version)
    copied, copied_bytes = _copy(draft, folder, progress)
    _tell_deleted_from_lost(draft, database)
    (draft / WANTED).unlink()
    dump_sha256, dump_bytes = hashed(draft / DUMP)
    whys = [stored.why for stored in lines(draft) if stored.why]
    manifest = Manifest(
        format=FORMAT,
        version=importlib.metadata.version("vouch"),
        made_at=made_at.astimezone(datetime.UTC).isoformat(),
        server=server,
        migrations=migrations,
        rows=rows,
        dump_sha256=dump_sha256,
        dump_bytes=dump_bytes,
        objects_sha256=hashed(draft / OBJECTS)[0],
        objects=sum(1 for stored in lines(draft) if stored.sha256),
        bytes=sum(stored.bytes for stored in lines(draft)),
        deleted=whys.count("deleted"),
        lost=whys.count("lost"),
        damaged=whys.count("damaged"),
        last_seal=seal,
    )
    return manifest, copied, copied_bytes


def _want(connection: psycopg.Connection, draft: Path, folder: Path) -> int:
    """Write down what the snapshot names; returns the bytes of what the folder does not have."""
    needed = 0
    with (draft / WANTED).open("w") as out:
        for storage, key, size in named.objects(connection):
            out.write(json.dumps([storage, key]) + "\n")
            declared = _declared(key)
            if declared is None or not object_path(folder, declared).exists():
                needed += _size(storage, key) if size is None else size
    return needed


def _copy(draft: Path, folder: Path, progress: Callable[[], object]) -> tuple[int, int]:
    """Have every wanted object in the folder, and write the list; how many were copied, and their bytes."""
    copied = copied_bytes = 0
    with (draft / OBJECTS).open("w") as out:
        for storage, key in _wanted(draft):
            stored, is_new = _kept(folder, storage, key)
            copied += is_new
            copied_bytes += stored.bytes if is_new else 0
            out.write(write_line(stored))
            progress()
    return copied, copied_bytes


def _kept(folder: Path, storage: str, key: str) -> tuple[Stored, bool]:
    """The object's line, and whether its bytes are new to the folder."""
    declared = _declared(key)
    if declared is not None and (known := object_path(folder, declared)).exists():
        return Stored(storage, key, declared, known.stat().st_size), False
    try:
        if declared is None:
            with storages[storage].open(key) as file:
                reading = Reading(file)
                for _ in reading:
                    pass
            if object_path(folder, reading.sha256).exists():
                return Stored(storage, key, reading.sha256, reading.bytes), False
        with storages[storage].open(key) as file:
            sha256, size = keep_object(folder, file)
    except FileNotFoundError:
        return Stored(storage, key, why="lost"), False
    return Stored(storage, key, sha256, size, "damaged" if declared not in (None, sha256) else ""), True


def _tell_deleted_from_lost(draft: Path, database: db.Database) -> None:
    """An object that is not there was deleted since the snapshot if no row names it now."""
    missing = [stored.key for stored in lines(draft) if stored.why == "lost"]
    if not missing:
        return
    lost: set[tuple[str, str]] = set()
    with database.connected() as connection:
        for at in range(0, len(missing), AT_ONCE):
            lost |= named.still_named(connection, missing[at : at + AT_ONCE])
    again = draft / "again.ndjson"
    with again.open("w") as out:
        for stored in lines(draft):
            is_deleted = stored.why == "lost" and (stored.storage, stored.key) not in lost
            out.write(write_line(replace(stored, why="deleted") if is_deleted else stored))
    again.replace(draft / OBJECTS)


def _finish(draft: Path, folder: Path, manifest: Manifest) -> Path:
    """Have all of it on the disk, and then give it the name of a backup."""
    write_manifest(draft, manifest)
    for path in (draft / DUMP, draft / OBJECTS, draft, *(folder / "objects").iterdir(), folder / "objects"):
        flush(path)
    at = datetime.datetime.fromisoformat(manifest.made_at)
    name = path_name = f"{at:%Y-%m-%dT%H-%M-%SZ}"
    again = 1
    while (folder / path_name).exists():
        again += 1
        path_name = f"{name}+{again}"
    draft.rename(folder / path_name)
    flush(folder)
    return folder / path_name


def _check_room(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed + MARGIN_BYTES:
        raise BackupError(
            f"The disk of {folder} has {free // 2**20:,} MB left and the backup may need "
            f"{(needed + MARGIN_BYTES) // 2**20:,}: free some space, or name a folder on another disk."
        )


def _wanted(draft: Path) -> Iterator[tuple[str, str]]:
    with (draft / WANTED).open() as file:
        for line in file:
            storage, key = json.loads(line)
            yield storage, key


def _size(storage: str, key: str) -> int:
    try:
        return int(storages[storage].size(key))
    except FileNotFoundError:
        return 0


def _declared(key: str) -> str | None:
    """The hash that a key says its bytes have: images, model files and weights are named by theirs."""
    stem = PurePosixPath(key).stem
    return stem if re.fullmatch(r"[0-9a-f]{64}", stem) else None

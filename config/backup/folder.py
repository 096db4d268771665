"""The folder that backups are kept in: objects by their hash, shared by all, and a folder for each backup.

FOLDER/objects/ab/ab12…    every object once, named by the SHA-256 of its bytes
FOLDER/TIME/manifest.json  what the backup is, and the hashes of the two below
FOLDER/TIME/database.dump  the database, as pg_dump writes it
FOLDER/TIME/objects.ndjson an object a line: storage, key, sha256, bytes; one that could not be had says why

A backup that is being made has another name than TIME until it is whole.
"""

import contextlib
import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from config.backup.errors import BackupError
from config.backup.manifest import MANIFEST, Readable, Reading, check_list, lines, read_manifest

UNFINISHED = ".unfinished"
NAME = re.compile(r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ(\+\d+)?")


def object_path(folder: Path, sha256: str) -> Path:
    """Where an object lies, there or not."""
    return folder / "objects" / sha256[:2] / sha256


def keep_object(folder: Path, source: Readable) -> tuple[str, int]:
    """Have these bytes among the objects; whole, on the disk and under their name, or not at all."""
    incoming = folder / "objects" / f".incoming.{os.getpid()}"
    try:
        with incoming.open("wb") as out:
            reading = Reading(source)
            for chunk in reading:
                out.write(chunk)
            out.flush()
            os.fsync(out.fileno())
        target = object_path(folder, reading.sha256)
        target.parent.mkdir(exist_ok=True)
        incoming.replace(target)
    finally:
        incoming.unlink(missing_ok=True)
    return reading.sha256, reading.bytes


def whole(folder: Path) -> list[Path]:
    """The backups of the folder that were finished, the oldest first."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if NAME.fullmatch(path.name) and path.is_dir())


def chosen(path: Path) -> Path:
    """The backup that a person means: itself, or the newest of a folder. Raises BackupError."""
    if (path / MANIFEST).exists() and not path.name.startswith("."):
        return path.resolve()
    if found := whole(path):
        return found[-1].resolve()
    if path.is_dir() and any(path.glob(f"{UNFINISHED}*")):
        raise BackupError(f"{path} has only a backup that was never finished: use another folder.")
    raise BackupError(f"{path} is no backup, and has none in it.")


@contextlib.contextmanager
def held(folder: Path, *, alone: bool) -> Iterator[None]:
    """Keep others from changing the folder meanwhile. Raises BackupError where somebody is at it."""
    try:
        file = open(folder / ".lock", "a" if alone else "r")
    except OSError:
        if alone:
            raise
        # Of a medium that is only read nobody takes anything away.
        yield
        return
    with file:
        try:
            fcntl.flock(file, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupError(f"Another backup or restore is at work in {folder}: wait for it.") from None
        yield


def remove_unfinished(folder: Path) -> None:
    """What backups that were killed left. The caller holds the folder alone."""
    for path in folder.glob(f"{UNFINISHED}*"):
        shutil.rmtree(path)
    for path in (folder / "objects").glob(".incoming.*"):
        path.unlink()


def prune(folder: Path, keep: int) -> tuple[int, int]:
    """Delete all but the newest `keep` backups, then objects that none of these names; how many of each.

    Raises BackupError, with every object kept, where one of them cannot be read.
    """
    found = whole(folder)
    gone, kept = found[:-keep], found[-keep:]
    for backup in kept:
        check_list(backup, read_manifest(backup))
    for backup in gone:
        # Under this name it is no backup any more, should this be stopped half-way.
        backup.rename(unfinished := folder / f"{UNFINISHED}.{backup.name}")
        shutil.rmtree(unfinished)
    needed = {bytes.fromhex(stored.sha256) for backup in kept for stored in lines(backup) if stored.sha256}
    removed = 0
    for path in (folder / "objects").glob("??/*"):
        if bytes.fromhex(path.name) not in needed:
            path.unlink()
            removed += 1
    return len(gone), removed

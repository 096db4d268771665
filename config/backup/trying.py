"""Whether a backup can be restored, by restoring it into a server that is thrown away."""

import itertools
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from config.backup import checking, named
from config.backup import database as db
from config.backup.folder import held
from config.backup.manifest import DUMP, Manifest, lines, read_manifest
from config.postgres import Server
from people.queries import audit_chain


@dataclass(frozen=True)
class Tried:
    """What came of it; without `faults` the backup is good."""

    manifest: Manifest
    faults: list[str]
    sealed_events: int
    seconds: float


def try_out(backup: Path, *, progress: Callable[[], object] = lambda: None) -> Tried:
    """Check every byte, load the dump, count the rows of every table, and look for every object its rows name.

    The installation's own database and storage are not touched. Raises BackupError where the manifest or the list
    of objects is not to be believed, and PostgresError where no server can be had.
    """
    begun = time.monotonic()
    manifest = read_manifest(backup)
    with held(backup.parent, alone=False):
        found = list(checking.faults(backup, manifest, progress))
        events = 0
        if not any(fault.startswith(str(backup / DUMP)) for fault in found):
            more, events = _loaded(backup, manifest)
            found += more
    return Tried(manifest, found, events, time.monotonic() - begun)


def _loaded(backup: Path, manifest: Manifest) -> tuple[list[str], int]:
    var = Path(tempfile.mkdtemp(prefix="vouch-backup-"))
    server = Server(var, throwaway=True)
    server.ensure()
    try:
        restored = db.Database.of_url(server.url)
        restored.load(backup / DUMP)
        faults = [*_rows(restored, manifest), *_objects(restored, backup)]
        chain, events = _audit_chain(restored, manifest)
        return faults + chain, events
    finally:
        server.release()


def _rows(restored: db.Database, manifest: Manifest) -> Iterator[str]:
    with restored.connected() as connection:
        found = db.rows_by_table(connection)
    for table in sorted(found.keys() | manifest.rows.keys()):
        if found.get(table) != manifest.rows.get(table):
            yield f"{table} has {found.get(table)} rows, and had {manifest.rows.get(table)}."


def _objects(restored: db.Database, backup: Path) -> Iterator[str]:
    """Objects that the rows name and the list does not, or the other way round."""
    with db.snapshot(restored) as (connection, _):
        wanted = {(storage, key) for storage, key, _ in named.objects(connection)}
    listed = {(stored.storage, stored.key) for stored in lines(backup)}
    yield from (f"{key} is named by a row and not in the backup." for _, key in sorted(wanted - listed))
    yield from (f"{key} is in the backup and named by no row." for _, key in sorted(listed - wanted))


def _audit_chain(restored: db.Database, manifest: Manifest) -> tuple[list[str], int]:
    """What is wrong with the audit log's chain, and how many events it seals."""
    if manifest.last_seal is None:
        return [], 0
    number, digest = manifest.last_seal.split(":")
    names = itertools.count()
    with db.snapshot(restored) as (connection, _):
        found = audit_chain.verify(
            lambda: connection.cursor(name=f"audit{next(names)}"), expected=(int(number), digest)
        )
    if found.fault is None:
        return [], found.events
    about = f"event {found.fault.event}" if found.fault.event else f"seal {found.fault.seal}"
    return [f"The audit log's chain does not hold: {about} is {found.fault.what}."], found.events

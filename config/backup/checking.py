"""Whether a backup is as it was written, byte for byte, and whether this release can read it."""

from collections.abc import Callable, Iterator
from pathlib import Path

from django.db.migrations.loader import MigrationLoader

from config.backup.errors import BackupError
from config.backup.folder import object_path
from config.backup.manifest import DUMP, Manifest, check_list, hashed, lines


def faults(backup: Path, manifest: Manifest, progress: Callable[[], object] = lambda: None) -> Iterator[str]:
    """Each file that is not what the manifest says, in words. Raises BackupError where the list of objects is not."""
    check_list(backup, manifest)
    yield from _differs(backup / DUMP, manifest.dump_sha256)
    seen: set[bytes] = set()
    for stored in lines(backup):
        if stored.sha256 and (digest := bytes.fromhex(stored.sha256)) not in seen:
            seen.add(digest)
            for fault in _differs(object_path(backup.parent, stored.sha256), stored.sha256):
                yield f"{fault} It is {stored.key}."
        progress()


def check_release(manifest: Manifest) -> None:
    """Raises BackupError of a backup that a newer release made: it has migrations that are not known here."""
    loader = MigrationLoader(None)
    known = set(loader.disk_migrations)
    for migration in loader.disk_migrations.values():
        known.update(migration.replaces)
    unknown = [
        f"{app}.{name}"
        for app, names in manifest.migrations.items()
        for name in names
        if (app, name) not in known
    ]
    if unknown:
        raise BackupError(
            f"The backup is of a newer Vouch ({manifest.version}): {', '.join(unknown[:5])} "
            f"{'is' if len(unknown) == 1 else 'are'} not known here. Install that release and restore with it."
        )


def _differs(path: Path, sha256: str) -> Iterator[str]:
    try:
        if hashed(path)[0] != sha256:
            yield f"{path} is not as it was written: its SHA-256 is not {sha256}."
    except FileNotFoundError:
        yield f"{path} is missing."
    except OSError as error:
        yield f"{path} cannot be read: {error.strerror}."

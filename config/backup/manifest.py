"""What a backup says of itself, and its list of objects: read only if they are what was written."""

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Protocol

from config.backup.errors import BackupError

FORMAT = 1
MANIFEST, DUMP, OBJECTS = "manifest.json", "database.dump", "objects.ndjson"
CHUNK = 2**20


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself; `digest` of its file is over all the rest of it."""

    format: int
    version: str
    made_at: str
    server: str
    migrations: dict[str, list[str]]
    rows: dict[str, int]
    dump_sha256: str
    dump_bytes: int
    objects_sha256: str
    objects: int
    bytes: int
    deleted: int
    lost: int
    damaged: int
    last_seal: str | None

    @property
    def leaves(self) -> dict[str, str]:
        """The last migration of each app."""
        return {app: names[-1] for app, names in self.migrations.items()}


@dataclass(frozen=True)
class Stored:
    """A line of the list of objects: with `why` (deleted, lost) it has no bytes; damaged ones are as they were."""

    storage: str
    key: str
    sha256: str = ""
    bytes: int = 0
    why: str = ""


class Readable(Protocol):
    """A file opened for its bytes, Python's or a storage's."""

    def read(self, size: int, /) -> bytes: ...


class Reading:
    """Bytes read piece by piece from a file, hashed and counted as they pass."""

    def __init__(self, file: Readable) -> None:
        self.bytes = 0
        self._file = file
        self._hash = hashlib.sha256()

    def __iter__(self) -> Iterator[bytes]:
        while chunk := self._file.read(CHUNK):
            self.bytes += len(chunk)
            self._hash.update(chunk)
            yield chunk

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()


def hashed(path: Path) -> tuple[str, int]:
    """The SHA-256 and length of a file. Raises OSError."""
    with path.open("rb") as file:
        reading = Reading(file)
        for _ in reading:
            pass
    return reading.sha256, reading.bytes


def write_manifest(backup: Path, manifest: Manifest) -> None:
    """The last file of a backup."""
    content = asdict(manifest)
    path = backup / MANIFEST
    path.write_text(json.dumps({**content, "digest": _digest(content)}, indent=1, sort_keys=True) + "\n")
    flush(path)


def read_manifest(backup: Path) -> Manifest:
    """Raises BackupError where it is none, or not as it was written."""
    path = backup / MANIFEST
    try:
        content = json.loads(path.read_bytes())
        digest = content.pop("digest")
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        raise BackupError(f"{path} cannot be read: use another backup.") from None
    if content.get("format", 0) != FORMAT:
        raise BackupError(f"{path} has form {content.get('format')}, this release reads form {FORMAT}.")
    if digest != _digest(content) or content.keys() != {field.name for field in fields(Manifest)}:
        raise BackupError(f"{path} is not as it was written: use another backup.")
    return Manifest(**content)


def write_line(stored: Stored) -> str:
    """A line of the list of objects."""
    return json.dumps({name: value for name, value in asdict(stored).items() if value != ""}) + "\n"


def lines(backup: Path) -> Iterator[Stored]:
    """The list of objects, which is known to be as it was written."""
    with (backup / OBJECTS).open() as file:
        for line in file:
            yield Stored(**json.loads(line))


def check_list(backup: Path, manifest: Manifest) -> None:
    """Raises BackupError unless the list of objects is as it was written."""
    try:
        if hashed(backup / OBJECTS)[0] == manifest.objects_sha256:
            return
    except OSError:
        pass
    raise BackupError(f"{backup / OBJECTS} is not as it was written: use another backup.")


def _digest(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def flush(path: Path) -> None:
    """Have a file's content, or a folder's names, on the disk."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)

"""Where a training run keeps how far it is: in the storage, so that any worker can go on from there."""

import hashlib
import logging
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

logger = logging.getLogger(__name__)


class StoredCheckpoints:
    """A run's checkpoints (training.options.Checkpoints); the name of each file holds the hash of what is in it.

    A storage that fails costs the run its checkpoint, never the run.
    """

    def __init__(self, run_id: UUID) -> None:
        self._folder = f"training/{run_id}"

    def read(self) -> bytes | None:
        """The last one that is whole."""
        try:
            for name in sorted(self._names(), reverse=True):
                with default_storage.open(f"{self._folder}/{name}") as file:
                    content = file.read()
                if name.split("-")[1].split(".")[0] == _digest(content):
                    return content
        except OSError as error:
            logger.warning("the checkpoints in %s cannot be read: %s", self._folder, error)
        return None

    def write(self, content: bytes) -> None:
        """Keep this one, and no other once it lies there whole."""
        try:
            before = self._names()
            number = 1 + max((int(name.split("-")[0]) for name in before), default=0)
            name = f"{number:06d}-{_digest(content)}.pt"
            default_storage.save(f"{self._folder}/{name}", ContentFile(content))
            for old in before:
                default_storage.delete(f"{self._folder}/{old}")
        except OSError as error:
            logger.warning("a checkpoint cannot be kept in %s: %s", self._folder, error)

    def discard(self) -> None:
        """Keep none."""
        try:
            for name in self._names():
                default_storage.delete(f"{self._folder}/{name}")
            # A folder of its own, where the storage knows such a thing.
            if default_storage.exists(self._folder):
                default_storage.delete(self._folder)
        except OSError as error:
            logger.warning("the checkpoints in %s cannot be deleted: %s", self._folder, error)

    def _names(self) -> list[str]:
        try:
            return [name for name in default_storage.listdir(self._folder)[1] if name.count("-") == 1]
        except FileNotFoundError:
            return []


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]

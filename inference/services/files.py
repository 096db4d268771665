"""Model files, weights and images by their storage key."""

from django.core.files.storage import default_storage


def read_bytes(key: str) -> bytes:
    """The bytes kept under a storage key. Raises FileNotFoundError where the storage has lost them."""
    with default_storage.open(key) as file:
        return file.read()

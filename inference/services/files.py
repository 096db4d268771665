"""Model files, weights and images by their storage key."""

from django.core.files.storage import default_storage

from inference.models import ModelVersion


def read_bytes(key: str) -> bytes:
    """The bytes kept under a storage key. Raises FileNotFoundError where the storage has lost them."""
    with default_storage.open(key) as file:
        return file.read()


def of_model(model: ModelVersion) -> list[bytes]:
    """The bytes of every file of the model: one, or those of an ensemble. Raises FileNotFoundError as above."""
    return [read_bytes(key) for key in (model.key, *(member["key"] for member in model.members))]

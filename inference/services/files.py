"""Model files, weights and images by their storage key."""

from collections.abc import Callable, Mapping
from uuid import UUID

from django.core.files.storage import default_storage

from inference.models import ModelVersion
from labeling.queries.images import written_anew


def read_bytes(key: str) -> bytes:
    """The bytes kept under a storage key. Raises FileNotFoundError where the storage has lost them."""
    with default_storage.open(key) as file:
        return file.read()


def of_model(model: ModelVersion) -> list[bytes]:
    """The bytes of every file of the model: one, or those of an ensemble. Raises FileNotFoundError as above."""
    return [read_bytes(key) for key in (model.key, *(member["key"] for member in model.members))]


def images_by_hash(project: UUID, keys: Mapping[str, str]) -> Callable[[str], bytes]:
    """Reads a frozen dataset's images by their sha256; `keys` is where each lay as it was frozen.

    One whose bytes were written anew since, even while the dataset is read, is read where it lies now. What is
    returned raises FileNotFoundError as `read_bytes` does.
    """
    now = {**keys, **written_anew(project, keys)}

    def read(sha256: str) -> bytes:
        try:
            return read_bytes(now[sha256])
        except FileNotFoundError:
            moved = written_anew(project, [sha256])
            if moved.get(sha256, now[sha256]) == now[sha256]:
                raise
            now.update(moved)
            return read_bytes(now[sha256])

    return read

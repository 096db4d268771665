"""What is seen of images whose labels are looked at: plain views of each, and where a model puts it."""

from collections.abc import Callable, Sequence

import numpy as np

from feedback.domain.appearance import views
from feedback.domain.label_errors import See, Views
from inference import runtimes
from inference.domain.manifest import ManifestRow
from inference.enums import ModelRuntime
from inference.imaging import Preprocessing, to_array
from inference.models import ModelVersion
from inference.queries.learned import embeddings_of
from inference.queries.models import champion
from inference.services.baseline import learnt_from
from inference.services.files import of_model
from labeling.imagefile import ImageRefused
from people.models import Project

PICTURE = Preprocessing(size=64)
BATCH = 64

Embed = Callable[[Sequence[int], Sequence[bytes]], np.ndarray]
"""Takes numbers of images and their bytes; returns embeddings [n, D]."""


def seer(read: Callable[[int], bytes], embed: Embed | None = None) -> See:
    """What is seen of images by number, whose bytes `read` gives; one that cannot be read is left out."""

    def see(numbers: Sequence[int]) -> Views:
        readable, contents, pictures = [], [], []
        for number in numbers:
            try:
                content = read(number)
                pictures.append(to_array(content, PICTURE))
            except (ImageRefused, OSError):
                continue
            readable.append(number)
            contents.append(content)
        if not readable:
            return [], []
        seen = views(np.stack(pictures))
        return readable, [*seen, embed(readable, contents)] if embed else seen

    return see


def impartial(project: Project, rows: Sequence[ManifestRow]) -> ModelVersion | None:
    """The champion, where it has learned nothing from any of the rows; else None.

    One that learned their labels learned the wrong ones too: it puts an image with those that its label says it is
    like, and finds fewer of the errors than plain views do.
    """
    serving = champion(project)
    if serving is None or serving.runtime != ModelRuntime.ONNX.value:
        return None
    return None if learnt_from(serving) & {row.sha256 for row in rows} else serving


def embedder(model: ModelVersion, rows: Sequence[ManifestRow]) -> Embed | None:
    """Embeddings of the rows, by number: as serving stored them, else made here. None where the model gives none.

    Raises runtimes.RuntimeRefused and FileNotFoundError for a model that cannot be loaded.
    """
    runtime = runtimes.ensemble(model.runtime, of_model(model))
    size = runtime.preprocessing.size
    if runtime.predict(np.zeros((1, 3, size, size), dtype=np.uint8)).embeddings is None:
        return None

    def embed(numbers: Sequence[int], contents: Sequence[bytes]) -> np.ndarray:
        known = embeddings_of(model, [rows[number].sha256 for number in numbers])
        missing = [place for place, number in enumerate(numbers) if rows[number].sha256 not in known]
        for start in range(0, len(missing), BATCH):
            part = missing[start : start + BATCH]
            arrays = np.stack([to_array(contents[place], runtime.preprocessing) for place in part])
            for place, vector in zip(part, runtime.predict(arrays).embeddings, strict=True):
                known[rows[numbers[place]].sha256] = vector
        return np.stack([known[rows[number].sha256] for number in numbers])

    return embed

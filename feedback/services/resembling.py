"""Images that a model sees as nearly the same though their difference hashes do not say so, before a freeze."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO
from uuid import UUID

import numpy as np

from feedback.domain.groups import Together
from feedback.domain.looks import limits, seen_alike
from feedback.domain.splits import Item, tied
from feedback.queries import datasets
from inference.queries.learned import embeddings_among
from people.models import Project


class _Seen:
    """The embeddings that one model gave, as half floats in a file, and the places of their items."""

    def __init__(self, path: Path, features: int) -> None:
        self.places: list[int] = []
        self._path = path
        self._features = features
        self._file: BinaryIO = path.open("wb")

    def add(self, place: int, vector: np.ndarray) -> None:
        if len(vector) == self._features:
            self.places.append(place)
            self._file.write(vector.astype(np.float16).tobytes())

    def vectors(self) -> np.ndarray:
        """All of them [N, D], left on the disk."""
        self._file.close()
        return np.memmap(self._path, dtype=np.float16, mode="r").reshape(-1, self._features)


def name_looks(project: Project, items: Iterable[Item], on_progress: Callable[[int], None]) -> dict[str, str]:
    """The look of each image that a model sees nearly the same as another: by sha256, the first sha256 of that look.

    By every model that served, on what it was shown: the embeddings of two models cannot be compared. A page of them
    is held in memory at once, whatever their number.
    """
    ordered = sorted(items, key=lambda item: item.sha256)
    together = Together(len(ordered))
    with TemporaryDirectory(prefix="vouch-looks-") as folder:
        seen = _gather(project, ordered, Path(folder), on_progress)
        sets = np.array(tied(ordered)) if seen else np.array([])
        for each in seen:
            vectors, places = each.vectors(), np.array(each.places)
            kinds = [" ".join(ordered[place].labels) for place in each.places]
            for one, other in seen_alike(vectors, sets[places], limits(vectors, sets[places], kinds)):
                together.join(each.places[one], each.places[other])
    found = [together.find(place) for place in range(len(ordered))]
    several = {first for place, first in enumerate(found) if place != first}
    return {
        item.sha256: ordered[first].sha256
        for item, first in zip(ordered, found, strict=True)
        if first in several
    }


def _gather(
    project: Project, ordered: Sequence[Item], folder: Path, on_progress: Callable[[int], None]
) -> list[_Seen]:
    """What each model gave, in the order of the items; one embedding an image, the last."""
    seen: dict[UUID, _Seen] = {}
    done = 0
    for start in range(0, len(ordered), datasets.PAGE):
        page = ordered[start : start + datasets.PAGE]
        places = {item.sha256: place for place, item in enumerate(page, start)}
        given = embeddings_among(project.pk, list(places))
        for (model, sha256), vector in sorted(
            given.items(), key=lambda each: (each[0][0], places[each[0][1]])
        ):
            if not np.isfinite(vector).all() or not vector.any():
                continue
            if model not in seen:
                seen[model] = _Seen(folder / f"{model}.f16", len(vector))
            seen[model].add(places[sha256], vector)
        done += len(page)
        on_progress(done)
    return [seen[model] for model in sorted(seen)]

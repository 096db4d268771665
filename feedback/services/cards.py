"""What a dataset's card says of its images, counted a page at a time while the manifest is written."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from inference.domain.cells import labels_of
from inference.domain.manifest import ManifestRow
from labeling.enums import AnswerState
from labeling.models import Answer, Gold

MOST_VALUES = 50
"""Of what a context says under one key so many different values are counted apart, the rest together."""
OTHER = "(other)"


class Tally:
    """Counts over the rows of one dataset, in pages of any size."""

    def __init__(self, splits: Iterable[str]) -> None:
        self._labels: dict[str, Counter[str]] = {split: Counter() for split in splits}
        self._sources: Counter[str] = Counter()
        self._origins: Counter[str] = Counter()
        self._conditions: dict[str, Counter[str]] = defaultdict(Counter)
        self._ranges: dict[str, _Range] = defaultdict(_Range)
        self._gold = 0
        self._several = 0
        self._same = 0

    def add(self, rows: Sequence[ManifestRow]) -> None:
        """Count these rows; two statements however many they are."""
        for row in rows:
            self._labels[row.split].update(labels_of(row.value) or [""])
            self._sources[row.source or ""] += 1
            self._origins[row.by or ""] += 1
            for key, value in row.context.items():
                self._note(key, value)
        images = [UUID(row.image) for row in rows if row.image]
        self._gold += Gold.objects.filter(image__in=images, retired_at=None).count()
        for said in _said(images):
            if len(said) > 1:
                self._several += 1
                self._same += len(set(said.values())) == 1

    def _note(self, key: str, value: Any) -> None:
        if isinstance(value, bool | str):
            counted, word = self._conditions[key], str(value).casefold() if isinstance(value, bool) else value
            counted[word if word in counted or len(counted) < MOST_VALUES else OTHER] += 1
        elif isinstance(value, int | float):
            self._ranges[key].add(value)

    def card(self) -> dict[str, Any]:
        """As JSON can hold it.

        `labels` are images by split and label, "" for those with nothing in them. `origins` says what settled them,
        `gold` how many have a known answer in force. `agreement` is of the images that `several` people answered,
        late and superseded answers apart: of how many all of them named the `same` labels. `conditions` counts the
        words of their contexts by key, `ranges` has [least, mean, most] of the numbers.
        """
        return {
            "labels": {split: dict(sorted(counted.items())) for split, counted in self._labels.items()},
            "sources": dict(sorted(self._sources.items())),
            "origins": dict(sorted(self._origins.items())),
            "gold": self._gold,
            "agreement": {"several": self._several, "same": self._same},
            "conditions": {
                key: dict(counted.most_common()) for key, counted in sorted(self._conditions.items())
            },
            "ranges": {key: list(found.ends()) for key, found in sorted(self._ranges.items())},
        }


class _Range:
    def __init__(self) -> None:
        self._least, self._most, self._sum, self._count = float("inf"), float("-inf"), 0.0, 0

    def add(self, value: float) -> None:
        self._least, self._most = min(self._least, value), max(self._most, value)
        self._sum, self._count = self._sum + value, self._count + 1

    def ends(self) -> tuple[float, float, float]:
        return self._least, self._sum / self._count, self._most


def _said(images: Sequence[UUID]) -> Iterable[dict[int, frozenset[str] | None]]:
    """By image, the labels that each person named of it last, None where they could not tell."""
    said: dict[Any, dict[int, frozenset[str] | None]] = defaultdict(dict)
    counted = Answer.objects.filter(task__image__in=images, state=AnswerState.COUNTED, superseded_by=None)
    for image, user, value in counted.order_by("id").values_list("task__image_id", "user_id", "value"):
        said[image][user] = frozenset(labels_of(value)) if value is not None else None
    return said.values()

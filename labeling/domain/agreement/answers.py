"""Who called which item what: the table that every figure of agreement is computed from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Answers:
    """One row an answer, oldest first: `item`, `annotator` and `label` are indices, shape (N,), into the names.

    `labels` holds every declared label, used or not, in their order where they have one.
    """

    items: Sequence[str]
    annotators: Sequence[str]
    labels: Sequence[str]
    item: Indices
    annotator: Indices
    label: Indices

    def __len__(self) -> int:
        return len(self.item)

    def latest(self) -> "Answers":
        """Without the answers that a later one, of the same annotator on the same item, takes the place of."""
        key = self.item * max(len(self.annotators), 1) + self.annotator
        order = np.argsort(key, kind="stable")
        last = np.ones(len(key), dtype=bool)
        last[:-1] = np.diff(key[order]) != 0
        return self if last.all() else self.only(np.sort(order[last]))

    def only(self, rows: NDArray[np.bool_] | Indices) -> "Answers":
        """The rows chosen, by index or by mask; every name is kept."""
        return Answers(
            self.items, self.annotators, self.labels, self.item[rows], self.annotator[rows], self.label[rows]
        )


def tabulate(rows: Iterable[tuple[str, str, str]], labels: Sequence[str]) -> Answers:
    """Rows (item, annotator, label), oldest first, as a table; annotators are put in order of their names.

    Raises KeyError for a label that is not among `labels`.
    """
    place_of_label = {name: place for place, name in enumerate(labels)}
    place_of_item: dict[str, int] = {}
    place_of_annotator: dict[str, int] = {}
    item, annotator, label = [], [], []
    for item_name, annotator_name, label_name in rows:
        item.append(place_of_item.setdefault(item_name, len(place_of_item)))
        annotator.append(place_of_annotator.setdefault(annotator_name, len(place_of_annotator)))
        label.append(place_of_label[label_name])
    annotators = sorted(place_of_annotator)
    sorted_place = np.empty(len(annotators), dtype=np.int64)
    sorted_place[[place_of_annotator[name] for name in annotators]] = np.arange(len(annotators))
    return Answers(
        list(place_of_item),
        annotators,
        list(labels),
        np.array(item, dtype=np.int64),
        sorted_place[np.array(annotator, dtype=np.int64)],
        np.array(label, dtype=np.int64),
    )

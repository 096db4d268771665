"""Agreement on boxes: who drew what where, turned into answers about each thing that anybody drew."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from labeling.domain.agreement.answers import Answers, Floats, Indices
from labeling.domain.agreement.matching import MATCHERS, iou

NOTHING = "nothing here"


@dataclass(frozen=True)
class Boxes:
    """What annotators drew. `item`, `annotator`, `label`: indices (N,) into the names; `box`: (N, 4) pixels.

    shown: (M, 2), the (item, annotator) who were shown an item: who was and drew nothing says "nothing here", who was
    not says nothing at all. Who drew was shown.
    """

    items: Sequence[str]
    annotators: Sequence[str]
    labels: Sequence[str]
    item: Indices
    annotator: Indices
    label: Indices
    box: Floats
    shown: Indices

    def __post_init__(self) -> None:
        if self.box.shape != (len(self.item), 4) or not np.isfinite(self.box).all():
            raise ValueError("a box must be four finite numbers: x1, y1, x2, y2.")
        if (self.box[:, 2:] < self.box[:, :2]).any():
            raise ValueError("a box must have x1 ≤ x2 and y1 ≤ y2.")


@dataclass(frozen=True)
class Drawn:
    """One image: who was shown it (m,), and its n boxes: by whom, called what, and how they overlap (n, n).

    row: (n,), where each box stands in `Boxes`.
    """

    item: int
    shown: Indices
    row: Indices
    annotator: Indices
    label: Indices
    overlap: Floats


@dataclass(frozen=True)
class Matched:
    """The t things that anybody drew in an image; where nobody did, one, which all left out.

    box: (t, m), the box by which each annotator shown drew each thing, or -1; thing: (n,), which thing a box is of.
    """

    drawn: Drawn
    box: Indices
    thing: Indices

    @property
    def place(self) -> Indices:
        """Where each box's author stands among those shown the image, shape (n,)."""
        return np.searchsorted(self.drawn.shown, self.drawn.annotator)

    def said(self, nothing: int) -> Indices:
        """The label that each annotator gave each thing, (t, m); `nothing` where they did not draw it."""
        label = np.append(self.drawn.label, nothing)
        return label[self.box]

    def meeting(self, a: int, b: int, nothing: int) -> Indices | None:
        """Where in `Boxes` are all boxes of the things that one annotator called `a` and another `b`, either may be
        `nothing`; None where there is no such thing.
        """
        said = self.said(nothing)
        both = (said == a).sum(axis=1) > 1 if a == b else ((said == a).any(axis=1) & (said == b).any(axis=1))
        if not both.any():
            return None
        box = self.box[both]
        return self.drawn.row[box[box >= 0]]


def images(boxes: Boxes, overlap: Callable[[Floats, Floats], Floats] = iou) -> list[Drawn]:
    """Every image that anybody was shown, boxes in an order that hangs on no name."""
    order = np.lexsort((boxes.label, *boxes.box.T[::-1], boxes.item))
    item = boxes.item[order]
    people = len(boxes.annotators)
    shown = np.unique(
        np.concatenate(
            (boxes.shown[:, 0] * people + boxes.shown[:, 1], item * people + boxes.annotator[order])
        )
    )
    shown_item, shown_who = np.divmod(shown, max(people, 1))
    drawn = []
    for place in np.unique(shown_item):
        rows = order[slice(*np.searchsorted(item, (place, place + 1)))]
        people_here = shown_who[slice(*np.searchsorted(shown_item, (place, place + 1)))]
        drawn.append(
            Drawn(
                int(place),
                people_here,
                rows,
                boxes.annotator[rows],
                boxes.label[rows],
                overlap(boxes.box[rows], boxes.box[rows]),
            )
        )
    return drawn


def matched(drawn: Drawn, *, matcher: str, least: float) -> Matched:
    """The boxes of one image brought together across annotators by one of MATCHERS, from an overlap of `least` up."""
    boxes, shown = len(drawn.annotator), len(drawn.shown)
    if not boxes:
        return Matched(drawn, np.full((1, shown), -1), np.zeros(0, dtype=np.int64))
    thing = MATCHERS[matcher](drawn.overlap, drawn.annotator, least)
    box = np.full((thing.max() + 1, shown), -1)
    box[thing, np.searchsorted(drawn.shown, drawn.annotator)] = np.arange(boxes)
    return Matched(drawn, box, thing)


def as_answers(boxes: Boxes, found: Sequence[Matched]) -> Answers:
    """Each thing as an item, each annotator shown it as an answer: a label, or the last one, "nothing here"."""
    sizes = [image.box.shape[1] for image in found for _ in image.box]
    empty = [np.zeros(0, dtype=np.int64)]
    return Answers(
        [boxes.items[image.drawn.item] for image in found for _ in image.box],
        boxes.annotators,
        [*boxes.labels, NOTHING],
        np.repeat(np.arange(len(sizes)), sizes),
        np.concatenate([np.tile(image.drawn.shown, len(image.box)) for image in found] or empty),
        np.concatenate([image.said(len(boxes.labels)).ravel() for image in found] or empty),
    )

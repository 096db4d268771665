"""Which drawings of one image are of the same thing: at most one an annotator, whatever its label."""

from collections.abc import Callable

import numpy as np

from labeling.domain.agreement.answers import Floats, Indices
from labeling.domain.agreement.assignment import assigned

Matcher = Callable[[Floats, Indices, float], Indices]
"""From overlaps (n, n), annotators (n,) and the least overlap to which thing each drawing is of, (n,), 0 up."""


def iou(first: Floats, second: Floats) -> Floats:
    """Intersection over union of boxes (n, 4) and (m, 4), each [x1, y1, x2, y2]; 0..1, shape (n, m).

    0 where both are without area.
    """
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=2)
    areas = [np.prod(boxes[:, 2:] - boxes[:, :2], axis=1) for boxes in (first, second)]
    union = areas[0][:, None] + areas[1][None, :] - shared
    return np.divide(shared, union, out=np.zeros(shared.shape), where=union > 0)


def greedy(overlap: Floats, annotator: Indices, least: float) -> Indices:
    """Joins the two drawings that overlap most, and their groups, then the next; nobody is in one group twice.

    "Localise first": labels play no part. Only overlaps of `least` or more join (Tschirschwitz et al. 2026, KaLOS).
    """
    first, second = np.nonzero(np.triu(overlap >= least, k=1) & (annotator[:, None] != annotator[None, :]))
    group = list(range(len(annotator)))
    members = {place: [place] for place in group}
    people = {place: {int(who)} for place, who in enumerate(annotator)}
    for place in np.argsort(-overlap[first, second], kind="stable"):
        kept, joined = group[first[place]], group[second[place]]
        if kept == joined or not people[kept].isdisjoint(people[joined]):
            continue
        for member in members[joined]:
            group[member] = kept
        members[kept] += members.pop(joined)
        people[kept] |= people.pop(joined)
    return np.unique(np.array(group, dtype=np.int64), return_inverse=True)[1]


def hungarian(overlap: Floats, annotator: Indices, least: float) -> Indices:
    """Adds one annotator after another, each by the assignment to the groups so far with the largest summed overlap.

    Overlap with a group is the mean over its members; less than `least` is no match. Who drew most begins, so that
    the result does not hang on names (sequential Hungarian matching: Tschirschwitz et al. 2022).
    """
    group = np.full(len(annotator), -1)
    groups = 0
    for who in _by_drawings(annotator):
        theirs = np.flatnonzero(annotator == who)
        belongs = (group[:, None] == np.arange(groups)).astype(np.float64)
        mean = overlap[theirs] @ belongs / np.maximum(belongs.sum(axis=0), 1)
        drawing, found = assigned(np.where(mean >= least, mean, 0.0))
        good = mean[drawing, found] >= least
        group[theirs[drawing[good]]] = found[good]
        alone = theirs[group[theirs] == -1]
        group[alone] = groups + np.arange(len(alone))
        groups += len(alone)
    return group


def _by_drawings(annotator: Indices) -> Indices:
    """The annotators, most drawings first; of as many, who stands first in the given order of drawings."""
    who, first, count = np.unique(annotator, return_index=True, return_counts=True)
    return who[np.lexsort((first, -count))]


MATCHERS: dict[str, Matcher] = {"greedy": greedy, "hungarian": hungarian}

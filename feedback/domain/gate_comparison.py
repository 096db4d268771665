"""Two models on the same images: in all, and on each label, slice and corruption."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from feedback.domain.gate import (
    CORRUPTION,
    LABEL,
    OLD_LABELS,
    OVERALL,
    SLICE,
    Compared,
)
from feedback.domain.gate_bootstrap import clusters, differences
from inference.domain.outcomes import Outcomes

STRENGTH = "strength"
"""One corruption at one strength: shown, and judged with the other strengths of its kind."""


@dataclass(frozen=True, eq=False)
class Pair:
    """What both models made of the N images that both were asked about, with the same truth: rows as in Outcomes, their
    images counted along `hashes`, their labels and variants along the names here."""

    hashes: tuple[str, ...]
    labels: tuple[str, ...]
    variants: tuple[str, ...]
    ours: np.ndarray
    theirs: np.ndarray

    def truths(self) -> list[dict[int, int]]:
        """For each image how often each label is true of it."""
        found: list[dict[int, int]] = [{} for _ in self.hashes]
        plain = self.ours[(self.ours["variant"] == 0) & (self.ours["true"] > 0)]
        for row in plain:
            found[row["image"]][int(row["label"])] = int(row["true"])
        return found


def pair(challenger: Outcomes, champion: Outcomes) -> Pair:
    """Both held against each other on the images they share. Of images whose truth has changed in between nothing is
    said."""
    labels = tuple(dict.fromkeys([*challenger.labels, *champion.labels]))
    variants = tuple(name for name in challenger.variants if name in champion.variants)
    shared = sorted(set(challenger.hashes) & set(champion.hashes))
    both = Pair(
        tuple(shared),
        labels,
        variants,
        _along(challenger, shared, labels, variants),
        _along(champion, shared, labels, variants),
    )
    truths = both.truths(), Pair(both.hashes, labels, variants, both.theirs, both.ours).truths()
    same = [sha256 for sha256, *held in zip(shared, *truths, strict=True) if held[0] == held[1]]
    if len(same) == len(shared):
        return both
    return Pair(
        tuple(same),
        labels,
        variants,
        _along(challenger, same, labels, variants),
        _along(champion, same, labels, variants),
    )


@dataclass(frozen=True)
class Part:
    """Images (a mask [N], None for all), labels or variants that are compared apart; `images` is how many."""

    kind: str
    name: str
    images: int
    mask: NDArray[np.bool_] | None = None
    label: int | None = None
    variants: frozenset[int] | None = None


def whole(both: Pair, kind: str = OVERALL) -> list[Part]:
    """All the images as one part."""
    return [Part(kind, "", len(both.hashes))]


def labels_of(both: Pair) -> list[Part]:
    """Each label that is true of an image."""
    truths = both.truths()
    counts = [sum(number in held for held in truths) for number in range(len(both.labels))]
    return [
        Part(LABEL, name, count, label=number)
        for number, (name, count) in enumerate(zip(both.labels, counts, strict=True))
        if count
    ]


def old_labels(both: Pair, known: Sequence[str]) -> list[Part]:
    """The images of what the champion knows, where there are others too: `known` are its labels."""
    numbers = {number for number, label in enumerate(both.labels) if label in set(known)}
    mask = np.array([set(held) <= numbers for held in both.truths()], dtype=bool)
    return [] if mask.all() else [Part(OLD_LABELS, "", int(mask.sum()), mask=mask)]


def slices(both: Pair, members: Mapping[str, Sequence[int]]) -> list[Part]:
    """Each slice by its name; `members` are the places of its images."""
    parts = []
    for name, places in members.items():
        mask = np.zeros(len(both.hashes), dtype=bool)
        mask[list(places)] = True
        parts.append(Part(SLICE, name, int(mask.sum()), mask=mask))
    return parts


def corruptions(both: Pair) -> list[Part]:
    """Each kind of corruption over its strengths, and each strength alone; of "KIND STRENGTH" variants."""
    kinds: dict[str, set[int]] = {}
    for number, variant in enumerate(both.variants):
        kinds.setdefault(variant.split()[0], set()).add(number)
    count = len(both.hashes)
    return [
        *(Part(CORRUPTION, kind, count, variants=frozenset(numbers)) for kind, numbers in kinds.items()),
        *(
            Part(STRENGTH, variant, count, variants=frozenset([number]))
            for number, variant in enumerate(both.variants)
        ),
    ]


def compare(
    both: Pair,
    parts: Sequence[Part],
    bursts: Sequence[Hashable],
    weights: NDArray[np.float64] | None = None,
) -> list[Compared]:
    """How both do on each of the parts; `bursts` [N] as in `gate_bootstrap.clusters`, `weights` [N] > 0.

    Parts of which there is nothing to say are left out.
    """
    if not both.hashes or not parts:
        return []
    of = clusters(bursts)
    weight = np.ones(len(both.hashes)) if weights is None else weights
    sums = np.zeros((4, int(of.max()) + 1, len(parts)))
    for side, rows in enumerate((both.ours, both.theirs)):
        for number, part in enumerate(parts):
            chosen = rows[_rows(part, rows)]
            place, heavy = of[chosen["image"]], weight[chosen["image"]]
            counts = 2.0 * chosen["right"], chosen["said"].astype(float) + chosen["true"]
            for at, count in enumerate(counts):
                sums[2 * side + at, :, number] = np.bincount(place, count * heavy, sums.shape[1])
    return [
        Compared(
            part.kind,
            part.name,
            part.images,
            found.challenger,
            found.champion,
            found.value,
            found.low,
            found.high,
        )
        for part, found in zip(parts, differences(sums), strict=True)
        if found is not None
    ]


def worse(both: Pair) -> list[tuple[str, float]]:
    """The images on which the challenger does worse, by how much of its score, 0..1, most first: hash and loss."""
    scores = []
    for rows in (both.ours, both.theirs):
        plain = rows[rows["variant"] == 0]
        above, below = (
            np.bincount(plain["image"], counts, len(both.hashes)).astype(float)
            for counts in (2.0 * plain["right"], plain["said"].astype(float) + plain["true"])
        )
        # Nothing said of nothing that is there is right.
        scores.append(np.divide(above, below, out=np.ones(len(both.hashes)), where=below > 0))
    lost = scores[1] - scores[0]
    order = np.argsort(-lost, kind="stable")
    return [(both.hashes[place], float(lost[place])) for place in order if lost[place] > 0]


def _rows(part: Part, rows: np.ndarray) -> NDArray[np.bool_]:
    chosen = np.ones(len(rows), dtype=bool)
    if part.mask is not None:
        chosen &= part.mask[rows["image"]]
    if part.label is not None:
        chosen &= rows["label"] == part.label
    if part.variants is not None:
        chosen &= np.isin(rows["variant"], list(part.variants))
    return chosen


def _along(
    found: Outcomes, hashes: Sequence[str], labels: Sequence[str], variants: Sequence[str]
) -> np.ndarray:
    places = {sha256: number for number, sha256 in enumerate(hashes)}
    image = np.array([places.get(sha256, -1) for sha256 in found.hashes], dtype=np.int64)
    label = np.array([labels.index(name) for name in found.labels], dtype=np.int64)
    variant = np.array(
        [variants.index(name) if name in variants else -1 for name in found.variants], dtype=np.int64
    )
    rows = found.rows.copy()
    rows = rows[(image[rows["image"]] >= 0) & (variant[rows["variant"]] >= 0)] if len(rows) else rows
    if len(rows):
        rows["image"], rows["label"] = image[rows["image"]], label[rows["label"]]
        rows["variant"] = variant[rows["variant"]]
    return rows

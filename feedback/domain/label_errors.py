"""Looking for label errors in a set of images: labels likely wrong, near-duplicates that differ, and outliers."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from feedback.domain import confident, likeness, out_of_sample
from feedback.domain.disagreeing import near_but_unlike

LEAST_IMAGES = 5
"""A label on fewer images, or all in one group, has too little to be predicted from: its images are not judged."""

MOST_SHOWN = 1000
"""No list is longer than this."""

PART = 128

Views = tuple[list[int], list[np.ndarray]]
See = Callable[[Sequence[int]], Views]
"""Takes numbers of images; returns those of them that can be read, and the views of these, each [n, D]."""


class NothingToCompare(ValueError):
    """Images among which no label can be judged; the message says why and what would be right."""


@dataclass(frozen=True, slots=True)
class Suspect:
    """An image, by its number. `suggested` and the probabilities (0..1) are of a label likely wrong alone; `like` is
    the near-duplicate of another label; `distance` is in bits of the hash, or from the nearest images, 0..√2."""

    number: int
    suggested: str = ""
    given_probability: float | None = None
    suggested_probability: float | None = None
    like: int | None = None
    distance: float | None = None


@dataclass
class Found:
    """The suspects, the likeliest first in each list. Of `labels` the first `flagged` are confidently of another label;
    of the others another is likelier, no more. `estimated` of the `judged` labels are wrong by the joint distribution.

    `left_out` counts the images not judged for each label with too few, `unreadable` those without bytes.
    """

    labels: list[Suspect] = field(default_factory=list)
    duplicates: list[Suspect] = field(default_factory=list)
    outliers: list[Suspect] = field(default_factory=list)
    judged: int = 0
    flagged: int = 0
    estimated: float = 0.0
    left_out: dict[str, int] = field(default_factory=dict)
    unreadable: int = 0

    def counts(self) -> dict[str, Any]:
        """Everything but the lists, as JSON."""
        return {
            "judged": self.judged,
            "flagged": self.flagged,
            "estimated": round(self.estimated, 1),
            "left_out": self.left_out,
            "unreadable": self.unreadable,
        }


def look(
    labels: Sequence[str],
    groups: Sequence[int],
    hashes: Sequence[int | None],
    see: See,
    on_progress: Callable[[float], None] = lambda share: None,
) -> Found:
    """Look for errors among the labels of N images, whose `groups` stay together and whose 64-bit `hashes` tell
    near-duplicates. `see` is asked for a few images at a time, and for up to LANDMARKS of them twice.

    About twelve kilobytes an image are held. Raises NothingToCompare.
    """
    compared = _compared(len(labels), see, on_progress)
    kept = compared.kept
    names = [labels[number] for number in kept]
    sets = [groups[number] for number in kept]
    judgeable = _judgeable(names, sets)
    if len(judgeable) < 2:
        raise NothingToCompare(
            f"Nothing can be compared: at least two labels are needed with {LEAST_IMAGES} images each, "
            "not all of one burst or one near-duplicate of the other."
        )
    found = Found(unreadable=len(labels) - len(kept))
    found.left_out = dict(sorted(Counter(name for name in names if name not in judgeable).items()))
    among = np.flatnonzero([name in judgeable for name in names])
    keys = sorted(judgeable)
    given = np.array([keys.index(names[place]) for place in among])
    probabilities = out_of_sample.probabilities(
        compared.landmarks.points(compared.rows[among]), given, [sets[place] for place in among], len(keys)
    )
    judged = confident.judged(given, probabilities)
    found.judged, found.flagged = len(among), judged.count
    found.estimated = confident.estimated(given, probabilities)
    doubted = judged.order[judged.suggested[judged.order] != given[judged.order]]
    found.labels = [
        Suspect(
            kept[int(among[each])],
            suggested=keys[int(judged.suggested[each])],
            given_probability=float(judged.given[each]),
            suggested_probability=float(judged.other[each]),
        )
        for each in doubted[:MOST_SHOWN].tolist()
    ]
    found.duplicates = [
        Suspect(pair.number, like=pair.other, distance=pair.bits)
        for pair in near_but_unlike(hashes, labels)[:MOST_SHOWN]
    ]
    found.outliers = _outliers(compared)
    return found


@dataclass(frozen=True)
class _Compared:
    """The numbers of the N readable images, their likeness [N, M] to the landmarks, and the numbers of those."""

    kept: list[int]
    rows: np.ndarray
    landmarks: likeness.Landmarks
    numbers: list[int]


def _compared(count: int, see: See, on_progress: Callable[[float], None]) -> _Compared:
    """Every image held against the landmarks, which are drawn by a fixed seed."""
    drawn = np.sort(np.random.default_rng(0).permutation(count)[: likeness.LANDMARKS]).tolist()
    looks = count + len(drawn)
    numbers, views = [], []
    for readable, seen in _parts(drawn, see, lambda done: on_progress(done / looks)):
        numbers += readable
        views.append(seen)
    if not numbers:
        raise NothingToCompare("None of the photographs can be read: the storage has lost them.")
    landmarks = likeness.Landmarks([np.concatenate(each) for each in zip(*views, strict=True)])
    kept, rows = [], []
    for readable, seen in _parts(range(count), see, lambda done: on_progress((len(drawn) + done) / looks)):
        kept += readable
        rows.append(landmarks.likeness(seen))
    return _Compared(kept, np.concatenate(rows), landmarks, numbers)


def _parts(numbers: Sequence[int], see: See, on_done: Callable[[int], None]) -> Iterator[Views]:
    """What is seen of PART images at a time, parts without a readable one left out."""
    for start in range(0, len(numbers), PART):
        readable, seen = see(numbers[start : start + PART])
        if readable:
            yield readable, seen
        on_done(min(start + PART, len(numbers)))


def _judgeable(names: Sequence[str], sets: Sequence[int]) -> set[str]:
    """The labels on LEAST_IMAGES images or more that are not all of one group."""
    counted = Counter(names)
    apart: dict[str, set[int]] = {}
    for name, group in zip(names, sets, strict=True):
        apart.setdefault(name, set()).add(group)
    return {name for name, count in counted.items() if count >= LEAST_IMAGES and len(apart[name]) > 1}


def _outliers(compared: _Compared) -> list[Suspect]:
    columns = {number: column for column, number in enumerate(compared.numbers)}
    own = np.array([columns.get(number, -1) for number in compared.kept])
    far = likeness.remoteness(compared.rows, own)
    return [
        Suspect(compared.kept[place], distance=float(far[place]))
        for place in likeness.outliers(far).tolist()[:MOST_SHOWN]
    ]

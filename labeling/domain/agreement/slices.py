"""Where agreement is worse than elsewhere: α of every part of the images against all the others."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from labeling.domain.agreement.answers import Floats, Indices
from labeling.domain.agreement.distances import Weights, weighted
from labeling.domain.agreement.krippendorff import alpha, standard_errors
from labeling.domain.agreement.patterns import Patterns
from labeling.domain.agreement.tally import Cells

LEAST_IMAGES = 20
"""With two answers, on either side, for a part to be looked at."""
MOST_VALUES = 40
"""Of a key; one with more of them tells images apart rather than kinds of images."""
MOST_KEPT = 100
BLOCK = 64
"""Parts compared at once."""
Z_95 = 1.959963984540054
By = tuple[tuple[str, str], ...]


def ranked(patterns: Patterns, cells: Cells, attributes: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """`looked_at, least_images, correction, list`: parts by one key and by two, the worst first.

    patterns: of all the images; cells: (setting, pattern) and how many images; attributes: of each setting.
    A part: `by, images, alpha, alpha_rest, difference, ci, p, p_corrected, certain`. p is one-sided, of "no worse than
    the rest", from the linearised standard errors of both, which share no image; p_corrected is Holm's (1979) over
    all parts looked at. First those that are certainly worse (p_corrected ≤ 0.05), each kind by the difference.
    """
    found = _compared(patterns, list(_parts(patterns, cells, attributes)))
    for part, corrected in zip(found, holm([part["p"] for part in found]), strict=True):
        part["p_corrected"] = corrected
        part["certain"] = corrected <= 0.05
    found.sort(key=lambda part: (not part["certain"], part["difference"], part["by"]))
    return {
        "looked_at": len(found),
        "least_images": LEAST_IMAGES,
        "correction": "holm",
        "list": [part | {"by": dict(part["by"])} for part in found[:MOST_KEPT]],
    }


def holm(p: Sequence[float]) -> list[float]:
    """Each p corrected for how many there are: Holm 1979, step down, at most 1."""
    corrected, highest = [0.0] * len(p), 0.0
    for rank, place in enumerate(sorted(range(len(p)), key=lambda place: p[place])):
        highest = max(highest, min(1.0, p[place] * (len(p) - rank)))
        corrected[place] = highest
    return corrected


def _parts(
    patterns: Patterns, cells: Cells, attributes: Sequence[Mapping[str, str]]
) -> Iterator[tuple[By, Floats]]:
    """Every part by one key or by two, and how many of its images have each pattern. A part that is another is not."""
    values: dict[str, dict[str, int]] = defaultdict(dict)
    for given in attributes:
        for key, value in given.items():
            values[key].setdefault(value, len(values[key]))
    keys = sorted(key for key, seen in values.items() if 1 < len(seen) <= MOST_VALUES)
    value_of = {
        key: np.array([values[key][given[key]] if key in given else -1 for given in attributes])
        for key in keys
    }
    size = len(patterns.times)
    setting, pattern = cells.column(0), cells.column(1)
    of_setting = np.bincount(setting, weights=cells.count, minlength=len(attributes))
    alone: Counter[tuple[str, str]] = Counter()
    for chosen in [(key,) for key in keys] + list(combinations(keys, 2)):
        which, firsts = _placed([value_of[key] for key in chosen])
        places = [tuple((key, attributes[first][key]) for key in chosen) for first in firsts]
        inside = which[setting] >= 0
        code = which[setting[inside]] * size + pattern[inside]
        counts = np.bincount(code, weights=cells.count[inside], minlength=len(places) * size)
        table: Floats = counts.astype(np.float64)
        images = np.bincount(which[which >= 0], weights=of_setting[which >= 0], minlength=len(places))
        if len(chosen) == 1:
            alone.update({by[0]: int(images[place]) for place, by in enumerate(places)})
        for place, by in enumerate(places):
            if len(by) == 1 or all(images[place] < alone[one] for one in by):
                yield by, table[place * size : (place + 1) * size]


def _placed(columns: Sequence[Indices]) -> tuple[Indices, list[int]]:
    """Of each row the number of its combination, by first occurrence, -1 where a column is; and the rows of those."""
    code = np.zeros(len(columns[0]), dtype=np.int64)
    known = np.ones(len(code), dtype=bool)
    for column in columns:
        code = code * (MOST_VALUES + 1) + column
        known &= column >= 0
    _, first, which = np.unique(code[known], return_index=True, return_inverse=True)
    order = np.argsort(first)
    placed = np.full(len(code), -1)
    placed[known] = np.argsort(order)[which]
    return placed, np.flatnonzero(known)[first[order]].tolist()


def _compared(patterns: Patterns, parts: Sequence[tuple[By, Floats]]) -> list[dict[str, Any]]:
    """Without those where either side is too small, or has no α."""
    distances = weighted(Weights.IDENTITY, patterns.counts.shape[1])
    found = []
    for start in range(0, len(parts), BLOCK):
        block = parts[start : start + BLOCK]
        inside = np.stack([times for _, times in block])
        sides = inside, patterns.times - inside
        least = np.minimum(*(times @ patterns.pairable for times in sides))
        here, elsewhere = (alpha(patterns, times, distances) for times in sides)
        error = np.hypot(*(standard_errors(patterns, times, distances) for times in sides))
        difference = here - elsewhere
        known = (least >= LEAST_IMAGES) & np.isfinite(difference) & (error > 0)
        found += [
            {
                "by": block[place][0],
                "images": int(inside[place].sum()),
                "alpha": float(here[place]),
                "alpha_rest": float(elsewhere[place]),
                "difference": float(difference[place]),
                "ci": [float(difference[place] + side * Z_95 * error[place]) for side in (-1, 1)],
                "p": 0.5 * math.erfc(-difference[place] / error[place] / math.sqrt(2)),
            }
            for place in np.flatnonzero(known).tolist()
        ]
    return found

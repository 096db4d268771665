"""A fixed number of examples of each label that stands for all of them, the same on every machine."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable


def reservoir(examples: Iterable[tuple[str, str]], per_label: int, seed: int = 0) -> set[str]:
    """At most `per_label` keys of each label, out of (key, label); every example of a label is as likely as another.

    Each key draws a number that its hash and the seed fix, and the lowest stay: a reservoir (Vitter 1985) whose draws
    do not depend on the order of arrival (bottom-k; Cohen and Kaplan 2007). What stays of more examples was either in
    the reservoir before or is new.
    """
    drawn = defaultdict(list)
    for key, label in examples:
        drawn[label].append((hashlib.sha256(f"{seed}:{key}".encode()).digest(), key))
    return {key for each in drawn.values() for _, key in sorted(each)[:per_label]}

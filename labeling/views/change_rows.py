"""What changed in a guideline, as a page shows it: long stretches that did not change folded away."""

from dataclasses import dataclass
from itertools import groupby
from typing import Any

from labeling.domain.guideline_diff import Change, Edit
from labeling.models import GuidelineVersion
from labeling.queries.guideline_changes import Comparison
from labeling.views.example_rows import ChangedExample, changed_examples

AROUND = 1
"""Unchanged blocks shown before and after a change, so that it reads in its place."""


@dataclass(frozen=True)
class Stretch:
    """Blocks shown, or how many unchanged ones are folded away."""

    shown: list[Change]
    folded: int = 0


@dataclass(frozen=True)
class ChangesShown:
    """`stretches` is empty where no word differs."""

    before: GuidelineVersion
    stretches: list[Stretch]
    examples: list[ChangedExample]

    @property
    def anything(self) -> bool:
        """Whether there is anything to show."""
        return bool(self.stretches or self.examples)


def changes_shown(comparison: Comparison, user: Any) -> ChangesShown:
    """The comparison for this reader."""
    stretches = _folded(comparison.words) if comparison.words_changed else []
    return ChangesShown(comparison.before, stretches, changed_examples(comparison, user))


def _folded(words: list[Change]) -> list[Stretch]:
    runs = [(same, list(run)) for same, run in groupby(words, key=lambda one: one.edit is Edit.SAME)]
    found = []
    for index, (same, run) in enumerate(runs):
        before = AROUND if same and index > 0 else 0
        after = AROUND if same and index < len(runs) - 1 else 0
        if not same or len(run) <= before + after + 1:
            found.append(Stretch(run))
            continue
        if before:
            found.append(Stretch(run[:before]))
        found.append(Stretch([], len(run) - before - after))
        if after:
            found.append(Stretch(run[-after:]))
    return found

"""Examples of a guideline as pages show them: by label, each with the image's address for its reader."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from labeling.models import GuidelineExample, Label
from labeling.queries import images
from labeling.queries.guideline_changes import Comparison, ExampleChange


@dataclass(frozen=True)
class ExampleRow:
    """`box` is `(x, y, width, height)` in image pixels, or None."""

    example: GuidelineExample
    address: str
    box: tuple[float, float, float, float] | None


@dataclass(frozen=True)
class ChangedExample:
    """What became of an example, and as whom it stood before."""

    change: ExampleChange
    row: ExampleRow


def example_row(example: GuidelineExample, user: Any) -> ExampleRow:
    """One example; its image must be loaded."""
    box = None
    if example.box:
        x1, y1, x2, y2 = example.box
        box = (x1, y1, x2 - x1, y2 - y1)
    return ExampleRow(example, images.small_address(example.image, user), box)


def by_label(examples: Iterable[GuidelineExample], user: Any) -> list[tuple[Label, list[ExampleRow]]]:
    """Examples in the order of `queries.guidelines.examples_of`, label by label."""
    return [
        (label, [example_row(one, user) for one in group])
        for label, group in groupby(examples, key=lambda one: one.label)
    ]


def changed_examples(comparison: Comparison, user: Any) -> list[ChangedExample]:
    """The examples that came, went or changed, with addresses for the user."""
    return [ChangedExample(one, example_row(one.example, user)) for one in comparison.examples]

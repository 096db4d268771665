"""In which order a person is offered the labels of a project."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from labeling.models import Answer, Label
from people.models import Project

AT_A_GLANCE = 12
"""So many labels are taken in at a glance; more are grouped, and found by typing."""

LOOKED_BACK = 500
OFTEN = 8


def groups(labels: Sequence[Label], user: Any, project: Project) -> list[tuple[str, list[Label]]]:
    """The labels in groups with a name; a short list is one group without.

    Those with a key come first, in the project's order; then the ones this person chose often lately, the most
    frequent first; then the rest. It goes by their own answers alone: a colleague's are nobody's hint.
    """
    if len(labels) <= AT_A_GLANCE:
        return [("", list(labels))]
    with_key = [label for label in labels if label.hotkey]
    without = [label for label in labels if not label.hotkey]
    uses = _uses(user, project)
    often = sorted((label for label in without if uses[label.key]), key=lambda label: -uses[label.key])[
        :OFTEN
    ]
    rest = [label for label in without if label not in often]
    named = [("With a key", with_key), ("You choose often", often), ("All others", rest)]
    return [(name, group) for name, group in named if group]


def _uses(user: Any, project: Project) -> Counter[str]:
    said = Answer.objects.filter(user=user, project=project).order_by("-id")
    counts: Counter[str] = Counter()
    for value in said.values_list("value", flat=True)[:LOOKED_BACK]:
        if value and "label" in value:
            counts[value["label"]] += 1
        for region in (value or {}).get("regions", []):
            counts[region["label"]] += 1
    return counts

"""The frozen datasets of a project: what is in each, and what changed from the one before."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from feedback import rules
from feedback.domain.layouts import layouts_for
from feedback.models import DatasetVersion, Example
from feedback.services.datasets import request_dataset
from labeling.enums import Split
from labeling.queries.said import labels_by_key
from labeling.views.access import project_or_404

SPLITS = [str(split) for split in Split]


@dataclass(frozen=True)
class Change:
    """A count in a dataset and by how much it differs from its parent's; None where there is no parent."""

    name: str
    count: int
    change: int | None


@dataclass(frozen=True)
class DatasetRow:
    """A dataset with its images by split and by label, against its parent."""

    dataset: DatasetVersion
    splits: list[Change]
    labels: list[Change]

    @property
    def total(self) -> int:
        return sum(split.count for split in self.splits)


def datasets(request: HttpRequest, slug: str) -> HttpResponse:
    """Every dataset, the newest first."""
    project = project_or_404(request, slug, rules.check_see)
    known = DatasetVersion.objects.filter(project=project).select_related("parent", "by").order_by("-number")
    names = {key: label.name for key, label in labels_by_key(project).items()}
    context = {
        "project": project,
        "rows": [dataset_row(dataset, names) for dataset in known],
        "layouts": layouts_for(project.task_type),
        "examples": Example.objects.filter(project=project, replaced_at=None).count(),
        "may_freeze": rules.can_freeze(request.user, project),
    }
    page = "feedback/datasets/list.html" if request.htmx else "feedback/datasets/datasets.html"
    return render(request, page, context)


@require_POST
def freeze(request: HttpRequest, slug: str) -> HttpResponse:
    """Freeze everything held true by now."""
    project = project_or_404(request, slug, rules.check_freeze)
    dataset = request_dataset(user=request.user, project=project)
    messages.success(request, f"Dataset {dataset.number} is being frozen.")
    return redirect("datasets", slug)


def dataset_row(dataset: DatasetVersion, names: dict[str, str]) -> DatasetRow:
    """The dataset's counts beside its parent's. `names` are the names of labels by key."""
    parent = dataset.parent
    ours, theirs = label_counts(dataset.card), label_counts(parent.card) if parent else {}
    keys = [*dataset.labels, *sorted((set(ours) | set(theirs)) - set(dataset.labels))]
    return DatasetRow(
        dataset,
        [_change(split, split, dataset.counts, parent.counts if parent else None) for split in SPLITS],
        [_change(names.get(key, key), key, ours, theirs if parent else None) for key in keys],
    )


def label_counts(card: dict[str, Any]) -> dict[str, int]:
    """Images by label over all splits, of a dataset's card."""
    counts: dict[str, int] = {}
    for split in card.get("labels", {}).values():
        for key, count in split.items():
            counts[key] = counts.get(key, 0) + count
    return counts


def _change(name: str, key: str, ours: dict[str, int], theirs: dict[str, int] | None) -> Change:
    count = ours.get(key, 0)
    return Change(name, count, count - theirs.get(key, 0) if theirs is not None else None)

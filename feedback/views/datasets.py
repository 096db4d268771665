"""The frozen datasets of a project: what is in each, and what changed from the one before."""

from collections.abc import Mapping
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
from feedback.services.filters import FiltersRefused
from labeling.enums import Split
from labeling.queries.guidelines import published
from labeling.queries.said import labels_by_key
from labeling.views.access import project_or_404
from people.models import Project

SPLITS = [str(split) for split in Split]
WHOLE = ("min_answers", "guideline_from")
MOMENTS = ("since", "until")


@dataclass(frozen=True)
class Change:
    """A count in a dataset and by how much it differs from its parent's; None where there is no parent."""

    name: str
    count: int
    change: int | None


@dataclass(frozen=True)
class DatasetRow:
    """A dataset with its images by split and by label, against its parent; `balance`: each label's by split."""

    dataset: DatasetVersion
    splits: list[Change]
    labels: list[Change]
    balance: list[tuple[str, list[int]]]

    @property
    def total(self) -> int:
        return sum(split.count for split in self.splits)


def datasets(request: HttpRequest, slug: str) -> HttpResponse:
    """Every dataset, the newest first."""
    return _page(request, project_or_404(request, slug, rules.check_see))


def _page(
    request: HttpRequest,
    project: Project,
    given: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> HttpResponse:
    """The page; `given` and what is wrong with it, by field, fill the form again that was refused."""
    known = DatasetVersion.objects.filter(project=project).select_related("parent", "by").order_by("-number")
    names = {key: label.name for key, label in labels_by_key(project).items()}
    context = {
        "project": project,
        "rows": [dataset_row(dataset, names) for dataset in known],
        "layouts": layouts_for(project.task_type),
        "examples": Example.objects.filter(project=project, replaced_at=None).count(),
        "may_freeze": rules.can_freeze(request.user, project),
        "guidelines": published(project).order_by("-number").values_list("number", flat=True),
        "given": given or {},
        "errors": errors or {},
    }
    page = "feedback/datasets/list.html" if request.htmx else "feedback/datasets/datasets.html"
    return render(request, page, context, status=400 if errors else 200)


@require_POST
def freeze(request: HttpRequest, slug: str) -> HttpResponse:
    """Freeze what is held true by now, all of it or what the form's filters let through."""
    project = project_or_404(request, slug, rules.check_freeze)
    given = {name: request.POST.get(name, "").strip() for name in (*WHOLE, *MOMENTS)}
    filters: dict[str, Any] = {name: value for name, value in given.items() if value}
    for name in WHOLE:
        if given[name].isascii() and given[name].isdecimal():
            filters[name] = int(given[name])
    try:
        dataset = request_dataset(user=request.user, project=project, filters=filters)
    except FiltersRefused as refused:
        errors = {name.removeprefix("filters."): reasons[0] for name, reasons in refused.errors.items()}
        return _page(request, project, given, errors)
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
        [(names.get(key, key), _by_split(dataset.card, key)) for key in keys],
    )


def _by_split(card: dict[str, Any], key: str) -> list[int]:
    """Images of one label in each of SPLITS, of a dataset's card."""
    return [card.get("labels", {}).get(split, {}).get(key, 0) for split in SPLITS]


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

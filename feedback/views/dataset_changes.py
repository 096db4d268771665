"""What changed from one frozen dataset to another, in counts and in photographs."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from feedback import rules
from feedback.enums import Change, DatasetState
from feedback.models import DatasetVersion
from feedback.queries import dataset_changes
from labeling.queries import images as addresses
from labeling.queries.said import labels_by_key
from labeling.views.access import project_or_404
from labeling.views.rows import value_in_words
from people.views.paging import page_of

PAGE_SIZE = 60


def changes(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    """`against` is the number of the older dataset, the parent's by default; `kind` and `label` narrow the images."""
    project = project_or_404(request, slug, rules.check_see)
    frozen = DatasetVersion.objects.filter(project=project, state=DatasetState.FROZEN.value)
    new = frozen.filter(pk=pk).first()
    if new is None:
        raise Http404("There is no such frozen dataset in this project.")
    others = list(frozen.exclude(pk=pk).order_by("-number"))
    old = _against(request.GET.get("against", ""), new, others)
    names = {key: label.name for key, label in labels_by_key(project).items()}
    context: dict[str, Any] = {"project": project, "new": new, "old": old, "others": others}
    if old is not None:
        kind = _kind(request.GET.get("kind", ""))
        label = request.GET.get("label", "").replace("\0", "")
        found = dataset_changes.changes(old, new)
        page = page_of(dataset_changes.changed_images(old, new, kind, label or None), request, size=PAGE_SIZE)
        chosen = {"against": old.number, "kind": kind or "", "label": label}
        context |= {
            "changed": sum(found.images.values()),
            "kinds": [
                {"name": name, "count": count, "address": _address(chosen, kind=name), "chosen": name == kind}
                for name, count in found.images.items()
            ],
            "labels": [(row, names.get(row.label, row.label)) for row in found.labels],
            "choices": [(row.label, names.get(row.label, row.label)) for row in found.labels if row.label],
            "kind": kind,
            "label": label,
            "page": page,
            "rows": _rows(request, old, new, page.rows),
            "first": _address(chosen),
            "every": _address(chosen, kind=""),
        }
    return render(request, "feedback/datasets/changes.html", context)


def _against(given: str, new: DatasetVersion, others: list[DatasetVersion]) -> DatasetVersion | None:
    """The dataset to hold it against; None where there is no other. Raises Http404 for a number that none has."""
    if given:
        found = next((other for other in others if str(other.number) == given), None)
        if found is None:
            raise Http404("There is no frozen dataset of that number in this project.")
        return found
    older = [other for other in others if other.number < new.number]
    return next((other for other in others if other.pk == new.parent_id), next(iter(older or others), None))


def _kind(given: str) -> Change | None:
    return Change(given) if given in set(Change) else None


def _address(chosen: dict[str, Any], **other: Any) -> str:
    """The page with what is chosen, from its first photograph on."""
    return "?" + urlencode({name: value for name, value in (chosen | other).items() if value != ""})


def _rows(
    request: HttpRequest, old: DatasetVersion, new: DatasetVersion, images: list[Any]
) -> list[dict[str, Any]]:
    labels = labels_by_key(old.project)
    return [
        {
            "image": side.image,
            "address": addresses.small_address(side.image, request.user),
            "kinds": side.kinds,
            "before": value_in_words(side.before, labels) if side.split_before else None,
            "after": value_in_words(side.after, labels) if side.split_after else None,
            "split_before": side.split_before,
            "split_after": side.split_after,
        }
        for side in dataset_changes.sides(old, new, images)
    ]

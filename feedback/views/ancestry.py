"""Ancestry as pages: what lies behind a model, and where the answers of one person or one image went."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from feedback import rules
from feedback.models import Example
from feedback.queries import ancestry, descent
from feedback.views.models import model_or_404
from labeling.models import Image
from labeling.queries import images as addresses
from labeling.queries.said import labels_by_key
from labeling.views.access import project_or_404
from labeling.views.rows import value_in_words
from people.models import Project
from people.views.paging import page_of

PAGE_SIZE = 50
SHOWN_PEOPLE = 100


def behind(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    """The models, datasets, people and guidelines behind a model, and its examples, newest first."""
    project = project_or_404(request, slug, rules.check_see)
    model = model_or_404(project, pk)
    line = ancestry.line_of(model)
    datasets = ancestry.datasets_behind(line)
    counted = ancestry.counted(datasets)
    page = page_of(ancestry.examples_behind(datasets).select_related("image"), request, size=PAGE_SIZE)
    context = {
        "project": project,
        "model": model,
        "line": [other for other in line if other.pk != model.pk],
        "datasets": datasets,
        "counted": counted,
        "people": counted.people[:SHOWN_PEOPLE],
        "more_people": max(0, len(counted.people) - SHOWN_PEOPLE),
        "page": page,
        "first": request.path,
        "rows": _rows(request, project, page.rows, datasets),
    }
    return render(request, "feedback/ancestry/behind.html", context)


def _rows(
    request: HttpRequest, project: Project, examples: list[Example], datasets: Any
) -> list[dict[str, Any]]:
    labels = labels_by_key(project)
    members = ancestry.splits_of(examples, datasets)
    names = ancestry.names_of(examples)
    return [
        {
            "image": example.image,
            "address": addresses.small_address(example.image, request.user),
            "said": value_in_words(example.value, labels),
            "by": example.ancestry.get("by", ""),
            "people": [(user, names[user]) for user in example.ancestry.get("people", []) if user in names],
            "guidelines": example.ancestry.get("guidelines", []),
            "capture": example.ancestry.get("capture"),
            "members": members[example.pk],
        }
        for example in examples
    ]


def of_person(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Every dataset and model that the answers of one person came into."""
    project = project_or_404(request, slug, rules.check_see)
    person = descent.people_of(project).filter(pk=pk).first()
    if person is None:
        raise Http404("There is no such person in this project.")
    frozen, trained = descent.started_by(project, person)
    context = _descent(project, descent.examples_of_person(project, person)) | {
        "person": person,
        "answers": person.answers.filter(project=project).count(),
        "froze": frozen,
        "had_trained": trained,
    }
    return render(request, "feedback/ancestry/descent.html", context)


def of_image(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    """Every dataset and model that one image came into."""
    project = project_or_404(request, slug, rules.check_see)
    image = Image.objects.filter(project=project, pk=pk).first()
    if image is None:
        raise Http404("There is no such image in this project.")
    context = _descent(project, descent.examples_of_image(image)) | {
        "image": image,
        "address": addresses.small_address(image, request.user),
    }
    return render(request, "feedback/ancestry/descent.html", context)


def _descent(project: Project, examples: QuerySet[Example]) -> dict[str, Any]:
    held = descent.datasets_with(examples)
    return {
        "project": project,
        "examples": examples.count(),
        "held": held,
        "touched": descent.models_of(project, [row.dataset for row in held]),
    }

"""Ancestry both ways: what lies behind a model, and what an image or a person came into."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from feedback import rules
from feedback.api.ancestry_serializers import (
    AncestorAnswerSerializer,
    AncestorExampleSerializer,
    DescentSerializer,
    ModelAncestrySerializer,
    PersonDescentSerializer,
)
from feedback.models import DatasetVersion, Example
from feedback.queries import ancestry, descent
from feedback.queries.models import visible_to as models_visible_to
from inference.models import ModelVersion
from labeling.models import Image
from people.api.access import get_project, get_row
from people.api.pagination import Pages
from people.api.schema import PAGING, page_of
from people.api.views import View
from people.enums import Scope
from people.models import Project
from people.queries.projects import led_by

MOST_PEOPLE = 200


def _behind(request: Request, pk: UUID) -> tuple[list[ModelVersion], list[DatasetVersion]]:
    """The model's line and the datasets behind it. Raises Http404."""
    model = get_row(request, models_visible_to(request.user), pk=pk)
    rules.check_see(request.user, model.project)
    line = ancestry.line_of(model)
    return line, ancestry.datasets_behind(line)


def _descent(project: Project, examples: QuerySet[Example]) -> dict[str, Any]:
    held = descent.datasets_with(examples)
    touched = descent.models_of(project, [row.dataset for row in held])
    return {"examples": examples.count(), "datasets": held, "models": touched}


class ModelAncestry(View):
    scopes = {"GET": Scope.READ}

    @extend_schema(operation_id="models_ancestry", responses=ModelAncestrySerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """The models it came from, their datasets, and how much of what and whom lies behind those."""
        line, datasets = _behind(request, pk)
        found = ancestry.counted(datasets)
        told = {
            "model": pk,
            "models": line,
            "datasets": datasets,
            "examples": found.examples,
            "images": found.images,
            "captures": found.captures,
            "answers": found.answers,
            "people_count": len(found.people),
            "people": [
                {"id": user, "username": name, "answers": answers}
                for user, name, answers in found.people[:MOST_PEOPLE]
            ],
            "guidelines": [{"number": number, "answers": answers} for number, answers in found.guidelines],
        }
        return Response(ModelAncestrySerializer(told).data)


class ModelAncestryExamples(View):
    scopes = {"GET": Scope.READ}

    @extend_schema(
        operation_id="models_ancestry_examples",
        parameters=PAGING,
        responses=page_of(AncestorExampleSerializer),
    )
    def get(self, request: Request, pk: UUID) -> Response:
        """The examples behind it, newest first, each with what it rests on and the datasets it is in."""
        _, datasets = _behind(request, pk)
        pages = Pages()
        found = ancestry.examples_behind(datasets).select_related("image")
        page = pages.paginate_queryset(found, request, view=self)
        members = ancestry.splits_of(page, datasets)
        rows = [{"example": example, "members": members[example.pk]} for example in page]
        return pages.get_paginated_response(AncestorExampleSerializer(rows, many=True).data)


class ModelAncestryAnswers(View):
    scopes = {"GET": Scope.READ}

    @extend_schema(
        operation_id="models_ancestry_answers", parameters=PAGING, responses=page_of(AncestorAnswerSerializer)
    )
    def get(self, request: Request, pk: UUID) -> Response:
        """The answers behind it, newest first: whose each is, of which image, under which guideline."""
        _, datasets = _behind(request, pk)
        found = ancestry.answers_behind(datasets).select_related("user", "guideline", "task")
        return self.page(found, AncestorAnswerSerializer)


class ImageDescent(View):
    scopes = {"GET": Scope.READ}

    @extend_schema(operation_id="images_descent", responses=DescentSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """Every dataset that holds the image, and every model trained on one or come from such a model."""
        led = Image.objects.filter(project__in=led_by(request.user)).select_related("project")
        image = get_row(request, led, pk=pk)
        return Response(DescentSerializer(_descent(image.project, descent.examples_of_image(image))).data)


class PersonDescent(View):
    scopes = {"GET": Scope.READ}

    @extend_schema(operation_id="people_descent", responses=PersonDescentSerializer)
    def get(self, request: Request, slug: str, username: str) -> Response:
        """The same for the answers of one person in a project, and what they froze or had trained themselves."""
        project = get_project(request, slug)
        rules.check_see(request.user, project)
        person = descent.people_of(project).filter(username=username.replace("\0", "")).first()
        if person is None:
            raise Http404("There is no such person in this project.")
        examples = descent.examples_of_person(project, person)
        frozen, trained = descent.started_by(project, person)
        told = _descent(project, examples) | {
            "person": person,
            "answers": person.answers.filter(project=project).count(),
            "froze": frozen,
            "had_trained": trained,
        }
        return Response(PersonDescentSerializer(told).data)

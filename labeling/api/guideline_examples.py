"""Images that show how a label is used: listed, added to the draft, changed and taken out of it."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.guideline_serializers import GuidelineExampleSerializer, NewExampleSerializer
from labeling.api.tasks import refused
from labeling.domain.values import ValueRefused
from labeling.models import Image, Label
from labeling.queries import guidelines
from labeling.queries.images import visible_to as visible_images
from labeling.rules import check_write_guideline
from labeling.services import guidelines as service
from people.api.access import get_row
from people.api.problems import invalid
from people.api.schema import PAGING, page_of
from people.api.views import View
from people.enums import Scope
from people.models import Project


def named_image(user: Any, project: Project, pk: UUID) -> Image:
    """The project's image of that id, as far as the user sees it. Raises a 400 that says so."""
    found = visible_images(user).filter(project=project, pk=pk, erased_at=None).first()
    if found is None:
        raise invalid("image", f"{pk} is not an image of this project.")
    return found


def named_label(project: Project, key: str) -> Label:
    """The label of that key. Raises a 400 that names the labels there are."""
    labels = {label.key: label for label in project.labels.filter(retired_at=None).order_by("position")}
    if key.casefold() not in labels:
        raise invalid(
            "label", f"{key!r} is not a label of this project; it has {', '.join(labels) or 'none'}."
        )
    return labels[key.casefold()]


class GuidelineExamples(View):
    scopes = {"GET": (Scope.READ, Scope.ANSWER), "POST": Scope.ADMIN}

    @extend_schema(
        operation_id="guideline_examples_list",
        parameters=PAGING,
        responses=page_of(GuidelineExampleSerializer),
    )
    def get(self, request: Request, pk: UUID) -> Response:
        """The examples of a version the caller may read."""
        guideline = get_row(request, guidelines.visible_to(request.user), pk=pk)
        return self.page(guidelines.examples_of(guideline).order_by(), GuidelineExampleSerializer)

    @extend_schema(
        operation_id="guideline_examples_add",
        request=NewExampleSerializer,
        responses={201: GuidelineExampleSerializer},
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Add an image to the draft; the same image and label again takes the place of the first."""
        guideline = get_row(request, guidelines.visible_to(request.user), pk=pk)
        check_write_guideline(request.user, guideline.project)
        if guideline.published_at is not None:
            raise invalid("id", f"is version {guideline.number}, which is published and never changes.")
        form = NewExampleSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        fields = dict(form.validated_data)
        fields["image"] = named_image(request.user, guideline.project, fields["image"])
        fields["label"] = named_label(guideline.project, fields["label"])
        try:
            example = service.add_example(user=request.user, project=guideline.project, **fields)
        except ValueRefused as error:
            raise refused(error) from None
        return Response(GuidelineExampleSerializer(example, context={"request": request}).data, status=201)


class OneGuidelineExample(View):
    scopes = {"PATCH": Scope.ADMIN, "DELETE": Scope.ADMIN}

    @extend_schema(
        operation_id="guideline_examples_change",
        request=GuidelineExampleSerializer,
        responses=GuidelineExampleSerializer,
    )
    def patch(self, request: Request, pk: UUID) -> Response:
        """Say an example of the draft otherwise; what is left out stays."""
        example = self._example(request, pk)
        form = GuidelineExampleSerializer(example, data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        kept = {"is_right": example.is_right, "why": example.why, "box": example.box}
        try:
            changed = service.change_example(
                user=request.user, example=example, **(kept | form.validated_data)
            )
        except service.AlreadyPublished as error:
            raise invalid("id", str(error)) from None
        except ValueRefused as error:
            raise refused(error) from None
        return Response(GuidelineExampleSerializer(changed, context={"request": request}).data)

    @extend_schema(operation_id="guideline_examples_remove", request=None, responses={204: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Take an example out of the draft."""
        try:
            service.remove_example(user=request.user, example=self._example(request, pk))
        except service.AlreadyPublished as error:
            raise invalid("id", str(error)) from None
        return Response(status=204)

    def _example(self, request: Request, pk: UUID) -> Any:
        example = get_row(request, guidelines.visible_examples(request.user), "guideline__project", pk=pk)
        check_write_guideline(request.user, example.guideline.project)
        return example

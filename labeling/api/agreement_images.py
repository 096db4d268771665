"""The images behind a cell of an agreement report's confusion, each with what everybody said of it."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from labeling import rules
from labeling.api.said import FILTERS
from labeling.api.serializers import ImageSerializer
from labeling.api.tasks import refused
from labeling.domain.agreement.boxes import NOTHING
from labeling.domain.agreement.filters import Filters
from labeling.domain.values import ValueRefused
from labeling.queries.answers import is_uuid
from labeling.queries.boxes_side_by_side import behind_boxes
from labeling.queries.disputes import in_adjudication
from labeling.queries.said import labels_by_key
from labeling.queries.side_by_side import Beside, behind
from people.api.access import get_project
from people.api.problems import invalid
from people.api.schema import page_of
from people.api.views import View
from people.enums import Scope, TaskType
from people.models import Project

CELL = [
    OpenApiParameter(
        "a",
        str,
        required=True,
        description=f"What one person called it: a label's key; of a box also '{NOTHING}'.",
    ),
    OpenApiParameter("b", str, required=True, description="What another called it."),
    OpenApiParameter("site", str, description="A site's key."),
    OpenApiParameter("before", UUID, description="Images with lower ids alone: follow `next`."),
]


class SaidSerializer(serializers.Serializer):
    """`label` null: can't tell, none of these, or boxes. `regions`: what was drawn; `asked`: the cell is about it."""

    annotator = serializers.CharField(source="user.username")
    label = serializers.CharField(source="label.key", default=None, allow_null=True)
    regions = serializers.SerializerMethodField()
    guideline = serializers.IntegerField()
    seconds = serializers.FloatField()
    created_at = serializers.DateTimeField(source="at")

    def get_regions(self, said: Any) -> list[dict[str, Any]] | None:
        if said.regions is None:
            return None
        about = self.context["about"]
        return [region | {"asked": (said.user.pk, region["id"]) in about} for region in said.regions]


class BesideSerializer(serializers.Serializer):
    """`said` is null while the image waits for adjudication: who decides must not be swayed by it."""

    image = ImageSerializer()
    waits_for_adjudication = serializers.SerializerMethodField()
    said = serializers.SerializerMethodField()

    def get_waits_for_adjudication(self, beside: Beside) -> bool:
        return beside.image.pk in self.context["waiting"]

    def get_said(self, beside: Beside) -> list[dict[str, Any]] | None:
        if beside.image.pk in self.context["waiting"]:
            return None
        found: list[dict[str, Any]] = SaidSerializer(
            beside.said, many=True, context={"about": beside.about}
        ).data
        return found


class AgreementImages(View):
    scopes = {"GET": Scope.READ}

    @extend_schema(
        operation_id="agreement_images_list",
        parameters=CELL + FILTERS,
        responses=page_of(BesideSerializer),
    )
    def get(self, request: Request, slug: str) -> Response:
        """The images that one person called `a` and another `b` under the report's filters, newest first, 24 a page."""
        project = get_project(request, slug)
        rules.check_see_reports(request.user, project)
        parameters = request.query_params.dict()
        try:
            filters = Filters.from_query(parameters, ignored=("a", "b", "before"))
        except ValueRefused as error:
            raise refused(error) from None
        before = parameters.get("before")
        if before is not None and not is_uuid(before):
            raise invalid("before", "must be an image's id.")
        found, following = _behind(project, filters, parameters, UUID(before) if before else None)
        waiting = in_adjudication([one.image.pk for one in found])
        context = {"request": request, "waiting": waiting}
        here = request.build_absolute_uri()
        return Response(
            {
                "results": BesideSerializer(found, many=True, context=context).data,
                "next": replace_query_param(here, "before", str(following)) if following else None,
                "previous": None,
            }
        )


def _behind(
    project: Project, filters: Filters, parameters: dict[str, str], before: UUID | None
) -> tuple[list[Beside], UUID | None]:
    known = labels_by_key(project)
    drawn = project.task_type == TaskType.DETECTION
    for name in ("a", "b"):
        if parameters.get(name) not in {*known, *([NOTHING] if drawn else [])}:
            raise invalid(name, "must be the key of a label of this project.")
    a, b = parameters["a"], parameters["b"]
    if drawn:
        return behind_boxes(project, filters, a, b, before=before)
    return behind(project, filters, known[a], known[b], before=before)

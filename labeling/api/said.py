"""Reading what was said, and what the project holds true."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from labeling import rules
from labeling.api.said_serializers import OwnAnswerSerializer, ReadAnswerSerializer, ResolutionSerializer
from labeling.api.tasks import refused
from labeling.domain.values import ValueRefused
from labeling.queries import answers
from people.api.access import get_project, within_token
from people.api.problems import invalid
from people.api.schema import PAGING, page_of
from people.api.views import View
from people.enums import Scope

FILTERS = [
    OpenApiParameter("queue", str, description="Name or id."),
    OpenApiParameter("label", str, description="A label's key, in the value or in one of its regions."),
    OpenApiParameter("annotator", str, description="Username."),
    OpenApiParameter("guideline", str, description="A version's number or id."),
    OpenApiParameter("source", str, description="A source's key."),
    OpenApiParameter("context.KEY", str, description="The image's context has this value at KEY."),
    OpenApiParameter("since", str, description="A day or a time; from then on."),
    OpenApiParameter("until", str, description="A day or a time; before it."),
]


def narrowed(request: Request, rows: QuerySet[Any], keep: Callable[..., QuerySet[Any]]) -> QuerySet[Any]:
    """The rows that the request's filters keep. Raises 400 naming the parameter."""
    parameters = {
        name: text for name, text in request.query_params.items() if name not in ("cursor", "page_size")
    }
    try:
        answers.check_names(parameters)
        return keep(rows, parameters)
    except ValueRefused as error:
        raise refused(error) from None


class Answers(View):
    scopes = {"GET": Scope.READ}

    @extend_schema(
        operation_id="answers_list", parameters=PAGING + FILTERS, responses=page_of(ReadAnswerSerializer)
    )
    def get(self, request: Request, slug: str) -> Response:
        """Everybody's answers for QA leads and engineers; anybody else's own. Late and superseded ones too."""
        project = get_project(request, slug)
        rows = answers.answers_visible_to(request.user).filter(project=project)
        return self.page(narrowed(request, rows, answers.filter_answers), ReadAnswerSerializer)


class OwnAnswers(View):
    scopes = {"GET": (Scope.READ, Scope.ANSWER)}

    @extend_schema(
        operation_id="answers_mine",
        parameters=[OpenApiParameter("queue", UUID, description="Only those to this queue's tasks.")],
        responses=page_of(OwnAnswerSerializer),
    )
    def get(self, request: Request) -> Response:
        """One's own last ten answers of the day that can still be changed, newest first."""
        queue = request.query_params.get("queue")
        if queue is not None and not answers.is_uuid(queue):
            raise invalid("queue", "must be a queue's id.")
        reach = [said.pk for said in answers.within_undo(request.user)]
        rows = within_token(request, answers.answers_visible_to(request.user).filter(pk__in=reach))
        if queue is not None:
            rows = rows.filter(task__queue=queue)
        rows = rows.select_related("task__project", "task__queue", "task__image__source__region").order_by(
            "-id"
        )
        found = OwnAnswerSerializer(rows, many=True, context={"request": request}).data
        return Response({"results": found, "next": None, "previous": None})


class Resolutions(View):
    scopes = {"GET": Scope.READ}

    @extend_schema(
        operation_id="resolutions_list", parameters=PAGING + FILTERS, responses=page_of(ResolutionSerializer)
    )
    def get(self, request: Request, slug: str) -> Response:
        """What the project holds true now. Replaced resolutions are not listed."""
        project = get_project(request, slug)
        rules.check_see_reports(request.user, project)
        rows = answers.resolutions_visible_to(request.user).filter(project=project, replaced_at=None)
        return self.page(narrowed(request, rows, answers.filter_resolutions), ResolutionSerializer)

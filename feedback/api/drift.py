"""Drift: the reference, what was seen since, and the table that it was seen in."""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from asgiref.sync import sync_to_async
from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from feedback import rules
from feedback.queries import drift, monitoring
from feedback.queries.serving import serving
from feedback.services.new_normal import NothingToAccept, accept
from inference.domain.drift.watch import RATE
from labeling.domain.moments import moment
from people.api.access import get_project
from people.api.problems import Problem, invalid
from people.api.views import View
from people.enums import Scope
from people.models import Project

CHECKS = 200
LINES = 500


class CheckSerializer(serializers.Serializer):
    at = serializers.DateTimeField()
    captures = serializers.IntegerField(help_text="New ones that it looked at.")
    changed = serializers.BooleanField()
    loudness = serializers.DictField(
        child=serializers.FloatField(), help_text="By group, the statistic over its threshold: 1 is an alarm."
    )
    figures = serializers.DictField(help_text="Means of the new captures, and labels' shares.")
    kind = serializers.CharField()
    sentence = serializers.CharField()


class ReferenceSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    model = serializers.UUIDField(source="model_id")
    captures = serializers.IntegerField(help_text="0 while too few are known.")
    sources = serializers.DictField(child=serializers.IntegerField())
    seen = serializers.IntegerField(help_text="Captures looked at since.")
    by = serializers.CharField(source="by.username", default=None, allow_null=True)
    reason = serializers.CharField()
    created_at = serializers.DateTimeField()


class DriftSerializer(serializers.Serializer):
    state = serializers.ChoiceField(["learning", "as usual", "changed"])
    sentence = serializers.CharField()
    kind = serializers.CharField()
    false_alarms_per_capture = serializers.FloatField(help_text="The joint rate that thresholds are set for.")
    reference = ReferenceSerializer(allow_null=True)
    sources = serializers.DictField(
        child=CheckSerializer(many=True), help_text="The newest checks by source's key; empty: all together."
    )


class AcceptForm(serializers.Serializer):
    reason = serializers.CharField(max_length=1000, help_text="Why this is the new normal.")


class Drift(View):
    scopes = {"GET": Scope.READ, "POST": Scope.ADMIN}

    @extend_schema(operation_id="drift", responses=DriftSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """Whether what the cameras send still looks as it did, by source, with the figures."""
        project = get_project(request, slug)
        rules.check_see(request.user, project)
        return Response(_state(project))

    @extend_schema(operation_id="drift_accept", request=AcceptForm, responses={201: ReferenceSerializer})
    def post(self, request: Request, slug: str) -> Response:
        """Accept what comes now as the new normal, on the record."""
        project = get_project(request, slug)
        rules.check_accept_drift(request.user, project)
        form = AcceptForm(data=request.data)
        form.is_valid(raise_exception=True)
        try:
            made = accept(user=request.user, project=project, reason=form.validated_data["reason"])
        except NothingToAccept as refused:
            raise Problem("invalid", 409, str(refused)) from refused
        return Response(ReferenceSerializer(made).data, status=201)


class DriftTable(View):
    scopes = {"GET": Scope.READ}

    @extend_schema(
        operation_id="drift_table",
        parameters=[
            OpenApiParameter("since", str, description="Predicted since: a day or an RFC 3339 time."),
            OpenApiParameter("source", str, description="A source's key."),
        ],
        responses={(200, "text/csv"): OpenApiResponse(OpenApiTypes.STR)},
    )
    def get(self, request: Request, slug: str) -> StreamingHttpResponse:
        """A row a prediction: what Evidently, whylogs and notebooks take."""
        project = get_project(request, slug)
        rules.check_see(request.user, project)
        since: datetime | None = None
        if given := request.query_params.get("since"):
            try:
                since = moment(given)
            except ValueError as error:
                raise invalid("since", str(error)) from error
        lines = monitoring.table(project, since, request.query_params.get("source", ""))
        response = StreamingHttpResponse(_off_the_loop(lines), content_type="text/csv")
        response["Content-Disposition"] = f'attachment; filename="{project.slug}-monitoring.csv"'
        return response


async def _off_the_loop(lines: Iterator[str]) -> AsyncIterator[bytes]:
    # Thread-sensitive: the request's own thread, whose database connection is closed with the response.
    step = sync_to_async(lambda: "".join(islice(lines, LINES)), thread_sensitive=True)
    while chunk := await step():
        yield chunk.encode()


def _state(project: Project) -> dict[str, Any]:
    model = serving(project)
    reference = drift.in_force(project, model) if model else None
    found = drift.standing(reference)
    sources = drift.by_source(reference, CHECKS) if reference else {}
    return {
        "state": found.state,
        "sentence": found.sentence,
        "kind": found.kind,
        "false_alarms_per_capture": RATE,
        "reference": ReferenceSerializer(reference).data if reference else None,
        "sources": {source: CheckSerializer(rows, many=True).data for source, rows in sources.items()},
    }

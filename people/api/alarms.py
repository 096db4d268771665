"""Alarms: what somebody should look at, and saying that somebody does, or that it is settled."""

from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from people.api.access import get_project, get_row
from people.api.problems import invalid
from people.api.schema import PAGING, page_of
from people.api.views import View
from people.enums import AlarmKind, Scope, Severity
from people.models import Alarm
from people.queries import alarms
from people.rules import LEADS, check_role
from people.services.alarms import acknowledge, runbook_of, settle


class AlarmSerializer(serializers.Serializer):
    """`settled_by` is null where nobody settled it, or what it was about had passed by itself."""

    id = serializers.UUIDField()
    project = serializers.CharField(source="project.slug")
    kind = serializers.ChoiceField([(str(k), str(k)) for k in AlarmKind])
    subject = serializers.CharField()
    site = serializers.CharField(source="site.key", default=None, allow_null=True)
    source = serializers.CharField(help_text="A source's key, where it is about one.")
    severity = serializers.ChoiceField([(str(s), str(s)) for s in Severity])
    words = serializers.CharField()
    detail = serializers.DictField()
    raised_at = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField()
    count = serializers.IntegerField(help_text="How often it was seen.")
    runbook = serializers.SerializerMethodField(help_text="The page that says what to do about it.")
    acknowledged_at = serializers.DateTimeField(allow_null=True)
    acknowledged_by = serializers.CharField(source="acknowledged_by.username", default=None, allow_null=True)
    settled_at = serializers.DateTimeField(allow_null=True)
    settled_by = serializers.CharField(source="settled_by.username", default=None, allow_null=True)

    def get_runbook(self, alarm: Alarm) -> str:
        return runbook_of(alarm.kind)


class Alarms(View):
    scopes = {"GET": Scope.READ}

    @extend_schema(
        operation_id="alarms_list",
        parameters=[
            *PAGING,
            OpenApiParameter("settled", str, enum=["true", "false"], description="Left out: both."),
            OpenApiParameter("kind", str, enum=[str(kind) for kind in AlarmKind]),
        ],
        responses=page_of(AlarmSerializer),
    )
    def get(self, request: Request, slug: str) -> Response:
        """The project's alarms, newest first."""
        project = get_project(request, slug)
        check_role(request.user, project, LEADS, "read alarms")
        rows = alarms.visible_to(request.user).filter(project=project)
        settled = request.query_params.get("settled")
        if settled not in (None, "true", "false"):
            raise invalid("settled", "must be true or false.")
        if settled is not None:
            rows = rows.filter(settled_at__isnull=settled == "false")
        if kind := request.query_params.get("kind"):
            if kind not in set(AlarmKind):
                raise invalid("kind", f"must be one of {', '.join(AlarmKind)}.")
            rows = rows.filter(kind=kind)
        return self.page(rows, AlarmSerializer)


class AlarmAcknowledgement(View):
    scopes = {"POST": Scope.ADMIN}

    @extend_schema(operation_id="alarms_acknowledge", request=None, responses=AlarmSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """Somebody looks at it; again is the same, and a settled one stays as it is."""
        alarm = get_row(request, alarms.visible_to(request.user), pk=pk)
        return Response(AlarmSerializer(acknowledge(user=request.user, alarm=alarm)).data)


class AlarmSettlement(View):
    scopes = {"POST": Scope.ADMIN}

    @extend_schema(operation_id="alarms_settle", request=None, responses=AlarmSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """It needs nobody any more; again is the same."""
        alarm = get_row(request, alarms.visible_to(request.user), pk=pk)
        return Response(AlarmSerializer(settle(user=request.user, alarm=alarm)).data)

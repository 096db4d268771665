"""How often a project's agreement is audited by itself, and below what an alarm is raised."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from labeling import rules
from labeling.api.tasks import refused
from labeling.domain.agreement.filters import Filters
from labeling.domain.values import ValueRefused
from labeling.queries.audits import schedule_of
from labeling.services.audits import LONGEST_DAYS, change_schedule
from people.api.access import get_project
from people.api.views import View
from people.enums import Scope


class ScheduleSerializer(serializers.Serializer):
    """`every_days` 0: not at all. `floor` is of α; an alarm is raised when an interval lies wholly below it.

    `filters`: which answers are audited, as parameters of the report; {}: all.
    """

    every_days = serializers.IntegerField(min_value=0, max_value=LONGEST_DAYS)
    floor = serializers.FloatField(min_value=-1, max_value=1)
    filters = serializers.DictField(child=serializers.CharField(allow_blank=True), required=False)
    last_at = serializers.DateTimeField(read_only=True, allow_null=True)


class AgreementSchedules(View):
    scopes = {"GET": Scope.READ, "PATCH": Scope.ADMIN}

    @extend_schema(operation_id="agreement_schedule_retrieve", responses=ScheduleSerializer)
    def get(self, request: Request, slug: str) -> Response:
        project = get_project(request, slug)
        rules.check_see_reports(request.user, project)
        return Response(ScheduleSerializer(schedule_of(project)).data)

    @extend_schema(
        operation_id="agreement_schedule_change", request=ScheduleSerializer, responses=ScheduleSerializer
    )
    def patch(self, request: Request, slug: str) -> Response:
        """Audit so from now on; what is left out stays."""
        project = get_project(request, slug)
        rules.check_manage(request.user, project)
        form = ScheduleSerializer(data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        current = schedule_of(project)
        wished = {"every_days": current.every_days, "floor": current.floor} | form.validated_data
        if "filters" in wished:
            try:
                wished["filters"] = Filters.from_query(wished["filters"])
            except ValueRefused as error:
                named = {f"filters.{name}": reasons for name, reasons in error.errors.items()}
                raise refused(ValueRefused(named)) from None
        return Response(
            ScheduleSerializer(change_schedule(user=request.user, project=project, **wished)).data
        )

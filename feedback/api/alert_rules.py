"""The rules by which stores are alerted, a trial of them on the last days, and why an alert was raised."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from feedback import rules
from feedback.domain.alert_rules import RulesRefused
from feedback.domain.alert_trial import tried
from feedback.queries import alerts
from feedback.queries.alert_trial import last_days
from feedback.services.alert_rules import checked, set_rules
from people.api.access import get_project, get_row
from people.api.problems import Problem
from people.api.schema import PAGING, page_of
from people.api.views import View
from people.enums import Scope


class AlertRulesSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    version = serializers.IntegerField()
    rules = serializers.ListField(child=serializers.DictField())
    by = serializers.CharField(source="by.username", default=None, allow_null=True)
    created_at = serializers.DateTimeField()


class RulesForm(serializers.Serializer):
    rules = serializers.ListField(
        child=serializers.DictField(),
        help_text="In order: {name, label, confidence 0..1, sources: [KEY], hours: [HH:MM, HH:MM] or null, "
        "answers: 1 or 2, queue: NAME}. An empty list alerts nobody.",
    )


class TrialSerializer(serializers.Serializer):
    alerts = serializers.IntegerField(help_text="After folding what one camera goes on to show.")
    photographs = serializers.IntegerField(help_text="That fire.")
    peak = serializers.IntegerField(help_text="The most alerts in one clock hour.")
    peak_at = serializers.DateTimeField(allow_null=True)
    verified = serializers.IntegerField(
        help_text="Photographs that fire of which people said what they show."
    )
    right = serializers.IntegerField(help_text="Of those, that show what the rule is about.")
    true = serializers.FloatField(allow_null=True, help_text="About so many of the alerts were true.")
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    by_rule = serializers.DictField(child=serializers.IntegerField())


class StepSerializer(serializers.Serializer):
    kind = serializers.CharField()
    told = serializers.ListField(child=serializers.CharField())
    mailed_at = serializers.DateTimeField(allow_null=True)
    at = serializers.DateTimeField()


class AlertSerializer(serializers.Serializer):
    task = serializers.UUIDField(source="task_id")
    state = serializers.CharField(source="task.state")
    source = serializers.CharField(source="source.key")
    rule = serializers.CharField()
    reason = serializers.CharField()
    states = serializers.ListField(
        child=serializers.DictField(), help_text="The newest ten, the latest last."
    )
    raised_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(source="task.due_at", allow_null=True)
    withdrawn_because = serializers.CharField()
    steps = StepSerializer(source="task.alert_steps.all", many=True)


def refused(error: RulesRefused) -> Problem:
    """400 that names every path."""
    return Problem("invalid", 400, str(error), error.errors)


class AlertRuleVersions(View):
    scopes = {"GET": Scope.READ, "POST": Scope.ADMIN}

    @extend_schema(
        operation_id="alert_rules_list", parameters=PAGING, responses=page_of(AlertRulesSerializer)
    )
    def get(self, request: Request, slug: str) -> Response:
        """Every version, the newest first: it is in force."""
        project = get_project(request, slug)
        rules.check_see(request.user, project)
        return self.page(alerts.rules_visible_to(request.user).filter(project=project), AlertRulesSerializer)

    @extend_schema(
        operation_id="alert_rules_create", request=RulesForm, responses={201: AlertRulesSerializer}
    )
    def post(self, request: Request, slug: str) -> Response:
        """Put a new version in force, from the next prediction on."""
        project = get_project(request, slug)
        rules.check_set_policy(request.user, project)
        form = RulesForm(data=request.data)
        form.is_valid(raise_exception=True)
        given: dict[str, Any] = form.validated_data
        try:
            made = set_rules(user=request.user, project=project, documents=given["rules"])
        except RulesRefused as error:
            raise refused(error) from None
        return Response(AlertRulesSerializer(made).data, status=201)


class AlertRuleTrial(View):
    scopes = {"POST": Scope.READ}

    @extend_schema(operation_id="alert_rules_try", request=RulesForm, responses=TrialSerializer)
    def post(self, request: Request, slug: str) -> Response:
        """What these rules would have done in the last seven days; nothing is stored."""
        project = get_project(request, slug)
        rules.check_see(request.user, project)
        form = RulesForm(data=request.data)
        form.is_valid(raise_exception=True)
        try:
            wished = checked(project=project, documents=form.validated_data["rules"])
        except RulesRefused as error:
            raise refused(error) from None
        return Response(TrialSerializer(tried(wished, last_days(project))).data)


class TaskAlert(View):
    scopes = {"GET": (Scope.READ, Scope.ANSWER)}

    @extend_schema(operation_id="tasks_alert", responses=AlertSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """Why this alert was raised, what was folded into it, and what followed as nobody answered."""
        found = alerts.visible_to(request.user).prefetch_related("task__alert_steps")
        return Response(AlertSerializer(get_row(request, found, task=pk)).data)

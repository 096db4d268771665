"""What is open for the people of a store, without taking it: for a phone without a network, and a screen."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.serializers import TaskSerializer
from labeling.queries import alerts, guidelines
from labeling.queries.queues import waiting_in
from labeling.rules import check_takes_alerts
from labeling.services.gold_beside import listed
from people.api.access import get_project
from people.api.views import View
from people.enums import Scope

FEWEST, MOST = 1, 50


class OpenAlertSerializer(TaskSerializer):
    created_at = serializers.DateTimeField()
    taken = serializers.BooleanField(help_text="Somebody else is looking at it now.")


class OpenAlertsSerializer(serializers.Serializer):
    open = serializers.IntegerField(help_text="All that wait at the caller's sites; stops at 1,000.")
    results = OpenAlertSerializer(many=True)


class LimitSerializer(serializers.Serializer):
    limit = serializers.IntegerField(min_value=FEWEST, max_value=MOST, default=20)


class TodaySerializer(serializers.Serializer):
    answered = serializers.IntegerField()
    median_seconds = serializers.FloatField(
        allow_null=True, help_text="From raised to answered; null without any."
    )
    since = serializers.DateTimeField(
        help_text="Midnight in the time zone of the sites, UTC where they differ."
    )


class OpenAlerts(View):
    scopes = {"GET": (Scope.READ, Scope.ANSWER)}

    @extend_schema(
        operation_id="open_alerts_list",
        parameters=[OpenApiParameter("limit", int, description="1 to 50; 20 where it is left out.")],
        responses=OpenAlertsSerializer,
    )
    def get(self, request: Request, slug: str) -> Response:
        """The open alerts of the caller's sites that they have not answered, most urgent first. Takes none of them."""
        project = get_project(request, slug)
        check_takes_alerts(request.user, project)
        form = LimitSerializer(data=request.query_params)
        form.is_valid(raise_exception=True)
        queues = alerts.alert_queues(request.user, project)
        found = listed(user=request.user, project=project, limit=form.validated_data["limit"])
        context = {"request": request, "guideline": guidelines.number_in_force(project)}
        return Response(
            {
                "open": sum(one.open for one in waiting_in(queues, request.user).values()),
                "results": OpenAlertSerializer(found, many=True, context=context).data,
            }
        )


class AlertsToday(View):
    scopes = {"GET": (Scope.READ, Scope.ANSWER)}

    @extend_schema(operation_id="alerts_today", responses=TodaySerializer)
    def get(self, request: Request, slug: str) -> Response:
        """How many alerts were answered today at the caller's sites, and how fast."""
        project = get_project(request, slug)
        check_takes_alerts(request.user, project)
        return Response(TodaySerializer(alerts.today(request.user, project)).data)

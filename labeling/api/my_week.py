"""What became of the caller's answers this week."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.queries.my_week import week_of
from people.api.access import get_project
from people.api.views import View
from people.enums import Scope


class WeekSerializer(serializers.Serializer):
    answers = serializers.IntegerField(help_text="Images answered since Monday, UTC.")
    fixed = serializers.IntegerField(
        help_text="Of them, where the caller's correction of a model is held true."
    )
    since = serializers.DateTimeField()


class MyWeek(View):
    scopes = {"GET": (Scope.READ, Scope.ANSWER)}

    @extend_schema(operation_id="my_week_retrieve", responses=WeekSerializer)
    def get(self, request: Request, slug: str) -> Response:
        project = get_project(request, slug)
        return Response(WeekSerializer(week_of(request.user, project)).data)

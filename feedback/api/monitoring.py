"""The newest looks for drift under the names that other tools' test suites have."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from feedback import rules
from feedback.domain.monitoring_tests import constraint_report, suite
from feedback.queries.monitoring import looks
from people.api.access import get_project
from people.api.views import View
from people.enums import Scope


class DriftTestSerializer(serializers.Serializer):
    name = serializers.CharField(help_text="Drift per Column, or Share of Drifted Columns.")
    description = serializers.CharField()
    status = serializers.CharField(help_text="SUCCESS or FAIL.")
    group = serializers.CharField()
    parameters = serializers.DictField()


class DriftTestSummarySerializer(serializers.Serializer):
    all_passed = serializers.BooleanField()
    total_tests = serializers.IntegerField()
    success_tests = serializers.IntegerField()
    failed_tests = serializers.IntegerField()
    by_status = serializers.DictField(child=serializers.IntegerField())
    parameters = serializers.DictField()


class ConstraintSerializer(serializers.Serializer):
    name = serializers.CharField()
    passed = serializers.IntegerField()
    failed = serializers.IntegerField()
    summary = serializers.DictField()


class DriftTestsSerializer(serializers.Serializer):
    """`tests` and `summary` as Evidently's test suites have them, `constraints` as whylogs' reports."""

    version = serializers.CharField()
    timestamp = serializers.CharField()
    tests = DriftTestSerializer(many=True)
    summary = DriftTestSummarySerializer()
    constraints = ConstraintSerializer(many=True)


class DriftTests(View):
    scopes = {"GET": Scope.READ}

    @extend_schema(operation_id="drift_tests", responses=DriftTestsSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """The newest look at each source as tests with Evidently's names and as whylogs' constraint report."""
        project = get_project(request, slug)
        rules.check_see(request.user, project)
        found = looks(project)
        return Response(suite(found, timezone.now()) | {"constraints": constraint_report(found)})

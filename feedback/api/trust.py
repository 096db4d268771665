"""How far the model is trusted now, for a machine to act on."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from feedback import rules
from feedback.enums import TrustState
from feedback.queries.trust import trust
from labeling.api.serializers import choices
from people.api.access import get_project
from people.api.views import View
from people.enums import Scope


class CellSerializer(serializers.Serializer):
    slice = serializers.CharField()
    label = serializers.CharField(help_text="Empty: all labels without a budget of their own.")
    state = serializers.ChoiceField(choices(TrustState))
    reason = serializers.CharField()
    threshold = serializers.FloatField(allow_null=True)
    bound = serializers.FloatField(allow_null=True)
    answers = serializers.IntegerField()


class TrustSerializer(serializers.Serializer):
    state = serializers.ChoiceField(choices(TrustState))
    reason = serializers.CharField()
    threshold = serializers.FloatField(allow_null=True, help_text="Accepted from here on; null: nothing is.")
    bound = serializers.FloatField(allow_null=True, help_text="At most this share of the accepted is wrong.")
    budget = serializers.FloatField(allow_null=True)
    answers = serializers.IntegerField(help_text="The verified answers it rests on.")
    model = serializers.CharField(allow_null=True)
    policy = serializers.IntegerField(allow_null=True)
    slices = CellSerializer(many=True)
    labels = CellSerializer(many=True)


class Trust(View):
    scopes = {"GET": Scope.READ}

    @extend_schema(operation_id="trust", responses=TrustSerializer)
    def get(self, request: Request, slug: str) -> Response:
        project = get_project(request, slug)
        rules.check_see(request.user, project)
        return Response(trust(project))

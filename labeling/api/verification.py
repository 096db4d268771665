"""What people made of a model's proposals, as precision and recall."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from labeling import rules
from labeling.api.said import FILTERS
from labeling.api.tasks import refused
from labeling.domain.values import ValueRefused
from labeling.queries import verification
from people.api.access import get_project
from people.api.views import View
from people.enums import Scope


class RatioSerializer(serializers.Serializer):
    value = serializers.FloatField(allow_null=True, help_text="0..1; null where `of` is 0.")
    low = serializers.FloatField(allow_null=True, help_text="Wilson's 95% interval.")
    high = serializers.FloatField(allow_null=True)
    right = serializers.IntegerField()
    of = serializers.IntegerField()


class OfLabelSerializer(serializers.Serializer):
    label = serializers.CharField()
    precision = RatioSerializer()
    recall = RatioSerializer()


class VerificationSerializer(serializers.Serializer):
    answers = serializers.IntegerField(help_text="Answers that stand and had a proposal in view.")
    kept = serializers.IntegerField(help_text="Proposed boxes (or labels of whole images) kept as they were.")
    fixed = serializers.IntegerField(help_text="Moved.")
    relabelled = serializers.IntegerField()
    rejected = serializers.IntegerField()
    added = serializers.IntegerField(help_text="Drawn where nothing was proposed.")
    precision = RatioSerializer(
        help_text="Of what was proposed: kept, or fixed with an overlap of 0.5 or more."
    )
    recall = RatioSerializer(help_text="The same, of what people said is there.")
    labels = OfLabelSerializer(many=True)


class Verification(View):
    scopes = {"GET": Scope.READ}

    @extend_schema(
        operation_id="verification_read",
        parameters=[
            *FILTERS,
            OpenApiParameter("model", str, description="As proposals name it."),
            OpenApiParameter("model_id", str, description="A registered model's; its name may change."),
        ],
        responses=VerificationSerializer,
    )
    def get(self, request: Request, slug: str) -> Response:
        """How a model's proposals fared with the people who saw them. Blind answers are in none of it."""
        project = get_project(request, slug)
        rules.check_see_reports(request.user, project)
        try:
            found = verification.verified(project, request.query_params.dict())
        except ValueRefused as error:
            raise refused(error) from None
        return Response(verification.document(found))

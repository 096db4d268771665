"""A candidate in shadow of the champion: beginning and ending it, and how it does."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from feedback import rules
from feedback.queries.shadows import as_json, standing
from inference.models import ModelVersion, Shadow
from inference.models.shadow import LEAST_SHARE
from inference.queries import models
from inference.rules import check_shadow
from inference.services import shadows
from inference.services.shadows import ShadowRefused
from people.api.access import get_row
from people.api.problems import Problem
from people.api.views import View
from people.enums import Scope


class ErrorShareSerializer(serializers.Serializer):
    """An estimate with its 95% interval, null where nothing can be said; `answers` are what it rests on."""

    value = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    answers = serializers.IntegerField()


class ComparisonSerializer(serializers.Serializer):
    """`difference` is the model's `error` less the champion's: below 0 it errs less. About `captures` that both saw,
    from `verified` answers of which `enough` are wanted; of `unchecked` more nothing can be said."""

    captures = serializers.IntegerField()
    verified = serializers.IntegerField()
    enough = serializers.IntegerField()
    unchecked = serializers.IntegerField()
    champion_error = ErrorShareSerializer()
    error = ErrorShareSerializer()
    difference = ErrorShareSerializer()


class ShadowSerializer(serializers.ModelSerializer):
    """It goes on while `ended_at` is null. `seen` counts captures, `agreed` those on which both said the same."""

    model = serializers.UUIDField(source="model_id")
    champion = serializers.UUIDField(source="champion_id")
    by = serializers.CharField(source="by.username", allow_null=True, default=None)

    class Meta:
        model = Shadow
        fields = [
            "id",
            "model",
            "champion",
            "share",
            "by",
            "started_at",
            "ended_at",
            "ended_why",
            "seen",
            "agreed",
            "skipped",
            "failed",
            "failure",
            "failed_at",
        ]


class ModelShadowSerializer(serializers.Serializer):
    """The model's newest shadow, both null where it never ran in one."""

    shadow = ShadowSerializer(allow_null=True)
    comparison = ComparisonSerializer(allow_null=True)


class ShadowForm(serializers.Serializer):
    share = serializers.FloatField(
        default=1.0, min_value=LEAST_SHARE, max_value=1, help_text="Of the captures, 0.01..1."
    )


class ModelShadow(View):
    scopes = {"GET": Scope.READ, "POST": Scope.ADMIN, "DELETE": Scope.ADMIN}

    @extend_schema(operation_id="models_shadow", responses=ModelShadowSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        model = get_row(request, models.visible_to(request.user), pk=pk)
        rules.check_see(request.user, model.project)
        return Response(_told(model))

    @extend_schema(
        operation_id="models_shadow_start", request=ShadowForm, responses={201: ModelShadowSerializer}
    )
    def post(self, request: Request, pk: UUID) -> Response:
        model = get_row(request, models.visible_to(request.user), pk=pk)
        check_shadow(request.user, model.project)
        form = ShadowForm(data=request.data)
        form.is_valid(raise_exception=True)
        try:
            shadows.start(user=request.user, model=model, **form.validated_data)
        except ShadowRefused as refused:
            raise Problem("invalid", 409, str(refused)) from None
        return Response(_told(model), status=201)

    @extend_schema(operation_id="models_shadow_stop", responses={200: ModelShadowSerializer})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Stop it; what it was found to be worth stays and is answered."""
        model = get_row(request, models.visible_to(request.user), pk=pk)
        check_shadow(request.user, model.project)
        try:
            shadows.stop(user=request.user, model=model)
        except ShadowRefused as refused:
            raise Problem("invalid", 409, str(refused)) from None
        return Response(_told(model))


def _told(model: ModelVersion) -> dict[str, Any]:
    found = standing(model)
    held = {"shadow": found.shadow, "comparison": as_json(found)} if found else {}
    return ModelShadowSerializer({"shadow": None, "comparison": None, **held}).data

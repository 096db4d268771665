"""The registry of models: which there are, which serves, and how that changes."""

from typing import Any
from uuid import UUID

from django.conf import settings
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from feedback import rules
from feedback.api.model_jobs import ModelFile, ModelJobSerializer
from feedback.models import Promotion
from feedback.queries import models
from feedback.services import promotion
from feedback.services.promotion import GateFailed, NothingBefore
from inference.models import ModelVersion
from inference.services.model_jobs import request_registration
from inference.services.models import ModelRefused
from people.api import problems
from people.api.access import get_project, get_row
from people.api.bodies import OVERHEAD
from people.api.problems import Problem
from people.api.schema import PAGING, page_of
from people.api.uploads import Multipart, sent_name
from people.api.views import View
from people.enums import Scope


class TestFiguresSerializer(serializers.Serializer):
    """A classifier has `accuracy` and `ece`; a detector `f1` of what it proposes and `map`, at half an overlap."""

    accuracy = serializers.FloatField(allow_null=True)
    ece = serializers.FloatField(allow_null=True)
    f1 = serializers.FloatField(allow_null=True)
    map = serializers.FloatField(allow_null=True)
    per_label = serializers.DictField()
    images = serializers.IntegerField()
    test_hash = serializers.CharField()


class MetricsSerializer(serializers.Serializer):
    test = TestFiguresSerializer(allow_null=True)


class ModelSerializer(serializers.ModelSerializer):
    """`metrics.test` is null until the model was measured on a frozen test split."""

    parent = serializers.UUIDField(source="parent_id", allow_null=True)
    dataset = serializers.UUIDField(source="dataset_id", allow_null=True)
    labels = serializers.ListField(child=serializers.CharField())
    metrics = serializers.SerializerMethodField()

    class Meta:
        model = ModelVersion
        fields = [
            "id",
            "number",
            "name",
            "stage",
            "runtime",
            "architecture",
            "labels",
            "parent",
            "dataset",
            "metrics",
            "created_at",
        ]

    @extend_schema_field(MetricsSerializer)
    def get_metrics(self, model: ModelVersion) -> dict[str, Any]:
        made = models.test_figures(model)
        if made is None:
            return {**model.metrics, "test": model.metrics.get("test")}
        known = {name: made.metrics.get(name) for name in ("accuracy", "ece", "f1", "map", "per_label")}
        return {**model.metrics, "test": {**known, "images": made.images, "test_hash": made.test_hash}}


class RuleSerializer(serializers.Serializer):
    """Where the models were compared image by image: on how many `images`, the `part` on which the challenger does
    worst, and the `difference` of the scores with its 95% interval, `low` to `high`."""

    name = serializers.CharField()
    challenger = serializers.FloatField(allow_null=True)
    champion = serializers.FloatField(allow_null=True)
    limit = serializers.FloatField(allow_null=True)
    passed = serializers.BooleanField()
    part = serializers.CharField(default="")
    images = serializers.IntegerField(allow_null=True, default=None)
    difference = serializers.FloatField(allow_null=True, default=None)
    low = serializers.FloatField(allow_null=True, default=None)
    high = serializers.FloatField(allow_null=True, default=None)


class PromotionSerializer(serializers.ModelSerializer):
    """`challenger` serves from now on, `champion` did before; `rules` has both figures of each rule."""

    challenger = serializers.UUIDField(source="challenger_id")
    champion = serializers.UUIDField(source="champion_id", allow_null=True)
    rules = RuleSerializer(many=True)

    class Meta:
        model = Promotion
        fields = ["id", "kind", "challenger", "champion", "test_hash", "rules", "reason", "at"]


class PromotedSerializer(serializers.Serializer):
    promotion = PromotionSerializer()


class PromoteForm(serializers.Serializer):
    override_reason = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=2000, help_text="Serve in spite of the gate."
    )


class Models(View):
    scopes = {"GET": Scope.READ, "POST": Scope.ADMIN}
    parser_classes = [Multipart]
    most_body_bytes = settings.MAX_IMPORT_BYTES + OVERHEAD
    bulk = "file"

    @extend_schema(operation_id="models_list", parameters=PAGING, responses=page_of(ModelSerializer))
    def get(self, request: Request, slug: str) -> Response:
        project = get_project(request, slug)
        rules.check_see(request.user, project)
        return self.page(models.visible_to(request.user).filter(project=project), ModelSerializer)

    @extend_schema(
        operation_id="models_bring",
        request={"multipart/form-data": ModelFile},
        responses={202: ModelJobSerializer},
    )
    def post(self, request: Request, slug: str) -> Response:
        """Bring in an ONNX file: a worker tries it, and makes it a candidate or says why not."""
        project = get_project(request, slug)
        rules.check_promote(request.user, project)
        form = ModelFile(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        job = request_registration(
            user=request.user,
            project=project,
            file=(sent_name(given["file"]), given["file"].file),
            declaration=given["declaration"] or None,
            name=given["name"],
        )
        return Response(ModelJobSerializer(job).data, status=202)


class Promote(View):
    scopes = {"POST": Scope.ADMIN}

    @extend_schema(operation_id="models_promote", request=PromoteForm, responses={200: PromotedSerializer})
    def post(self, request: Request, pk: UUID) -> Response:
        model = get_row(request, models.visible_to(request.user), pk=pk)
        rules.check_promote(request.user, model.project)
        form = PromoteForm(data=request.data)
        form.is_valid(raise_exception=True)
        try:
            made = promotion.promote(user=request.user, model=model, **form.validated_data)
        except GateFailed as failed:
            # Answered, not raised: the figures that were asked for are kept.
            return problems.response(
                "gate-failed", 409, str(failed), rules=[rule.as_json() for rule in failed.rules]
            )
        except ModelRefused as refused:
            raise Problem("invalid", 409, str(refused)) from None
        made.refresh_from_db()
        return Response({"promotion": PromotionSerializer(made).data})


class Rollback(View):
    scopes = {"POST": Scope.ADMIN}

    @extend_schema(operation_id="models_rollback", request=None, responses={200: ModelSerializer})
    def post(self, request: Request, pk: UUID) -> Response:
        model = get_row(request, models.visible_to(request.user), pk=pk)
        rules.check_promote(request.user, model.project)
        try:
            serving = promotion.rollback(user=request.user, model=model)
        except (NothingBefore, ModelRefused) as refused:
            raise Problem("invalid", 409, str(refused)) from None
        return Response(ModelSerializer(models.visible_to(request.user).get(pk=serving.pk)).data)

"""What the gate says of a model, where it does worse, and what a project's gate asks."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from feedback import rules
from feedback.api.models import RuleSerializer
from feedback.queries.comparing import pair_on
from feedback.queries.gate import meeting
from feedback.queries.worse import sides, worsened
from feedback.services import gate_figures
from inference.enums import Over
from inference.models import ModelVersion
from inference.queries import models
from inference.queries.gate_terms import gate_terms
from inference.services.gate_terms import TermsRefused, set_gate_terms
from labeling.models import Image
from people.api.access import get_project, get_row
from people.api.pagination import Pages
from people.api.problems import Problem, invalid
from people.api.schema import PAGING, page_of
from people.api.views import View
from people.enums import Scope

WHICH = [str(over) for over in Over if over is not Over.CORRUPTED]


class ComparedSerializer(serializers.Serializer):
    """Scores 0..1 on `images`, and the challenger's less the champion's with its 95% interval. `kind`: overall, old
    labels, gold, recent, label, slice, corruption, or strength (one corruption at one strength); `part` says which."""

    kind = serializers.CharField()
    part = serializers.CharField()
    images = serializers.IntegerField()
    challenger = serializers.FloatField()
    champion = serializers.FloatField()
    difference = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()


class GateSerializer(serializers.Serializer):
    """`passed` is whether every one of the `rules` holds. `compared` is empty before both were measured."""

    champion = serializers.UUIDField(allow_null=True)
    test_hash = serializers.CharField(allow_null=True)
    passed = serializers.BooleanField()
    rules = RuleSerializer(many=True)
    compared = ComparedSerializer(many=True)


class SaidSerializer(serializers.Serializer):
    label = serializers.CharField()
    count = serializers.IntegerField()
    right = serializers.IntegerField()


class WorseSerializer(serializers.Serializer):
    """An image on which the challenger does worse: what is true of it, and what both said."""

    image = serializers.UUIDField(source="image.pk")
    sha256 = serializers.CharField(source="image.sha256")
    true = serializers.SerializerMethodField()
    champion = serializers.SerializerMethodField()
    challenger = serializers.SerializerMethodField()

    @extend_schema_field(SaidSerializer(many=True))
    def get_true(self, side: Any) -> list[dict[str, Any]]:
        return _told(side.true)

    @extend_schema_field(SaidSerializer(many=True))
    def get_champion(self, side: Any) -> list[dict[str, Any]]:
        return _told(side.champion)

    @extend_schema_field(SaidSerializer(many=True))
    def get_challenger(self, side: Any) -> list[dict[str, Any]]:
        return _told(side.challenger)


class GateTermsSerializer(serializers.Serializer):
    """Ratios are 0..1; `most_ece` null bounds no calibration error."""

    margin = serializers.FloatField(help_text="How much worse it may be on a part of the images.")
    least_images = serializers.IntegerField(help_text="A part of fewer images is not judged.")
    most_ece = serializers.FloatField(allow_null=True)
    must_be_proven = serializers.BooleanField()


class Gate(View):
    scopes = {"GET": Scope.READ, "POST": Scope.ADMIN}

    @extend_schema(operation_id="models_gate", responses=GateSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """Every rule as it stands now, and how the model compares with the champion."""
        model = _model(request, pk)
        serving = models.champion(model.project_id)
        met = meeting(model, serving)
        tried = met.judged()
        told = {
            "champion": serving.pk if serving else None,
            "test_hash": met.dataset.test_hash if met.dataset else None,
            "passed": all(rule.passed for rule in tried),
            "rules": tried,
            "compared": met.case.compared,
        }
        return Response(GateSerializer(told).data)

    @extend_schema(operation_id="models_measure", request=None, responses={202: None})
    def post(self, request: Request, pk: UUID) -> Response:
        """Have a worker measure the model and the champion on what they were not measured on yet."""
        model = _model(request, pk)
        try:
            gate_figures.measure_again(user=request.user, model=model)
        except gate_figures.NothingToMeasureOn as nothing:
            raise Problem("invalid", 409, str(nothing)) from None
        return Response(status=202)


class GateWorse(View):
    scopes = {"GET": Scope.READ}

    @extend_schema(
        operation_id="models_worse",
        parameters=[OpenApiParameter("over", str, enum=WHICH, description="test by default."), *PAGING],
        responses=page_of(WorseSerializer),
    )
    def get(self, request: Request, pk: UUID) -> Response:
        """The images on which the model does worse than the champion, newest first; of more than 1,000 the worst."""
        model = _model(request, pk)
        over = request.query_params.get("over", str(Over.TEST))
        if over not in WHICH:
            raise invalid("over", f"must be one of {', '.join(WHICH)}.")
        serving = models.champion(model.project_id)
        met = meeting(model, serving)
        both = None
        if serving is not None and serving.pk != model.pk and met.dataset is not None:
            both = pair_on(model, serving, met.dataset.test_hash, Over(over))
        found = worsened(model.project_id, both)[1] if both else Image.objects.none()
        pages = Pages()
        page = pages.paginate_queryset(found, request, view=self)
        return pages.get_paginated_response(
            WorseSerializer(sides(both, page) if both else [], many=True).data
        )


class ProjectGate(View):
    scopes = {"GET": Scope.READ, "POST": Scope.ADMIN}

    @extend_schema(operation_id="gate_read", responses=GateTermsSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """What the project's gate asks of a challenger."""
        project = get_project(request, slug)
        rules.check_see(request.user, project)
        return Response(GateTermsSerializer(gate_terms(project)).data)

    @extend_schema(operation_id="gate_set", request=GateTermsSerializer, responses=GateTermsSerializer)
    def post(self, request: Request, slug: str) -> Response:
        """Set all of it."""
        project = get_project(request, slug)
        rules.check_promote(request.user, project)
        form = GateTermsSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        try:
            made = set_gate_terms(user=request.user, project=project, **form.validated_data)
        except TermsRefused as refused:
            raise invalid(refused.field, refused.reason) from None
        return Response(GateTermsSerializer(made).data)


def _model(request: Request, pk: UUID) -> ModelVersion:
    model = get_row(request, models.visible_to(request.user).select_related("project"), pk=pk)
    rules.check_see(request.user, model.project)
    return model


def _told(said: list[tuple[str, int, int]]) -> list[dict[str, Any]]:
    return [{"label": label, "count": count, "right": right} for label, count, right in said]

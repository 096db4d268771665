"""Bringing models in, profiling them, and what a project allows them to cost."""

import json
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from feedback import rules
from feedback.services import narrowing
from inference.domain.declaration import Declaration, DeclarationRefused
from inference.enums import JobKind, RunState
from inference.models import ModelVersion
from inference.queries import model_jobs, models
from inference.queries.budgets import budget, over_budget
from inference.services.budget import BudgetRefused, set_budget
from inference.services.model_jobs import request_profile
from inference.services.narrowing import NarrowRefused
from people.api.access import get_project, get_row
from people.api.problems import Problem, invalid
from people.api.views import View
from people.enums import Scope


class ModelJobSerializer(serializers.Serializer[Any]):
    """`model` is what was brought in, once it was, or what is profiled; `error` says why it came to nothing."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=[str(kind) for kind in JobKind])
    state = serializers.ChoiceField(choices=[str(state) for state in RunState])
    name = serializers.CharField(help_text="Of the file, as it was sent.")
    progress = serializers.FloatField()
    model = serializers.UUIDField(source="model_id", allow_null=True)
    error = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)

    def get_error(self, job: Any) -> str | None:
        return job.error or None


class ModelFile(serializers.Serializer[Any]):
    file = serializers.FileField(help_text="One ONNX file, its weights within.")
    name = serializers.CharField(default="", allow_blank=True, max_length=200)
    declaration = serializers.CharField(
        default="",
        allow_blank=True,
        help_text="JSON: labels (a key of the project for each column, - for none), output, size, resize, layout, "
        "colour, scale, mean, std, units, corners, overlap, floor. Left out for a file of Vouch's own trainer.",
    )

    def validate_declaration(self, text: str) -> Declaration | None:
        if not text:
            return None
        try:
            given = json.loads(text)
            if not isinstance(given, dict):
                raise ValueError("not an object")
            return Declaration.from_json(given)
        except DeclarationRefused as refused:
            raise serializers.ValidationError(str(refused)) from None
        except (ValueError, TypeError, RecursionError):
            raise serializers.ValidationError('must be a JSON object like {"labels": ["a", "b"]}.') from None


class BudgetSerializer(serializers.Serializer[Any]):
    """The p95 of one picture on one thread, and the model's files together; null is not bounded."""

    latency_ms = serializers.FloatField(allow_null=True)
    bytes = serializers.IntegerField(allow_null=True)


class ProfileSerializer(serializers.Serializer[Any]):
    """`profile`: at, machine, latency_ms, timings (precision, threads, batch, p50_ms, p95_ms, p99_ms,
    images_per_second) and, by precision, bytes, right of labelled (of a detector f1 and map), agreement. `baseline`:
    how it did on labelled images when it came, and rules without a network. `over_budget`: what it takes too much
    of, in words."""

    profile = serializers.DictField()
    baseline = serializers.DictField()
    budget = BudgetSerializer()
    over_budget = serializers.ListField(child=serializers.CharField())


class ProfileForm(serializers.Serializer[Any]):
    int8 = serializers.BooleanField(
        default=False, help_text="Keep the quantised model as a candidate where its accuracy holds."
    )
    narrow = serializers.BooleanField(
        default=False,
        help_text="Instead, train a narrower model to say what it says, on the dataset frozen last, and keep it as a "
        "candidate where its accuracy holds and it is faster.",
    )


class ModelJobState(View):
    scopes = {"GET": (Scope.READ, Scope.ADMIN)}

    @extend_schema(operation_id="model_jobs_read", responses=ModelJobSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """How far a file that was sent, or a profile, has come."""
        return Response(ModelJobSerializer(get_row(request, model_jobs.visible_to(request.user), pk=pk)).data)


class ModelProfile(View):
    scopes = {"GET": Scope.READ, "POST": Scope.ADMIN}

    @extend_schema(operation_id="models_profile", responses=ProfileSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """What was measured of a model, held against the project's budget."""
        model = self._model(request, pk)
        return Response(
            ProfileSerializer(
                {
                    "profile": model.profile,
                    "baseline": model.baseline,
                    "budget": budget(model.project),
                    "over_budget": over_budget(model),
                }
            ).data
        )

    @extend_schema(
        operation_id="models_profile_start", request=ProfileForm, responses={202: ModelJobSerializer}
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Have a worker measure it anew, in floats and in int8, or train a narrower one from it."""
        model = self._model(request, pk)
        rules.check_promote(request.user, model.project)
        form = ProfileForm(data=request.data)
        form.is_valid(raise_exception=True)
        if not model.key:
            raise Problem("invalid", 409, f"{model} runs elsewhere: there is no file to profile.")
        if form.validated_data["narrow"]:
            try:
                job = narrowing.request(user=request.user, model=model)
            except NarrowRefused as refused:
                raise Problem("invalid", 409, str(refused)) from None
        else:
            job = request_profile(user=request.user, model=model, int8=form.validated_data["int8"])
        return Response(ModelJobSerializer(job).data, status=202)

    def _model(self, request: Request, pk: UUID) -> ModelVersion:
        model = get_row(request, models.visible_to(request.user).select_related("project"), pk=pk)
        rules.check_see(request.user, model.project)
        return model


class ServingBudget(View):
    scopes = {"GET": Scope.READ, "POST": Scope.ADMIN}

    @extend_schema(operation_id="serving_budget_read", responses=BudgetSerializer)
    def get(self, request: Request, slug: str) -> Response:
        project = get_project(request, slug)
        rules.check_see(request.user, project)
        return Response(BudgetSerializer(budget(project)).data)

    @extend_schema(operation_id="serving_budget_set", request=BudgetSerializer, responses=BudgetSerializer)
    def post(self, request: Request, slug: str) -> Response:
        """A model over it is flagged, and does not pass the gate."""
        project = get_project(request, slug)
        rules.check_promote(request.user, project)
        form = BudgetSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        try:
            made = set_budget(
                user=request.user,
                project=project,
                latency_ms=given["latency_ms"],
                most_bytes=given["bytes"],
            )
        except BudgetRefused as refused:
            raise invalid(refused.field, refused.reason) from None
        return Response(BudgetSerializer(made).data)

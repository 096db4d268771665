"""Starting trainings on frozen datasets, and watching them."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from feedback import rules
from feedback.enums import DatasetState
from feedback.models import DatasetVersion
from feedback.queries import datasets
from inference.models import ModelVersion, TrainingRun
from inference.queries import models, runs
from inference.services.trainers import METHODS, TrainingRefused, settled
from inference.services.training import request_run
from people.api.access import get_project, get_row
from people.api.problems import invalid
from people.api.schema import PAGING, page_of
from people.api.views import View
from people.enums import Scope
from people.models import Project

HIGHEST_SEED = 2**31 - 1


class RunSerializer(serializers.ModelSerializer):
    dataset = serializers.UUIDField(source="dataset_id")
    base = serializers.UUIDField(source="base_id", allow_null=True)
    model = serializers.UUIDField(source="model_id", allow_null=True)
    error = serializers.SerializerMethodField()
    options = serializers.DictField(help_text="As asked for, with the method named.")
    curve = serializers.ListField(child=serializers.DictField())

    class Meta:
        model = TrainingRun
        fields = [
            "id",
            "state",
            "dataset",
            "base",
            "options",
            "seed",
            "progress",
            "eta_seconds",
            "model",
            "error",
            "curve",
            "created_at",
            "started_at",
            "finished_at",
        ]

    def get_error(self, run: TrainingRun) -> str | None:
        return run.error or None


class RunForm(serializers.Serializer):
    dataset = serializers.UUIDField()
    base = serializers.CharField(
        required=False,
        allow_null=True,
        default=None,
        help_text="null: from scratch; champion; or a model's id.",
    )
    seed = serializers.IntegerField(required=False, default=0, min_value=0, max_value=HIGHEST_SEED)
    method = serializers.ChoiceField(
        choices=METHODS,
        required=False,
        allow_null=True,
        default=None,
        help_text="scratch without a base; with one replay (the default), naive or head.",
    )
    options = serializers.DictField(
        required=False,
        default=dict,
        help_text='Of the trainer, like {"steps": 300, "replay_per_label": 100}.',
    )
    promote_if_better = serializers.BooleanField(
        required=False, default=False, help_text="Have it serve at once if it passes the gate."
    )


def find_dataset(request: Request, project: Project, pk: UUID) -> DatasetVersion:
    """The project's frozen dataset; raises a 400 that says what is wrong with another."""
    dataset = datasets.visible_to(request.user).filter(project=project, pk=pk).first()
    if dataset is None:
        raise invalid("dataset", "is not a dataset of this project.")
    if dataset.state != DatasetState.FROZEN:
        raise invalid("dataset", f"is {dataset.state}; only a frozen dataset can be trained on.")
    if not dataset.counts["train"]:
        raise invalid(
            "dataset", "holds no images to train on, only held-out ones; freeze one with wider filters."
        )
    return dataset


def find_base(project: Project, named: str | None) -> ModelVersion | None:
    """The model to go on from; raises a 400 where there is no such model."""
    if named is None:
        return None
    base = models.named(project, named)
    if base is None:
        if named == models.CHAMPION:
            raise invalid("base", "this project has no champion yet; send null.")
        raise invalid("base", "must be null, champion or the id of a model of this project.")
    return base


class TrainingRuns(View):
    scopes = {"GET": Scope.READ, "POST": Scope.ADMIN}

    @extend_schema(operation_id="training_runs_list", parameters=PAGING, responses=page_of(RunSerializer))
    def get(self, request: Request, slug: str) -> Response:
        project = get_project(request, slug)
        rules.check_see(request.user, project)
        return self.page(runs.visible_to(request.user).filter(project=project), RunSerializer)

    @extend_schema(operation_id="training_runs_start", request=RunForm, responses={202: RunSerializer})
    def post(self, request: Request, slug: str) -> Response:
        project = get_project(request, slug)
        rules.check_train(request.user, project)
        form = RunForm(data=request.data)
        form.is_valid(raise_exception=True)
        given: dict[str, Any] = form.validated_data
        dataset = find_dataset(request, project, given["dataset"])
        base = find_base(project, given["base"])
        options = {name: value for name, value in given["options"].items() if name != "promote_if_better"}
        if given["method"] is not None:
            options["method"] = given["method"]
        if given["promote_if_better"]:
            options["promote_if_better"] = True
        try:
            settled(options, has_base=base is not None, task_type=project.task_type)
        except TrainingRefused as refused:
            raise invalid("options", str(refused)) from None
        try:
            run = request_run(
                user=request.user,
                project=project,
                dataset_id=dataset.pk,
                manifest_key=dataset.manifest_key,
                base=base,
                seed=given["seed"],
                options=options,
            )
        except TrainingRefused as refused:
            raise invalid("base", str(refused)) from None
        return Response(RunSerializer(run).data, status=202)


class Run(View):
    scopes = {"GET": Scope.READ}

    @extend_schema(operation_id="training_runs_read", responses=RunSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        return Response(RunSerializer(get_row(request, runs.visible_to(request.user), pk=pk)).data)

"""Freezing datasets, and how that goes."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from feedback import rules
from feedback.models import DatasetVersion
from feedback.queries import datasets
from feedback.services.datasets import request_dataset
from feedback.services.filters import FiltersRefused
from people.api.access import get_project, get_row
from people.api.problems import Problem
from people.api.schema import PAGING, page_of
from people.api.views import View
from people.enums import Scope


class CountsSerializer(serializers.Serializer):
    train = serializers.IntegerField()
    val = serializers.IntegerField()
    test = serializers.IntegerField()


class DatasetSerializer(serializers.ModelSerializer):
    """`hash` and `counts` are null until it is frozen; `unchanged`: the parent holds the same content."""

    hash = serializers.SerializerMethodField()
    counts = serializers.SerializerMethodField()
    unchanged = serializers.SerializerMethodField()
    parent = serializers.UUIDField(source="parent_id", allow_null=True)
    labels = serializers.ListField(child=serializers.CharField())
    filters = serializers.DictField()
    card = serializers.DictField()

    class Meta:
        model = DatasetVersion
        fields = [
            "id",
            "number",
            "name",
            "state",
            "error",
            "hash",
            "counts",
            "parent",
            "unchanged",
            "labels",
            "filters",
            "card",
            "created_at",
            "frozen_at",
        ]

    def get_hash(self, dataset: DatasetVersion) -> str | None:
        return dataset.hash or None

    @extend_schema_field(CountsSerializer(allow_null=True))
    def get_counts(self, dataset: DatasetVersion) -> dict[str, int] | None:
        return dataset.counts or None

    def get_unchanged(self, dataset: DatasetVersion) -> bool:
        return bool(dataset.card.get("unchanged"))


class DatasetForm(serializers.Serializer):
    name = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    filters = serializers.JSONField(
        required=False,
        allow_null=True,
        default=None,
        help_text="An object of min_answers, guideline_from, sources, since, until, val_share, test_share, "
        "synthetic_share.",
    )


class Datasets(View):
    scopes = {"GET": Scope.READ, "POST": Scope.ADMIN}

    @extend_schema(operation_id="datasets_list", parameters=PAGING, responses=page_of(DatasetSerializer))
    def get(self, request: Request, slug: str) -> Response:
        project = get_project(request, slug)
        rules.check_see(request.user, project)
        return self.page(datasets.visible_to(request.user).filter(project=project), DatasetSerializer)

    @extend_schema(operation_id="datasets_freeze", request=DatasetForm, responses={202: DatasetSerializer})
    def post(self, request: Request, slug: str) -> Response:
        project = get_project(request, slug)
        rules.check_freeze(request.user, project)
        form = DatasetForm(data=request.data)
        form.is_valid(raise_exception=True)
        given: dict[str, Any] = form.validated_data
        try:
            dataset = request_dataset(user=request.user, project=project, **given)
        except FiltersRefused as refused:
            raise Problem("invalid", 400, str(refused), refused.errors) from None
        return Response(DatasetSerializer(dataset).data, status=202)


class Dataset(View):
    scopes = {"GET": Scope.READ}

    @extend_schema(operation_id="datasets_read", responses=DatasetSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        return Response(DatasetSerializer(get_row(request, datasets.visible_to(request.user), pk=pk)).data)

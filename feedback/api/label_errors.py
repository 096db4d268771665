"""Looking for label errors over the API; suspects are sent to review by the filters of rounds."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from feedback import rules
from feedback.enums import SuspectKind
from feedback.models import LabelErrorSearch
from feedback.queries import datasets
from feedback.queries import label_errors as queries
from feedback.services.label_errors import SearchRefused, request_search
from inference.enums import RunState
from people.api.access import get_row
from people.api.pagination import Pages
from people.api.problems import Problem, invalid
from people.api.schema import PAGING, page_of
from people.api.views import View
from people.enums import Scope

KINDS = [str(kind) for kind in SuspectKind]


class LabelErrorSearchSerializer(serializers.ModelSerializer):
    """`found` has judged, flagged, estimated, left_out by label, unreadable, and the model that helped; it is empty
    until the search has succeeded."""

    dataset = serializers.UUIDField(source="dataset_id")
    state = serializers.ChoiceField(choices=[str(state) for state in RunState])
    error = serializers.SerializerMethodField()
    found = serializers.DictField()

    class Meta:
        model = LabelErrorSearch
        fields = ["id", "dataset", "state", "progress", "error", "found", "created_at", "finished_at"]

    def get_error(self, search: LabelErrorSearch) -> str | None:
        return search.error or None


class LabelReviewSerializer(serializers.Serializer[Any]):
    """What came of the suspects sent. `share` of the reviewed were errors indeed, with Wilson's interval at 95%; both
    are null before the first. `unsettled` were answered, and nothing new is held true of them."""

    suspects = serializers.IntegerField(help_text="In the list.")
    sent = serializers.IntegerField()
    waiting = serializers.IntegerField()
    reviewed = serializers.IntegerField()
    errors = serializers.IntegerField()
    as_suggested = serializers.IntegerField()
    unsettled = serializers.IntegerField()
    share = serializers.FloatField(allow_null=True)
    interval = serializers.ListField(
        child=serializers.FloatField(), min_length=2, max_length=2, allow_null=True
    )


class LabelReviewsSerializer(serializers.Serializer[Any]):
    label = LabelReviewSerializer()
    duplicate = LabelReviewSerializer()
    outlier = LabelReviewSerializer()


class WatchedSearchSerializer(LabelErrorSearchSerializer):
    reviews = LabelReviewsSerializer()

    class Meta(LabelErrorSearchSerializer.Meta):
        fields = [*LabelErrorSearchSerializer.Meta.fields, "reviews"]


class LabelSuspectSerializer(serializers.Serializer[Any]):
    """`suggested` and the probabilities are null but for kind label, `like` but for duplicate. `distance` is in bits of
    the hash for duplicate, from the nearest images for outlier."""

    rank = serializers.IntegerField()
    image = serializers.UUIDField(source="image_id")
    sha256 = serializers.CharField(source="image.sha256")
    filename = serializers.CharField(source="image.filename")
    given = serializers.CharField()
    suggested = serializers.SerializerMethodField()
    given_probability = serializers.FloatField(allow_null=True)
    suggested_probability = serializers.FloatField(allow_null=True)
    like = serializers.UUIDField(source="like_id", allow_null=True)
    distance = serializers.FloatField(allow_null=True)

    def get_suggested(self, suspect: Any) -> str | None:
        return suspect.suggested or None


def _told(review: queries.Review, suspects: int) -> dict[str, Any]:
    return {**asdict(review), "suspects": suspects, "share": review.share, "interval": review.interval}


class SuspectPages(Pages):
    ordering = "id"


class DatasetLabelErrors(View):
    scopes = {"GET": Scope.READ, "POST": Scope.ADMIN}

    @extend_schema(
        operation_id="label_errors_list", parameters=PAGING, responses=page_of(LabelErrorSearchSerializer)
    )
    def get(self, request: Request, pk: UUID) -> Response:
        """The searches in the dataset, newest first."""
        dataset = get_row(request, datasets.visible_to(request.user), pk=pk)
        return self.page(queries.visible_to(request.user).filter(dataset=dataset), LabelErrorSearchSerializer)

    @extend_schema(
        operation_id="label_errors_look", request=None, responses={202: LabelErrorSearchSerializer}
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Have a worker look for label errors; a search under way is answered as it is."""
        dataset = get_row(request, datasets.visible_to(request.user).select_related("project"), pk=pk)
        rules.check_look_for_label_errors(request.user, dataset.project)
        try:
            search = request_search(user=request.user, dataset=dataset)
        except SearchRefused as refused:
            raise Problem("invalid", 409, str(refused)) from None
        return Response(LabelErrorSearchSerializer(search).data, status=202)


class LabelErrors(View):
    scopes = {"GET": Scope.READ}

    @extend_schema(operation_id="label_errors_read", responses=WatchedSearchSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """How the search goes, and of each of its lists what came of the review."""
        search = get_row(request, queries.visible_to(request.user), "dataset__project", pk=pk)
        counts = queries.counts(search)
        search.reviews = {
            str(kind): _told(queries.review(search, kind), counts[kind]) for kind in SuspectKind
        }
        return Response(WatchedSearchSerializer(search).data)


class LabelSuspects(View):
    scopes = {"GET": Scope.READ}

    @extend_schema(
        operation_id="label_errors_suspects",
        parameters=[OpenApiParameter("kind", str, enum=KINDS, description="label where left out."), *PAGING],
        responses=page_of(LabelSuspectSerializer),
    )
    def get(self, request: Request, pk: UUID) -> Response:
        """The suspects of one list, the likeliest error first."""
        search = get_row(request, queries.visible_to(request.user), "dataset__project", pk=pk)
        kind = request.query_params.get("kind", SuspectKind.LABEL.value)
        if kind not in KINDS:
            raise invalid("kind", f"must be one of {', '.join(KINDS)}.")
        pages = SuspectPages()
        page = pages.paginate_queryset(queries.suspects(search, SuspectKind(kind)), request, view=self)
        return pages.get_paginated_response(LabelSuspectSerializer(page, many=True).data)

"""Known answers over the API: made, listed and retired by who leads a project, and how people did on them."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from labeling import rules
from labeling.api.tasks import refused
from labeling.domain.values import ValueRefused
from labeling.models import Image
from labeling.queries import gold
from labeling.services import gold as service
from people.api.access import get_project, get_row
from people.api.problems import invalid
from people.api.schema import PAGING, page_of
from people.api.views import View
from people.enums import Scope
from people.models import User


class GoldSerializer(serializers.Serializer):
    """`value` is the known answer; `why` is shown after a quiz to who answered otherwise."""

    id = serializers.UUIDField(read_only=True)
    image = serializers.UUIDField(source="image_id")
    value = serializers.JSONField()
    why = serializers.CharField(max_length=service.LONGEST_WHY, allow_blank=True, default="")
    created_at = serializers.DateTimeField(read_only=True)
    retired_at = serializers.DateTimeField(read_only=True, allow_null=True)


class GoldScoreSerializer(serializers.Serializer):
    """`low` to `high` is Wilson's 95% interval of the share of known answers they got right."""

    annotator = serializers.CharField()
    right = serializers.IntegerField()
    total = serializers.IntegerField()
    share = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()


class GoldList(View):
    scopes = {"GET": Scope.READ, "POST": Scope.ADMIN}

    @extend_schema(operation_id="gold_list", parameters=PAGING, responses=page_of(GoldSerializer))
    def get(self, request: Request, slug: str) -> Response:
        """The known answers, newest first; the retired ones too."""
        project = get_project(request, slug)
        rules.check_run_rounds(request.user, project)
        return self.page(gold.visible_to(request.user).filter(project=project), GoldSerializer)

    @extend_schema(operation_id="gold_make", request=GoldSerializer, responses={201: GoldSerializer})
    def post(self, request: Request, slug: str) -> Response:
        """Hold this answer about the image for known; it takes the place of another one about it."""
        project = get_project(request, slug)
        rules.check_run_rounds(request.user, project)
        form = GoldSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        fields = dict(form.validated_data)
        image = Image.objects.filter(project=project, pk=fields.pop("image_id")).first()
        if image is None:
            raise invalid("image", "is no image of this project.")
        try:
            made = service.make_gold(user=request.user, project=project, image=image, **fields)
        except ValueRefused as error:
            raise refused(error) from None
        return Response(GoldSerializer(made).data, status=201)


class GoldRetirement(View):
    scopes = {"POST": Scope.ADMIN}

    @extend_schema(operation_id="gold_retire", request=None, responses=GoldSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """Serve it no more and score nobody by it; again is the same."""
        found = get_row(request, gold.visible_to(request.user), pk=pk)
        return Response(GoldSerializer(service.retire_gold(user=request.user, gold=found)).data)


class GoldScores(View):
    scopes = {"GET": Scope.READ}

    @extend_schema(
        operation_id="gold_scores",
        responses=inline_serializer("GoldScores", {"scores": GoldScoreSerializer(many=True)}),
    )
    def get(self, request: Request, slug: str) -> Response:
        """How many known answers served among their tasks each person got right, as they stand now."""
        project = get_project(request, slug)
        rules.check_run_rounds(request.user, project)
        return Response({"scores": GoldScoreSerializer(_rows(gold.gold_scores(project)), many=True).data})


def _rows(scores: dict[int, gold.Score]) -> list[dict[str, Any]]:
    names = dict(User.objects.filter(pk__in=scores).values_list("pk", "username"))
    rows = []
    for pk, score in scores.items():
        low, high = score.interval or (0.0, 1.0)
        rows.append(
            {
                "annotator": names[pk],
                "right": score.right,
                "total": score.total,
                "share": score.share,
                "low": low,
                "high": high,
            }
        )
    return sorted(rows, key=lambda row: row["annotator"])

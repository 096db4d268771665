"""What to label next over the API: a ranking; a round of it is made by the filters of rounds."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from inference.domain.acquisition import STRATEGIES
from inference.services import next_images
from labeling import rules
from labeling.domain.image_filters import check_filters
from labeling.domain.values import ValueRefused
from labeling.queries import selecting
from people.api.access import get_project
from people.api.problems import invalid
from people.api.views import View
from people.enums import Scope

DEFAULT_COUNT = 50
MOST = 500


class RankedSerializer(serializers.Serializer):
    """`scores` are the champion's calibrated probabilities by label; empty for boxes."""

    image = serializers.UUIDField(source="image_id")
    scores = serializers.DictField(child=serializers.FloatField())


class NextSerializer(serializers.Serializer):
    strategy = serializers.CharField()
    images = RankedSerializer(many=True)


class NextImages(View):
    scopes = {"GET": Scope.READ}

    @extend_schema(
        operation_id="next_images_list",
        parameters=[
            OpenApiParameter("strategy", str, enum=list(STRATEGIES), description="The first where left out."),
            OpenApiParameter("limit", int, description=f"How many, {DEFAULT_COUNT} where left out."),
            OpenApiParameter("like", str, description="For like_these: ids of images, commas between."),
        ],
        responses=NextSerializer,
    )
    def get(self, request: Request, slug: str) -> Response:
        """Of the images nobody labelled or was asked about, those that would teach the model most, in order."""
        project = get_project(request, slug)
        rules.check_run_rounds(request.user, project)
        try:
            filters = check_filters(
                {
                    "strategy": request.query_params.get("strategy") or next(iter(STRATEGIES)),
                    "limit": request.query_params.get("limit") or DEFAULT_COUNT,
                    "like": request.query_params.get("like", ""),
                    "never_labelled": True,
                },
                selecting.fields(),
            )
            found = next_images.ranked(
                selecting.narrowed(project, filters),
                project,
                filters["strategy"],
                min(filters["limit"], MOST),
                like=filters.get("like", ()),
            )
        except ValueRefused as refused:
            name, reasons = next(iter(refused.errors.items()))
            raise invalid(name.removeprefix("filters."), reasons[0]) from None
        return Response(NextSerializer({"strategy": filters["strategy"], "images": found}).data)

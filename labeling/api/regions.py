"""Which part of a camera's picture its alerts are about."""

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.models import Region, Source
from labeling.rules import check_manage
from labeling.services import regions
from people.api.access import get_project
from people.api.problems import invalid
from people.api.views import View
from people.enums import Scope


class RegionSerializer(serializers.Serializer):
    name = serializers.CharField(max_length=regions.LONGEST_NAME)
    box = serializers.ListField(
        child=serializers.FloatField(),
        min_length=4,
        max_length=4,
        help_text="Left, top, right, bottom as shares of the upright picture, 0..1.",
    )


class SourceRegion(View):
    scopes = {"GET": Scope.READ, "PUT": Scope.ADMIN, "DELETE": Scope.ADMIN}

    @extend_schema(operation_id="region_read", responses=RegionSerializer)
    def get(self, request: Request, slug: str, key: str) -> Response:
        """404 where the source's alerts are about the whole picture."""
        region = Region.objects.filter(source=_source(request, slug, key)).first()
        if region is None:
            raise Http404(f"{key!r} has no region: its alerts are about the whole picture.")
        return Response(RegionSerializer(region).data)

    @extend_schema(operation_id="region_set", request=RegionSerializer, responses=RegionSerializer)
    def put(self, request: Request, slug: str, key: str) -> Response:
        source = _source(request, slug, key)
        check_manage(request.user, source.project)
        form = RegionSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given: dict[str, Any] = dict(form.validated_data)
        try:
            region = regions.set_region(user=request.user, source=source, **given)
        except regions.RegionRefused as refused:
            raise invalid(refused.field, str(refused)) from None
        return Response(RegionSerializer(region).data)

    @extend_schema(operation_id="region_clear", responses={204: None})
    def delete(self, request: Request, slug: str, key: str) -> Response:
        regions.clear_region(user=request.user, source=_source(request, slug, key))
        return Response(status=204)


def _source(request: Request, slug: str, key: str) -> Source:
    source = get_project(request, slug).sources.select_related("project").filter(key=key).first()
    if source is None:
        raise Http404(f"There is no source {key!r} in this project.")
    return source

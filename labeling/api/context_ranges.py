"""Into which ranges agreement reports put the numbers that images have in their context."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from labeling import rules
from labeling.api.tasks import refused
from labeling.domain.values import ValueRefused
from labeling.queries.agreement.measured import in_force
from labeling.services import context_ranges
from people.api.access import get_project
from people.api.views import View
from people.enums import Scope


class RangesSerializer(serializers.Serializer):
    """`{KEY: edges}`: ascending, a range begins with its edge; [10, 40] is below 10, 10 to 40, and 40 or more."""

    ranges = serializers.DictField(child=serializers.ListField(child=serializers.FloatField()))


class RangesOfContext(View):
    scopes = {"GET": Scope.READ, "PATCH": Scope.ADMIN}

    @extend_schema(operation_id="context_ranges_retrieve", responses=RangesSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """Those fixed at first sight of enough numbers, or changed since; a frozen report keeps its own."""
        project = get_project(request, slug)
        rules.check_see_reports(request.user, project)
        return Response({"ranges": in_force(project)})

    @extend_schema(operation_id="context_ranges_change", request=RangesSerializer, responses=RangesSerializer)
    def patch(self, request: Request, slug: str) -> Response:
        """Use these from now on; keys left out stay, and [] puts the numbers of a key in no ranges."""
        project = get_project(request, slug)
        rules.check_manage(request.user, project)
        form = RangesSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        try:
            context_ranges.change(user=request.user, project=project, edges=form.validated_data["ranges"])
        except ValueRefused as error:
            named = {f"ranges.{key}": reasons for key, reasons in error.errors.items()}
            raise refused(ValueRefused(named)) from None
        return Response({"ranges": in_force(project)})

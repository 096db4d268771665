"""Who works at the stores, and who of them manages theirs."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from people import rules
from people.api.access import get_project, get_row
from people.api.problems import invalid
from people.api.schema import PAGING, page_of
from people.api.views import View
from people.enums import Scope
from people.queries import associates
from people.services import managers


class AssociateSerializer(serializers.Serializer):
    username = serializers.CharField(source="user.username", read_only=True)
    name = serializers.CharField(source="user", read_only=True)
    sites = serializers.SerializerMethodField(help_text="The keys of their sites.")
    manages = serializers.BooleanField(
        help_text="Signs phones in at these sites, hears of what nobody answered."
    )

    def get_sites(self, membership: object) -> list[str]:
        return [site.key for site in membership.sites.all()]  # type: ignore[attr-defined]


class Associates(View):
    scopes = {"GET": Scope.READ}

    @extend_schema(operation_id="associates_list", parameters=PAGING, responses=page_of(AssociateSerializer))
    def get(self, request: Request, slug: str) -> Response:
        project = get_project(request, slug)
        rules.check_role(request.user, project, rules.LEADS, "list who works at the stores")
        return self.page(associates.visible_to(request.user, project), AssociateSerializer)


class OneAssociate(View):
    scopes = {"PATCH": Scope.ADMIN}

    @extend_schema(
        operation_id="associates_change", request=AssociateSerializer, responses=AssociateSerializer
    )
    def patch(self, request: Request, slug: str, username: str) -> Response:
        """Let them manage their sites, or no more."""
        project = get_project(request, slug)
        rules.check_role(request.user, project, rules.LEADS, "say who manages a store")
        form = AssociateSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        held = get_row(request, associates.visible_to(request.user, project), user__username=username)
        try:
            managers.set_manages(user=request.user, membership=held, manages=form.validated_data["manages"])
        except managers.NotToManage as refused:
            raise invalid("manages", str(refused)) from None
        return Response(AssociateSerializer(held).data)

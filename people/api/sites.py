"""Sites: read by who may see them, opened by engineers."""

from django.core.exceptions import ValidationError
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from people.api.fields import KeyField
from people.api.problems import invalid
from people.api.schema import PAGING, page_of
from people.api.views import View
from people.enums import Scope
from people.models.site import validate_timezone
from people.queries import sites
from people.services.sites import KeyTaken, create_site


class SiteSerializer(serializers.Serializer):
    key = KeyField()
    name = serializers.CharField(max_length=200)
    timezone = serializers.CharField(max_length=64, default="UTC")

    def validate_timezone(self, value: str) -> str:
        try:
            validate_timezone(value)
        except ValidationError as error:
            raise serializers.ValidationError(error.messages) from None
        return value


class Sites(View):
    scopes = {"GET": Scope.READ, "POST": Scope.ADMIN}

    @extend_schema(operation_id="sites_list", parameters=PAGING, responses=page_of(SiteSerializer))
    def get(self, request: Request) -> Response:
        return self.page(sites.visible_to(request.user), SiteSerializer)

    @extend_schema(operation_id="sites_create", request=SiteSerializer, responses={201: SiteSerializer})
    def post(self, request: Request) -> Response:
        form = SiteSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        try:
            site = create_site(user=request.user, **form.validated_data)
        except KeyTaken as taken:
            raise invalid("key", str(taken)) from None
        return Response(SiteSerializer(site).data, status=201)

"""Codes that sign phones in: made, listed and revoked by who manages the site."""

from typing import Any
from uuid import UUID

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
from people.models import User
from people.queries import sign_in_codes
from people.services import sign_in_codes as services
from people.views.codes import address_of, picture_of


class SignInCodeSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    project = serializers.CharField(source="project.slug")
    site = serializers.CharField(source="site.key")
    person = serializers.CharField(source="user.username")
    is_single_use = serializers.BooleanField()
    uses = serializers.IntegerField()
    last_used_at = serializers.DateTimeField(allow_null=True)
    ends_at = serializers.DateTimeField()
    revoked_at = serializers.DateTimeField(allow_null=True)
    made_by = serializers.CharField(source="made_by.username")
    created_at = serializers.DateTimeField()


class MadeCodeSerializer(SignInCodeSerializer):
    """`url` is what the picture holds; it is told this once, and only its digest is kept."""

    url = serializers.URLField()
    picture = serializers.CharField(help_text="The QR code, SVG.")


class CodeForm(serializers.Serializer):
    site = serializers.CharField(max_length=64, help_text="A site's key.")
    person = serializers.CharField(max_length=150, required=False, help_text="An associate's username; or")
    name = serializers.CharField(
        max_length=100, required=False, help_text="of somebody new, who becomes an associate of the site."
    )
    hours = serializers.FloatField(default=9, help_text="The shift's length, at most 24.")
    is_single_use = serializers.BooleanField(default=True)


class SignInCodes(View):
    """The answer to a POST holds a secret and is kept nowhere, so that it is not repeated by an Idempotency-Key."""

    scopes = {"GET": Scope.READ, "POST": Scope.ADMIN}
    is_repeatable = False

    @extend_schema(
        operation_id="sign_in_codes_list", parameters=PAGING, responses=page_of(SignInCodeSerializer)
    )
    def get(self, request: Request, slug: str) -> Response:
        project = get_project(request, slug)
        rules.check_manages(request.user, project)
        return self.page(sign_in_codes.visible_to(request.user).filter(project=project), SignInCodeSerializer)

    @extend_schema(operation_id="sign_in_codes_create", request=CodeForm, responses={201: MadeCodeSerializer})
    def post(self, request: Request, slug: str) -> Response:
        project = get_project(request, slug)
        rules.check_manages(request.user, project)
        form = CodeForm(data=request.data)
        form.is_valid(raise_exception=True)
        given: dict[str, Any] = dict(form.validated_data)
        site = sign_in_codes.sites_to_manage(request.user, project).filter(key=given.pop("site")).first()
        if site is None:
            raise invalid("site", "is no site of this project that you manage.")
        username = given.pop("person", None)
        if (username is None) == ("name" not in given):
            raise invalid("person", "give a person, or the name of somebody new; not both.")
        if username is not None:
            given["person"] = User.objects.filter(username=username).first()
            if given["person"] is None:
                raise invalid("person", "is no associate of this site.")
        try:
            code, secret = services.make_code(user=request.user, project=project, site=site, **given)
        except services.CodeRefused as refused:
            raise invalid(refused.field, str(refused)) from None
        address = address_of(request._request, secret)
        shown = SignInCodeSerializer(code).data | {"url": address, "picture": picture_of(address)}
        return Response(shown, status=201, headers={"Cache-Control": "no-store"})


class SignInCodeRevocation(View):
    scopes = {"POST": Scope.ADMIN}

    @extend_schema(operation_id="sign_in_codes_revoke", request=None, responses=SignInCodeSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """It opens nothing any more, and who came in by it is signed out; again is the same."""
        code = get_row(request, sign_in_codes.visible_to(request.user), pk=pk)
        return Response(SignInCodeSerializer(services.revoke(user=request.user, code=code)).data)

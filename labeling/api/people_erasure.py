"""Erasing a person's account: the installation's superuser, signed in."""

from django.core.exceptions import PermissionDenied
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.services.person_erasure import erase_person
from people.api.problems import invalid
from people.api.views import View
from people.enums import Scope
from people.models import Token, User
from people.rules import check_erase_people
from people.services.anonymising import NotToErase


class PersonErasureForm(serializers.Serializer):
    blank_words = serializers.BooleanField(
        default=False, help_text="Also what they typed: words, reasons and flags."
    )


class PersonErasureSerializer(serializers.Serializer):
    pseudonym = serializers.CharField(source="account.pseudonym")
    removed = serializers.DictField(source="account.removed", child=serializers.IntegerField())
    words = serializers.DictField(child=serializers.IntegerField(), help_text="Texts blanked, by kind.")
    answers = serializers.IntegerField(help_text="Kept under the pseudonym.")


class PersonErasure(View):
    scopes = {"POST": Scope.ADMIN}

    @extend_schema(operation_id="people_erase", request=PersonErasureForm, responses=PersonErasureSerializer)
    def post(self, request: Request, username: str) -> Response:
        """Anonymise an account for good; again is the same. No token may: it is one project's, a person is not."""
        if isinstance(request.auth, Token):
            raise PermissionDenied("A token belongs to one project: sign in to erase a person's account.")
        check_erase_people(request.user)
        form = PersonErasureForm(data=request.data)
        form.is_valid(raise_exception=True)
        person = User.objects.filter(username=username.replace("\0", "")).first()
        if person is None:
            raise Http404("There is no such person.")
        try:
            erased = erase_person(by=request.user, person=person, **form.validated_data)
        except NotToErase as refused:
            raise invalid("username", str(refused)) from None
        return Response(PersonErasureSerializer(erased).data)

"""Notifications of a browser: the key it needs, its subscription and when it may be told."""

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from people.api.problems import invalid
from people.api.schema import PAGING, page_of
from people.api.views import View
from people.enums import Scope
from people.models import Token
from people.models.site import validate_timezone
from people.queries import push
from people.services import push as services
from people.services import push_keys


class KeySerializer(serializers.Serializer):
    key = serializers.CharField(
        allow_null=True, help_text="The applicationServerKey; null where notifications are not set up."
    )


class KeysForm(serializers.Serializer):
    p256dh = serializers.CharField(max_length=100)
    auth = serializers.CharField(max_length=40)


class SubscriptionForm(serializers.Serializer):
    """As the browser's `PushSubscription.toJSON()` has it, with when it may be told."""

    endpoint = serializers.CharField(max_length=500)
    keys = KeysForm()
    timezone = serializers.CharField(max_length=64, default="UTC")
    language = serializers.CharField(max_length=10, default="en")
    quiet_from = serializers.TimeField(allow_null=True, default=None)
    quiet_until = serializers.TimeField(allow_null=True, default=None)
    per_hour = serializers.IntegerField(default=6, min_value=1, max_value=60)

    def validate_timezone(self, value: str) -> str:
        try:
            validate_timezone(value)
        except ValidationError as error:
            raise serializers.ValidationError(error.messages) from None
        return value


class SubscriptionSerializer(serializers.Serializer):
    """Its endpoint and keys are told nobody again."""

    id = serializers.UUIDField()
    timezone = serializers.CharField()
    language = serializers.CharField()
    quiet_from = serializers.TimeField(allow_null=True, format="%H:%M")
    quiet_until = serializers.TimeField(allow_null=True, format="%H:%M")
    per_hour = serializers.IntegerField()
    created_at = serializers.DateTimeField()


class PushKey(View):
    scopes = {"GET": (Scope.READ, Scope.ANSWER)}

    @extend_schema(operation_id="push_key_retrieve", responses=KeySerializer)
    def get(self, request: Request) -> Response:
        return Response({"key": push_keys.public_key()})


class PushSubscriptions(View):
    scopes = {"GET": (Scope.READ, Scope.ANSWER), "POST": Scope.ANSWER}

    @extend_schema(
        operation_id="push_subscriptions_list", parameters=PAGING, responses=page_of(SubscriptionSerializer)
    )
    def get(self, request: Request) -> Response:
        """The caller's own."""
        return self.page(push.visible_to(request.user), SubscriptionSerializer)

    @extend_schema(
        operation_id="push_subscriptions_create",
        request=SubscriptionForm,
        responses={201: SubscriptionSerializer},
    )
    def post(self, request: Request) -> Response:
        """Tell this browser from now on; again changes when it may be told. For people: a machine has no browser."""
        if isinstance(request.auth, Token):
            raise invalid("endpoint", "is a browser's, whose person is signed in; a token has none.")
        form = SubscriptionForm(data=request.data)
        form.is_valid(raise_exception=True)
        given: dict[str, Any] = dict(form.validated_data)
        keys = given.pop("keys")
        try:
            made = services.subscribe(user=request.user, **keys, **given)
        except services.SubscriptionRefused as refused:
            raise invalid(refused.field, str(refused)) from None
        return Response(SubscriptionSerializer(made).data, status=201)


class OnePushSubscription(View):
    scopes = {"DELETE": Scope.ANSWER}

    @extend_schema(operation_id="push_subscriptions_delete", responses={204: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Tell this browser nothing any more."""
        found = get_object_or_404(push.visible_to(request.user), pk=pk)
        services.unsubscribe(user=request.user, subscription=found)
        return Response(status=204)

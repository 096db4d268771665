"""Webhooks: told of what happens in a project, with a log of what was sent."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from people.api.access import get_project, get_row
from people.api.problems import Problem
from people.api.schema import PAGING, page_of
from people.api.views import View
from people.enums import DeliveryState, Event, Scope
from people.queries import webhooks as queries
from people.services import webhooks

EVENTS = [(str(event), str(event)) for event in Event]


class WebhookForm(serializers.Serializer):
    url = serializers.CharField(max_length=500)
    events = serializers.ListField(
        child=serializers.ChoiceField(EVENTS), required=False, help_text="Left out or empty: all of them."
    )


class WebhookChange(serializers.Serializer):
    url = serializers.CharField(max_length=500, required=False)
    events = serializers.ListField(child=serializers.ChoiceField(EVENTS), required=False)
    active = serializers.BooleanField(required=False)


class WebhookSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    url = serializers.CharField()
    events = serializers.ListField(child=serializers.CharField())
    active = serializers.BooleanField()
    failures = serializers.IntegerField(
        help_text="Attempts in a row that failed; after 8 over a day it is no longer active, and an alarm says so."
    )
    failing_since = serializers.DateTimeField(allow_null=True)
    by = serializers.CharField(source="by.username", default=None, allow_null=True)
    created_at = serializers.DateTimeField()


class NewWebhookSerializer(WebhookSerializer):
    secret = serializers.CharField(help_text="Signs what is sent. Said this once.")


class DeliverySerializer(serializers.Serializer):
    id = serializers.UUIDField()
    event = serializers.CharField()
    body = serializers.CharField(help_text="The JSON as it is sent and signed.")
    state = serializers.ChoiceField([(str(s), str(s)) for s in DeliveryState])
    attempts = serializers.IntegerField()
    next_at = serializers.DateTimeField(help_text="While it waits: not before then.")
    status = serializers.IntegerField(allow_null=True, help_text="What the receiver answered last.")
    error = serializers.CharField()
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class Webhooks(View):
    scopes = {"GET": Scope.ADMIN, "POST": Scope.ADMIN}

    @extend_schema(operation_id="webhooks_list", parameters=PAGING, responses=page_of(WebhookSerializer))
    def get(self, request: Request, slug: str) -> Response:
        """The project's webhooks, newest first; for engineers."""
        project = get_project(request, slug)
        webhooks.check_set(request.user, project)
        return self.page(queries.visible_to(request.user).filter(project=project), WebhookSerializer)

    @extend_schema(operation_id="webhooks_create", request=WebhookForm, responses={201: NewWebhookSerializer})
    def post(self, request: Request, slug: str) -> Response:
        """Tell an address of events from now on. The secret is answered this once."""
        project = get_project(request, slug)
        webhooks.check_set(request.user, project)
        form = WebhookForm(data=request.data)
        form.is_valid(raise_exception=True)
        try:
            made = webhooks.register(user=request.user, project=project, **form.validated_data)
        except webhooks.WebhookRefused as refused:
            raise Problem("invalid", 400, str(refused), refused.errors) from None
        return Response(NewWebhookSerializer(made).data, status=201)


class OneWebhook(View):
    scopes = {"GET": Scope.ADMIN, "PATCH": Scope.ADMIN, "DELETE": Scope.ADMIN}

    @extend_schema(operation_id="webhooks_read", responses=WebhookSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        return Response(WebhookSerializer(get_row(request, queries.visible_to(request.user), pk=pk)).data)

    @extend_schema(operation_id="webhooks_change", request=WebhookChange, responses=WebhookSerializer)
    def patch(self, request: Request, pk: UUID) -> Response:
        """Another address or other events; while it is not `active` nothing is sent, and nothing added."""
        webhook = get_row(request, queries.visible_to(request.user), pk=pk)
        form = WebhookChange(data=request.data)
        form.is_valid(raise_exception=True)
        try:
            held = webhooks.change(user=request.user, webhook=webhook, **form.validated_data)
        except webhooks.WebhookRefused as refused:
            raise Problem("invalid", 400, str(refused), refused.errors) from None
        return Response(WebhookSerializer(held).data)

    @extend_schema(operation_id="webhooks_delete", responses={204: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        webhook = get_row(request, queries.visible_to(request.user), pk=pk)
        webhooks.delete(user=request.user, webhook=webhook)
        return Response(status=204)


class Ping(View):
    scopes = {"POST": Scope.ADMIN}

    @extend_schema(operation_id="webhooks_ping", request=None, responses={201: DeliverySerializer})
    def post(self, request: Request, pk: UUID) -> Response:
        """Send something that means nothing, to see that it arrives."""
        webhook = get_row(request, queries.visible_to(request.user), pk=pk)
        made = webhooks.ping(user=request.user, webhook=webhook)
        made.refresh_from_db()
        return Response(DeliverySerializer(made).data, status=201)


class Deliveries(View):
    scopes = {"GET": Scope.ADMIN}

    @extend_schema(operation_id="deliveries_list", parameters=PAGING, responses=page_of(DeliverySerializer))
    def get(self, request: Request, pk: UUID) -> Response:
        """What was sent and is to be, newest first; what was finished is kept 30 days."""
        webhook = get_row(request, queries.visible_to(request.user), pk=pk)
        rows = queries.deliveries_visible_to(request.user).filter(webhook=webhook)
        return self.page(rows, DeliverySerializer)


class Redelivery(View):
    scopes = {"POST": Scope.ADMIN}

    @extend_schema(operation_id="deliveries_redeliver", request=None, responses=DeliverySerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """Send it again now, with the same id."""
        delivery = get_row(request, queries.deliveries_visible_to(request.user), "webhook__project", pk=pk)
        return Response(DeliverySerializer(webhooks.redeliver(user=request.user, delivery=delivery)).data)

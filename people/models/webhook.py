"""Addresses outside that are told what happens in a project, and everything that was or is to be sent to them."""

import secrets

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

from people.enums import DeliveryState
from people.models.project import Project


def new_secret() -> str:
    """256 random bits, as the receiver keeps them too."""
    return secrets.token_urlsafe(32)


class Webhook(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="webhooks")
    url = models.CharField(max_length=500)
    events = ArrayField(models.CharField(max_length=40), help_text="Names of events; empty: all of them.")
    secret = models.CharField(
        max_length=64,
        default=new_secret,
        editable=False,
        help_text="Signs what is sent, so it cannot be a digest.",
    )
    active = models.BooleanField(default=True)
    failures = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Attempts in a row that went wrong; 0 once one arrives."
    )
    failing_since = models.DateTimeField(null=True, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.url


class Delivery(models.Model):
    """One event for one webhook: written in the transaction in which it happened, sent by a worker afterwards."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    event = models.CharField(max_length=40)
    body = models.TextField(help_text="The JSON that is sent and signed, byte for byte.")
    state = models.CharField(
        max_length=10,
        choices=[(str(s), str(s)) for s in DeliveryState],
        default=DeliveryState.WAITING.value,
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(
        db_default=Now(), help_text="Not before then; while it is being sent, when it is given up for lost."
    )
    status = models.PositiveSmallIntegerField(null=True, help_text="What the receiver answered last.")
    error = models.TextField(blank=True, help_text="Why the last attempt went wrong, in a sentence.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="delivery_state", condition=models.Q(state__in=[str(s) for s in DeliveryState])
            ),
        ]
        indexes = [
            models.Index(name="delivery_log", fields=["webhook", "-id"]),
            models.Index(
                name="delivery_due", fields=["next_at"], condition=models.Q(state=DeliveryState.WAITING.value)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} to {self.webhook_id}"

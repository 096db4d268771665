"""A browser that wants to be told, and when it may be; and what it was told lately."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

from people.models.sign_in_code import SignInCode
from people.models.site import validate_timezone


class PushSubscription(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="push_subscriptions"
    )
    code = models.ForeignKey(
        SignInCode,
        null=True,
        on_delete=models.CASCADE,
        related_name="+",
        help_text="The shift it ends with, where its phone was signed in by a code.",
    )
    endpoint = models.CharField(max_length=500, unique=True)
    p256dh = models.CharField(max_length=100)
    auth = models.CharField(max_length=40)
    language = models.CharField(max_length=10, default="en")
    timezone = models.CharField(max_length=64, default="UTC", validators=[validate_timezone])
    quiet_from = models.TimeField(
        null=True, help_text="In its own time zone; over midnight where it is the later."
    )
    quiet_until = models.TimeField(null=True)
    per_hour = models.PositiveSmallIntegerField(default=6, help_text="No more than so many within an hour.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="quiet_hours_have_two_ends",
                condition=models.Q(quiet_from=None, quiet_until=None)
                | models.Q(quiet_from__isnull=False, quiet_until__isnull=False),
            ),
            models.CheckConstraint(name="push_per_hour", condition=models.Q(per_hour__range=(1, 60))),
        ]

    def __str__(self) -> str:
        return f"notifications of {self.user}"


class PushSent(models.Model):
    subscription = models.ForeignKey(PushSubscription, on_delete=models.CASCADE, related_name="sent")
    subject = models.CharField(max_length=100, help_text="What it was about: told once.")
    at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(name="told_once", fields=["subscription", "subject"])]

    def __str__(self) -> str:
        return self.subject

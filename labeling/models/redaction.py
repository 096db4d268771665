"""Images whose kept bytes were written anew: without what was under a part of them, or without their metadata."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

from labeling.enums import RedactionCause
from labeling.models.image import Image
from people.models import Project


class Redaction(models.Model):
    """One a rewriting, and its certificate. Written in the transaction that has the image's row name the new bytes;
    those before go afterwards, again and again until `confirmed_at`."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="redactions", db_index=False)
    image = models.ForeignKey(Image, on_delete=models.PROTECT, related_name="redactions")
    cause = models.CharField(max_length=10, choices=[(str(c), str(c)) for c in RedactionCause])
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    areas = models.JSONField(
        default=list, help_text="[left, top, right, bottom, what]: pixels of the upright image."
    )
    sha256_before = models.CharField(max_length=64)
    sha256_after = models.CharField(max_length=64)
    files = models.JSONField(help_text="What there was to remove: [{what, storage, key}].")
    made_at = models.DateTimeField(db_default=Now(), editable=False)
    removed_at = models.DateTimeField(null=True, help_text="When the bytes before had gone.")
    confirmed_at = models.DateTimeField(null=True, help_text="When they were not found once more.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="redaction_cause", condition=models.Q(cause__in=[str(c) for c in RedactionCause])
            ),
            models.CheckConstraint(
                name="redaction_confirmed_once_removed",
                condition=models.Q(confirmed_at=None) | models.Q(removed_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(name="redaction_unfinished", fields=["id"], condition=models.Q(confirmed_at=None)),
        ]

    def __str__(self) -> str:
        return f"redaction of {self.image_id}"

"""Images that were erased, what went with each, and when a project's images go by themselves."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

from labeling.enums import ErasureCause
from labeling.models.image import Image
from people.models import Project


class Erasure(models.Model):
    """One an image. It is the certificate, too: what was removed, who asked, and what had learned from the image.

    Written in the transaction that marks the image; the bytes go afterwards, again and again until `confirmed_at`.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="erasures", db_index=False)
    image = models.OneToOneField(Image, on_delete=models.PROTECT, related_name="erasure")
    cause = models.CharField(max_length=10, choices=[(str(c), str(c)) for c in ErasureCause])
    reason = models.TextField(blank=True, help_text="Why, in the words of who asked.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    removed = models.JSONField(
        default=dict, help_text="files: [{what, key, bytes}], facts: names, counts: {what: how many}."
    )
    learned = models.JSONField(
        default=dict, help_text="datasets and models it had come into, as the apps above fill it."
    )
    asked_at = models.DateTimeField(db_default=Now(), editable=False)
    removed_at = models.DateTimeField(null=True, help_text="When its bytes had gone.")
    confirmed_at = models.DateTimeField(
        null=True, help_text="When nothing was found any more, after all that was under way had ended."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="erasure_cause", condition=models.Q(cause__in=[str(c) for c in ErasureCause])
            ),
            models.CheckConstraint(
                name="erasure_confirmed_once_removed",
                condition=models.Q(confirmed_at=None) | models.Q(removed_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(name="erasure_by_project", fields=["project", "id"]),
            models.Index(name="erasure_unfinished", fields=["id"], condition=models.Q(confirmed_at=None)),
        ]

    def __str__(self) -> str:
        return f"erasure of {self.image_id}"


class PrivacySettings(models.Model):
    """What a project keeps of its photographs, and for how long. Without a row: no location, all as it came, ever."""

    project = models.OneToOneField(
        Project, primary_key=True, on_delete=models.CASCADE, related_name="privacy"
    )
    keeps_location = models.BooleanField(
        default=False, help_text="Where a file says where it was taken, that goes into the image's context."
    )
    accepted_days = models.PositiveIntegerField(
        null=True, help_text="Of images that nobody was asked about. Null: kept."
    )
    reviewed_days = models.PositiveIntegerField(
        null=True, help_text="Of images that people answered about, from the last time on. Null: kept."
    )
    blurs_faces = models.BooleanField(
        default=False, db_default=False, help_text="Faces are filled before an image is kept."
    )
    blurs_plates = models.BooleanField(
        default=False, db_default=False, help_text="Number plates are filled before an image is kept."
    )
    face_detector = models.JSONField(
        null=True, help_text="{key, sha256, bytes} of an ONNX file that finds faces; null: cascades do."
    )
    records_looks = models.BooleanField(
        default=False, db_default=False, help_text="Every look at an image is in the audit log."
    )
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    set_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="retention_days",
                condition=(models.Q(accepted_days=None) | models.Q(accepted_days__gte=1))
                & (models.Q(reviewed_days=None) | models.Q(reviewed_days__gte=1)),
            ),
        ]

    def __str__(self) -> str:
        return f"privacy of {self.project_id}"

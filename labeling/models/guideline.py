"""What people are told to go by: versions, immutable once published, and who has read which."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

from people.models import Project


class GuidelineVersion(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="guidelines")
    number = models.PositiveIntegerField(null=True, help_text="Given at publication, from 1.")
    body = models.TextField(blank=True, help_text="Markdown.")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    published_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_guideline_a_number", fields=["project", "number"]),
            models.UniqueConstraint(
                name="one_draft_a_project", fields=["project"], condition=models.Q(published_at=None)
            ),
            models.CheckConstraint(
                name="published_has_a_number",
                condition=models.Q(published_at=None, number=None)
                | models.Q(published_at__isnull=False, number__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"v{self.number}" if self.number else "draft"


class GuidelineAcknowledgement(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    guideline = models.ForeignKey(GuidelineVersion, on_delete=models.CASCADE, related_name="acknowledgements")
    at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="acknowledged_once", fields=["user", "guideline"]),
        ]

    def __str__(self) -> str:
        return f"{self.user} has read {self.guideline}"

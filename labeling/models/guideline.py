"""What people are told to go by: versions, immutable once published, and who has read which."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

from labeling.enums import FlagState
from labeling.models.image import Image
from labeling.models.label import Label
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


class GuidelineExample(models.Model):
    """An image that shows a label used rightly, or wrongly, and why. Part of its version: fixed with it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    guideline = models.ForeignKey(GuidelineVersion, on_delete=models.CASCADE, related_name="examples")
    image = models.ForeignKey(Image, on_delete=models.PROTECT, related_name="+")
    label = models.ForeignKey(Label, on_delete=models.PROTECT, related_name="+")
    is_right = models.BooleanField(default=True, help_text="False: the label would be wrong here.")
    why = models.TextField(blank=True)
    box = models.JSONField(
        null=True, blank=True, help_text="[x1, y1, x2, y2] in image pixels, or null for all of it."
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_example_a_label_and_image", fields=["guideline", "label", "image"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.image} is {'' if self.is_right else 'not '}{self.label}"


class GuidelineFlag(models.Model):
    """Somebody at work says that the guideline does not cover an image."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="guideline_flags", db_index=False
    )
    image = models.ForeignKey(Image, on_delete=models.PROTECT, related_name="guideline_flags")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    guideline = models.ForeignKey(GuidelineVersion, null=True, on_delete=models.PROTECT, related_name="flags")
    words = models.TextField(blank=True)
    state = models.CharField(
        max_length=10, choices=[(str(s), str(s)) for s in FlagState], default=FlagState.OPEN.value
    )
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    settled_at = models.DateTimeField(null=True)
    reply = models.TextField(blank=True, db_default="", help_text="What the QA lead says to who raised it.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_open_flag_a_person_and_image",
                fields=["image", "user"],
                condition=models.Q(state=FlagState.OPEN.value),
            ),
            models.CheckConstraint(
                name="flag_settled",
                condition=models.Q(state=FlagState.OPEN.value, settled_at=None)
                | (~models.Q(state=FlagState.OPEN.value) & models.Q(settled_at__isnull=False)),
            ),
        ]
        indexes = [models.Index(name="flag_by_project", fields=["project", "state", "id"])]

    def __str__(self) -> str:
        return f"{self.user} about {self.image}"

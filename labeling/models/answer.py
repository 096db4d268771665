"""What people said, and what the project holds true because of it."""

from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

from labeling.enums import AnswerState, ResolvedBy, Verdict
from labeling.models.guideline import GuidelineVersion
from labeling.models.image import Image
from labeling.models.task import Task
from people.models import Project


class Answer(models.Model):
    """Never updated: a later answer supersedes it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="answers", db_index=False)
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="answers")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="answers", db_index=False
    )
    client_id = models.UUIDField(help_text="Made by the client: sending twice records once.")
    state = models.CharField(
        max_length=10, choices=[(str(s), str(s)) for s in AnswerState], default=AnswerState.COUNTED.value
    )
    verdict = models.CharField(max_length=20, choices=[(str(v), str(v)) for v in Verdict])
    value = models.JSONField(null=True, help_text="null for cant_tell.")
    words = models.TextField(blank=True, help_text="What was typed with none_of_these.")
    guideline = models.ForeignKey(
        GuidelineVersion, null=True, on_delete=models.PROTECT, related_name="answers"
    )
    shown = models.JSONField(default=dict, help_text="What was on the screen.")
    seconds = models.FloatField(help_text="Active time.")
    idle_seconds = models.FloatField(default=0)
    supersedes = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="superseded_by"
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    # The resolution this answer brought about, where it is shown.
    resolution: UUID | None

    class Meta:
        constraints = [
            models.UniqueConstraint(name="said_once", fields=["user", "client_id"]),
            models.CheckConstraint(
                name="answer_verdict", condition=models.Q(verdict__in=[str(v) for v in Verdict])
            ),
            models.CheckConstraint(
                name="answer_value_unless_unsure",
                condition=models.Q(
                    verdict__in=[str(Verdict.CANT_TELL), str(Verdict.NONE_OF_THESE)], value=None
                )
                | (
                    ~models.Q(verdict__in=[str(Verdict.CANT_TELL), str(Verdict.NONE_OF_THESE)])
                    & models.Q(value__isnull=False)
                ),
            ),
            models.CheckConstraint(
                name="answer_seconds", condition=models.Q(seconds__gte=0, idle_seconds__gte=0)
            ),
        ]
        indexes = [
            models.Index(name="answer_by_project", fields=["project", "id"]),
            models.Index(name="answer_by_user", fields=["user", "id"]),
        ]

    def __str__(self) -> str:
        return f"{self.verdict} by {self.user}"


class Resolution(models.Model):
    """What the project holds true for an image. Replaced, never changed; at most one is in force."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="resolutions", db_index=False)
    image = models.ForeignKey(Image, on_delete=models.PROTECT, related_name="resolutions")
    task = models.ForeignKey(Task, null=True, on_delete=models.PROTECT, related_name="resolutions")
    value = models.JSONField(null=True, help_text="null where people could not tell.")
    by = models.CharField(max_length=20, choices=[(str(r), str(r)) for r in ResolvedBy])
    answers = models.ManyToManyField(Answer, related_name="resolutions", blank=True)
    answer_count = models.PositiveSmallIntegerField(default=0)
    reason = models.TextField(blank=True, help_text="Why, in the adjudicator's words.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    replaced_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_resolution_in_force", fields=["image"], condition=models.Q(replaced_at=None)
            ),
            models.CheckConstraint(
                name="resolution_by", condition=models.Q(by__in=[str(r) for r in ResolvedBy])
            ),
        ]
        indexes = [models.Index(name="resolution_by_project", fields=["project", "id"])]

    def __str__(self) -> str:
        return f"{self.value} ({self.by})"

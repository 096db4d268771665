"""Work on a model that somebody asked for and a worker does: bringing it in, or profiling it."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

from inference.enums import JobKind, RunState
from inference.models.model_version import ModelVersion
from people.models import Project


class ModelJob(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="model_jobs")
    kind = models.CharField(max_length=10, choices=[(str(k), str(k)) for k in JobKind])
    # What is to be profiled, or what came of a file.
    model = models.ForeignKey(ModelVersion, null=True, on_delete=models.CASCADE, related_name="jobs")
    name = models.CharField(max_length=200, blank=True, help_text="Of the file, as it was sent.")
    options = models.JSONField(default=dict, help_text="declaration and name of a file; int8 of a profile.")
    state = models.CharField(
        max_length=10, choices=[(str(s), str(s)) for s in RunState], default=RunState.QUEUED.value
    )
    progress = models.FloatField(default=0, help_text="0..1")
    error = models.TextField(blank=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="model_job_state", condition=models.Q(state__in=[str(s) for s in RunState])
            ),
            models.CheckConstraint(
                name="model_job_kind", condition=models.Q(kind__in=[str(k) for k in JobKind])
            ),
            models.CheckConstraint(
                name="model_job_progress", condition=models.Q(progress__gte=0, progress__lte=1)
            ),
        ]
        indexes = [models.Index(name="model_job_by_project", fields=["project", "id"])]

    def __str__(self) -> str:
        return f"{self.kind} of {self.model or self.name}"

"""One training of one model on one frozen dataset, as it goes along."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

from inference.enums import RunState
from inference.models.model_version import ModelVersion
from people.models import Project


class TrainingRun(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="training_runs")
    dataset_id = models.UUIDField(help_text="Kept as a bare id.")
    manifest_key = models.CharField(max_length=400, help_text="Where the dataset's manifest lies.")
    base = models.ForeignKey(ModelVersion, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    options = models.JSONField(default=dict)
    seed = models.PositiveIntegerField(default=0)
    state = models.CharField(
        max_length=10, choices=[(str(s), str(s)) for s in RunState], default=RunState.QUEUED.value
    )
    progress = models.FloatField(default=0, help_text="0..1")
    eta_seconds = models.FloatField(null=True)
    curve = models.JSONField(default=list, help_text="By step: epoch, train_loss, val_loss, val_accuracy.")
    # Training again on the same dataset with the same seed gives the same file, and so the same model.
    model = models.ForeignKey(ModelVersion, null=True, on_delete=models.SET_NULL, related_name="runs")
    error = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0, help_text="How often it was begun.")
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    started_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="run_state", condition=models.Q(state__in=[str(s) for s in RunState])
            ),
            models.CheckConstraint(name="run_progress", condition=models.Q(progress__gte=0, progress__lte=1)),
        ]
        indexes = [models.Index(name="run_by_project", fields=["project", "id"])]

    def __str__(self) -> str:
        return f"run {self.pk}"

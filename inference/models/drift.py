"""Numbers of a capture's picture, what drift is measured against, and what came of looking."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

from inference.models.capture import Prediction
from inference.models.model_version import ModelVersion
from people.models import Project


class PictureStatistics(models.Model):
    """Five numbers of the picture as the model got it; see inference.domain.drift.features.STATISTICS."""

    prediction = models.OneToOneField(
        Prediction, primary_key=True, on_delete=models.CASCADE, related_name="picture"
    )
    numbers = ArrayField(models.FloatField(), size=5)

    def __str__(self) -> str:
        return f"picture of {self.prediction_id}"


class DriftReference(models.Model):
    """The usual: captures of a model while all was well, from `first` on. The newest one is in force.

    It is learnt once there are enough, and again from more while nothing changes. One that a person made by accepting
    what is new says who and why.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="drift_references", db_index=False
    )
    model = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="+")
    first = models.UUIDField(help_text="The first prediction in it, a bare id.")
    seen_to = models.UUIDField(help_text="The newest prediction learnt or looked at, a bare id.")
    captures = models.PositiveIntegerField(default=0, help_text="In the reference; 0: too few so far.")
    sources = models.JSONField(default=dict, help_text="The same by source's key.")
    learnt = models.JSONField(default=dict, help_text="That of inference.domain.drift.watch.Watch.")
    state = models.JSONField(default=dict, help_text="What the watch has seen since.")
    seen = models.PositiveIntegerField(default=0, help_text="Captures looked at since.")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.TextField(blank=True, help_text="Why what is new was accepted.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        indexes = [models.Index(name="drift_reference_in_force", fields=["project", "-id"])]

    def __str__(self) -> str:
        return f"{self.captures} captures of {self.model}"


class DriftCheck(models.Model):
    """What one look at new captures of one source, or of all ("") said. Immutable."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    reference = models.ForeignKey(
        DriftReference, on_delete=models.CASCADE, related_name="checks", db_index=False
    )
    source = models.CharField(max_length=64, blank=True, help_text="A source's key; empty: all together.")
    captures = models.PositiveIntegerField(help_text="New ones that were looked at.")
    changed = models.BooleanField(help_text="Whether something has changed, as it sees it.")
    loudness = models.JSONField(
        default=dict, help_text="By group, the highest statistic over its threshold: 1 raises the alarm."
    )
    figures = models.JSONField(
        default=dict, help_text="Means of the new captures: image statistics, confidence, and labels' shares."
    )
    kind = models.CharField(max_length=20, blank=True, help_text="Which kind of change, where there is one.")
    sentence = models.TextField(blank=True, help_text="The same in words.")
    at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        indexes = [
            models.Index(name="drift_check_of_a_source", fields=["reference", "source", "-id"]),
        ]

    def __str__(self) -> str:
        return f"{self.source or 'all sources'}: {'changed' if self.changed else 'as usual'}"

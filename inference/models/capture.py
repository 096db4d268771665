"""An image that asks for a prediction, and the prediction it got."""

from django.db import models
from django.db.models.fields.json import KT
from django.db.models.functions import Now
from pgvector.django import HalfVectorField
from uuid_utils.compat import uuid7

from inference.enums import CaptureState
from inference.models.model_version import ModelVersion
from labeling.models import Image, Source
from people.models import Project


class Capture(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="captures", db_index=False)
    image = models.ForeignKey(Image, on_delete=models.PROTECT, related_name="captures")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="captures", db_index=False)
    captured_at = models.DateTimeField()
    context = models.JSONField(default=dict, help_text="What the camera knew: a JSON object.")
    external = models.JSONField(null=True, help_text="A prediction that came with the capture.")
    state = models.CharField(
        max_length=10, choices=[(str(s), str(s)) for s in CaptureState], default=CaptureState.PENDING.value
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    failure = models.TextField(blank=True, help_text="Why it failed.")
    received_at = models.DateTimeField(db_default=Now(), editable=False)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="capture_state", condition=models.Q(state__in=[str(s) for s in CaptureState])
            ),
            models.CheckConstraint(
                name="failed_says_why",
                condition=~models.Q(state=CaptureState.FAILED.value) | ~models.Q(failure=""),
            ),
        ]
        indexes = [
            models.Index(
                name="capture_pending",
                fields=["project", "id"],
                condition=models.Q(state=CaptureState.PENDING.value),
            ),
            # A project without a model may have any number waiting: these few are found without walking past.
            models.Index(
                name="capture_pending_external",
                fields=["project", "id"],
                condition=models.Q(state=CaptureState.PENDING.value, external__isnull=False),
            ),
            # Asked for with every batch, and mostly empty.
            models.Index(
                name="capture_tried",
                fields=["project", "id"],
                condition=models.Q(state=CaptureState.PENDING.value, attempts__gt=0),
            ),
            models.Index(name="capture_by_project", fields=["project", "id"]),
            # What a device sends again after a long time without a network is found by the id it gave.
            models.Index(
                "project",
                KT("external__edge__capture"),
                name="capture_of_device",
                condition=models.Q(external__has_key="edge"),
            ),
        ]

    def __str__(self) -> str:
        return f"capture {self.pk}"


class Prediction(models.Model):
    """What one model said of one capture. Ratios are 0..1."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    capture = models.OneToOneField(Capture, on_delete=models.CASCADE, related_name="prediction")
    model = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="predictions")
    value = models.JSONField(help_text="The label or regions predicted.")
    scores = models.JSONField(default=dict, help_text="Calibrated probability of each label.")
    confidence = models.FloatField(help_text="Calibrated probability of what was predicted.")
    raw_confidence = models.FloatField(help_text="The same before calibration.")
    uncertainty = models.FloatField(null=True, help_text="Entropy of the scores over its maximum.")
    disagreement = models.FloatField(
        null=True,
        help_text="Mutual information of label and model (BALD), in nats, where the model offers it.",
    )
    novelty = models.FloatField(
        null=True, help_text="Share of known images that lie nearer to what is known than this one, 0..1."
    )
    calibration_id = models.UUIDField(null=True, help_text="The calibration that was in force, a bare id.")
    latency_ms = models.FloatField(help_text="The model's share of this capture's time.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="prediction_confidence", condition=models.Q(confidence__gte=0, confidence__lte=1)
            ),
        ]
        indexes = [models.Index(name="prediction_by_project", fields=["project", "id"])]

    def __str__(self) -> str:
        return f"{self.value} ({self.confidence:.2f})"


class Embedding(models.Model):
    """Where a capture lies in its model's feature space; apart, so that a prediction row stays small."""

    prediction = models.OneToOneField(
        Prediction, primary_key=True, on_delete=models.CASCADE, related_name="embedding"
    )
    vector = HalfVectorField()

    def __str__(self) -> str:
        return f"embedding of {self.prediction_id}"

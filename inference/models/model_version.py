"""A model as it was registered, how it did on a frozen test split, what its confidence is worth, what it may cost."""

from django.db import models
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

from inference.enums import ModelRuntime, Stage
from people.models import Project


class ModelVersion(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="models")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=200, blank=True)
    runtime = models.CharField(
        max_length=10, choices=[(str(r), str(r)) for r in ModelRuntime], default=ModelRuntime.ONNX.value
    )
    sha256 = models.CharField(max_length=64, blank=True)
    key = models.CharField(max_length=400, blank=True, help_text="Where the ONNX file lies.")
    checkpoint_key = models.CharField(max_length=400, blank=True, help_text="Trained weights to go on from.")
    bytes = models.PositiveBigIntegerField(default=0)
    architecture = models.CharField(max_length=200, blank=True)
    labels = models.JSONField(default=list, help_text="Keys, in the order of the scores.")
    preprocessing = models.JSONField(default=dict)
    temperature = models.FloatField(null=True)
    metrics = models.JSONField(default=dict, help_text="By split: accuracy, ece, per_label.")
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="children"
    )
    dataset_id = models.UUIDField(null=True, help_text="What it was trained on, kept as a bare id.")
    members = models.JSONField(
        default=list, help_text="The other files of an ensemble, each: key, sha256, bytes."
    )
    profile = models.JSONField(default=dict, help_text="Speed and size as measured, and on what machine.")
    baseline = models.JSONField(
        default=dict, help_text="How it did on labelled images when it came, beside rules without a network."
    )
    novelty = models.JSONField(
        default=dict, help_text="How far known images lie from each other: k, and distances by quantile."
    )
    stage = models.CharField(
        max_length=10, choices=[(str(s), str(s)) for s in Stage], default=Stage.CANDIDATE.value
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_model_a_number", fields=["project", "number"]),
            models.UniqueConstraint(
                name="one_champion", fields=["project"], condition=models.Q(stage=Stage.CHAMPION.value)
            ),
            models.UniqueConstraint(
                name="one_model_a_file",
                fields=["project", "sha256"],
                condition=~models.Q(sha256="") & models.Q(members=[]),
            ),
            models.CheckConstraint(name="model_stage", condition=models.Q(stage__in=[str(s) for s in Stage])),
            models.CheckConstraint(
                name="onnx_has_a_file",
                condition=models.Q(runtime=ModelRuntime.EXTERNAL.value) | ~models.Q(key=""),
            ),
        ]

    def __str__(self) -> str:
        return self.name or f"model {self.number}"


class Evaluation(models.Model):
    """One model's figures on one frozen test set, which its hash names."""

    model = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="evaluations")
    test_hash = models.CharField(max_length=64)
    images = models.PositiveIntegerField()
    metrics = models.JSONField(help_text="accuracy, ece, per_label, majority_accuracy, confusion.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_evaluation_a_test_set", fields=["model", "test_hash"])
        ]

    def __str__(self) -> str:
        return f"{self.model} on {self.test_hash[:12]}"


class Calibration(models.Model):
    """What verified answers say a model's confidence is worth. Immutable; a model's newest one is in force."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    model = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="calibrations")
    temperature = models.FloatField(help_text="Divides the logarithms of the model's own calibrated scores.")
    answers = models.PositiveIntegerField(help_text="Verified answers it was fitted to.")
    metrics = models.JSONField(
        default=dict, help_text="Reliability, ece and brier before and after, in all, by label and by source."
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(name="calibration_temperature", condition=models.Q(temperature__gt=0))
        ]
        indexes = [models.Index(name="calibration_by_model", fields=["model", "-id"])]

    def __str__(self) -> str:
        return f"{self.model} at temperature {self.temperature:.3g}"


class ServingBudget(models.Model):
    """What a project allows its model to cost. What is null is not bounded."""

    project = models.OneToOneField(
        Project, primary_key=True, on_delete=models.CASCADE, related_name="serving_budget"
    )
    latency_ms = models.FloatField(null=True, help_text="The p95 of one image on one thread, at most.")
    bytes = models.PositiveBigIntegerField(null=True, help_text="The model's files together, at most.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="budget_latency", condition=models.Q(latency_ms=None) | models.Q(latency_ms__gt=0)
            )
        ]

    def __str__(self) -> str:
        return f"serving budget of {self.project}"

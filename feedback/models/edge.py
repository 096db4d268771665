"""What devices at the edge accepted by themselves: counts, and which of their reports came."""

from django.db import models
from django.db.models.functions import Now

from labeling.models import Source
from people.models import Project


class EdgeReport(models.Model):
    """A device's report that was taken in. It is kept, so that the same one again counts nothing twice."""

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="edge_reports", db_index=False
    )
    report = models.UUIDField(help_text="Made by the device before it first sent it.")
    device = models.CharField(max_length=64)
    lost = models.PositiveIntegerField(default=0, help_text="Captures that its spool had no room for.")
    received_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(name="one_edge_report", fields=["project", "report"])]

    def __str__(self) -> str:
        return f"report {self.report} of {self.device}"


class EdgeCount(models.Model):
    """How many captures of a source and an hour a device accepted without sending them, of one model, label and
    step of confidence."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="edge_counts", db_index=False)
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="+", db_index=False)
    hour = models.DateTimeField(help_text="When it began.")
    model = models.ForeignKey("inference.ModelVersion", on_delete=models.PROTECT, related_name="+")
    policy = models.ForeignKey("feedback.RoutingPolicy", on_delete=models.PROTECT, related_name="+")
    label = models.CharField(
        max_length=64, blank=True, help_text="Empty where nothing was found, or several."
    )
    bucket = models.PositiveSmallIntegerField(help_text="Confidence in steps of 0.05, 0..19.")
    captures = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_edge_count",
                fields=["project", "hour", "source", "model", "policy", "label", "bucket"],
            ),
            models.CheckConstraint(name="edge_count_bucket", condition=models.Q(bucket__lt=20)),
        ]

    def __str__(self) -> str:
        return f"{self.captures} × {self.label or 'nothing'}"

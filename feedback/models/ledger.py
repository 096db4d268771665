"""What is known of a cell, and of the people who answer for it, between one minute and the next."""

from django.db import models
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

from feedback.models.routing import RoutingPolicy
from people.models import Project


class Ledger(models.Model):
    """What a cell has learned from the answers so far, so that each is read once.

    It follows from the decisions and their answers alone, and is made again from them where it is missing.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    policy = models.ForeignKey(RoutingPolicy, on_delete=models.CASCADE, related_name="ledgers")
    model = models.ForeignKey("inference.ModelVersion", on_delete=models.CASCADE, related_name="+")
    slice = models.CharField(max_length=200, blank=True)
    label = models.CharField(max_length=64, blank=True)
    calibration_id = models.UUIDField(null=True, help_text="What its confidences mean, a bare id.")
    state = models.JSONField(help_text="That of feedback.domain.stream.Cell.")
    bursts = models.JSONField(default=list, help_text="The newest bursts taken in: the rest of each is not.")
    taken = models.PositiveIntegerField(default=0, help_text="How many answers were taken in.")
    taken_to = models.UUIDField(help_text="The decision up to which they were, a bare id.")
    waiting = models.PositiveIntegerField(default=0, help_text="Open questions that hold later answers up.")
    corrected = models.BooleanField(
        default=False, help_text="An answer taken in has changed since: it is to be made again."
    )
    begun_at = models.DateTimeField(db_default=Now(), editable=False)
    fed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_ledger_a_cell", fields=["policy", "model", "slice", "label"])
        ]

    def __str__(self) -> str:
        return f"{self.taken} answers about {self.label or 'every label'} {self.slice}".strip()


class Workload(models.Model):
    """What goes to people and what they get done, as measured last: by it reviews are ranked."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="workload")
    came = models.PositiveIntegerField(help_text="Predictions that went to people in the last day.")
    done = models.PositiveIntegerField(help_text="Questions they answered in the last day.")
    waiting = models.PositiveIntegerField(help_text="Questions that are open.")
    share = models.FloatField(help_text="The part of what comes that people keep up with, 0..1.")
    excess = models.PositiveIntegerField(help_text="What waits beyond a day's work.")
    expected_errors = models.FloatField(
        help_text="How many of the excess are wrong, by the model's own calibrated confidence."
    )
    cuts = models.JSONField(default=list, help_text="The benefit at which priorities 1 to 5 begin.")
    rarities = models.JSONField(default=dict, help_text="By label, 0 the commonest to 1.")
    drifts = models.JSONField(default=dict, help_text="By source, 0..1.")
    measured_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.waiting} waiting in {self.project}"

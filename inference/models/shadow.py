"""A candidate that looks at live captures after the champion, and what it says of them; apart from all that counts.

What a shadow says has a table of its own, and no foreign key leads from it to a capture or a prediction. A mark on
`Prediction` would have to be thought of by every reader there is and will be: routing, alerts, drift, the budget and
its proof, reports, filters, proposals, exports, the API and SQL by hand; the first to forget it would show, count or
act on a guess that nobody has to stand for. Here whoever forgets a shadow is right. The one signal that sets off what
follows from a prediction is not sent either. `tests/inference/test_shadow_isolation.py` names the modules that may
read it.
"""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

from inference.models.model_version import ModelVersion
from people.models import Project

LEAST_SHARE = 0.01


class Shadow(models.Model):
    """One model beside one champion, from `started_at` until `ended_at`; a project has one at a time.

    Where another model comes to serve a new one follows it, so that its counts are about one pair of models.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="shadows")
    model = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="shadows")
    champion = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="+")
    share = models.FloatField(help_text="Of the captures that the champion predicts, 0.01..1.")
    draw_key = models.CharField(max_length=64, help_text="Which captures these are, by a keyed hash.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField(db_default=Now(), editable=False)
    ended_at = models.DateTimeField(null=True)
    ended_why = models.TextField(blank=True)
    seen = models.PositiveIntegerField(default=0, help_text="Captures it predicted.")
    agreed = models.PositiveIntegerField(default=0, help_text="Of these, it said what the champion said.")
    skipped = models.PositiveIntegerField(default=0, help_text="Left out because others waited.")
    failed = models.PositiveIntegerField(default=0, help_text="Captures it could not predict.")
    failure = models.TextField(blank=True, help_text="Why it could not, the last time.")
    failed_at = models.DateTimeField(null=True)
    crashes = models.PositiveSmallIntegerField(
        default=0, help_text="Processes in a row that ended while they tried it first."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_shadow", fields=["project"], condition=models.Q(ended_at__isnull=True)
            ),
            models.CheckConstraint(
                name="shadow_share", condition=models.Q(share__gte=LEAST_SHARE, share__lte=1)
            ),
            models.CheckConstraint(
                name="shadow_ended_says_why",
                condition=models.Q(ended_at__isnull=True) | ~models.Q(ended_why=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model} in shadow of {self.champion}"


class ShadowPrediction(models.Model):
    """What a shadow said of one capture. Ratios are 0..1. Nothing but its comparison with the champion reads it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    shadow = models.ForeignKey(Shadow, on_delete=models.CASCADE, related_name="predictions", db_index=False)
    # A bare id: a foreign key would have to lock the table of captures when it is made, and would be checked each time.
    capture_id = models.UUIDField()
    value = models.JSONField(help_text="The label or regions predicted.")
    scores = models.JSONField(default=dict, help_text="Calibrated probability of each label.")
    confidence = models.FloatField(help_text="Calibrated probability of what was predicted.")
    agrees = models.BooleanField(help_text="Whether the champion said the same.")
    latency_ms = models.FloatField(help_text="The model's share of this capture's time.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            # Whoever is killed and begins again says it once.
            models.UniqueConstraint(name="one_shadow_prediction_a_capture", fields=["shadow", "capture_id"]),
            models.CheckConstraint(
                name="shadow_confidence", condition=models.Q(confidence__gte=0, confidence__lte=1)
            ),
        ]
        indexes = [models.Index(name="shadow_prediction_newest", fields=["shadow", "-id"])]

    def __str__(self) -> str:
        return f"{self.value} ({self.confidence:.2f}), not in force"

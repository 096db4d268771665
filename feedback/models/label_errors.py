"""A search for label errors in a frozen dataset, and the images it suspects."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

from feedback.enums import SuspectKind
from feedback.models.dataset import DatasetVersion
from inference.enums import RunState
from labeling.models import Image

GOING = (RunState.QUEUED.value, RunState.RUNNING.value)


class LabelErrorSearch(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    dataset = models.ForeignKey(DatasetVersion, on_delete=models.CASCADE, related_name="label_error_searches")
    state = models.CharField(
        max_length=10, choices=[(str(s), str(s)) for s in RunState], default=RunState.QUEUED.value
    )
    progress = models.FloatField(default=0, help_text="0..1")
    error = models.TextField(blank=True)
    found = models.JSONField(
        default=dict, help_text="judged, flagged, estimated, left_out, unreadable, model, as it was found."
    )
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="label_search_state", condition=models.Q(state__in=[str(s) for s in RunState])
            ),
            models.CheckConstraint(
                name="label_search_progress", condition=models.Q(progress__gte=0, progress__lte=1)
            ),
            models.UniqueConstraint(
                name="one_label_search_going", fields=["dataset"], condition=models.Q(state__in=GOING)
            ),
        ]

    def __str__(self) -> str:
        return f"search for label errors in {self.dataset}"


class LabelSuspect(models.Model):
    """Rows of one search and kind are made in order: the likeliest error has the lowest id and rank 1."""

    search = models.ForeignKey(
        LabelErrorSearch, on_delete=models.CASCADE, related_name="suspects", db_index=False
    )
    kind = models.CharField(max_length=10, choices=[(str(k), str(k)) for k in SuspectKind])
    rank = models.PositiveIntegerField()
    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="+")
    given = models.CharField(max_length=64, help_text="Its label in the dataset.")
    suggested = models.CharField(max_length=64, blank=True)
    given_probability = models.FloatField(null=True, help_text="0..1, out of sample.")
    suggested_probability = models.FloatField(null=True, help_text="0..1, out of sample.")
    like = models.ForeignKey(
        Image, null=True, on_delete=models.SET_NULL, related_name="+", help_text="The near-duplicate."
    )
    distance = models.FloatField(
        null=True, help_text="Bits between hashes, or from the nearest images, 0..√2."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_suspect_a_rank", fields=["search", "kind", "rank"]),
            models.CheckConstraint(
                name="suspect_kind", condition=models.Q(kind__in=[str(k) for k in SuspectKind])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.image} labelled {self.given}"

"""A file of labels too long to be imported while its sender waits: kept, imported by a worker, told of."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

from labeling.enums import ImportState
from labeling.models.queue import Queue
from people.models import Project


class LabelImport(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="label_imports")
    queue = models.ForeignKey(
        Queue,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Of predictions; null for labels.",
    )
    name = models.CharField(max_length=200, help_text="Of the file, as it was sent.")
    reference = models.CharField(max_length=200, blank=True, help_text="Name of the file it speaks of.")
    layout = models.CharField(max_length=20, default="auto")
    new_labels = models.BooleanField(default=False)
    state = models.CharField(
        max_length=10, choices=[(str(s), str(s)) for s in ImportState], default=ImportState.WAITING.value
    )
    share = models.FloatField(default=0, help_text="Of the file's rows, 0..1, those that were gone through.")
    report = models.JSONField(default=dict, help_text="What became of it: as the API tells it.")
    failure = models.TextField(blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="label_import_state", condition=models.Q(state__in=[str(s) for s in ImportState])
            ),
        ]

    def __str__(self) -> str:
        return self.name
